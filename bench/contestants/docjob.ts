import { handler } from '../../functions/poll/handler.js';
import type { RunReport } from '../../lib/poller/report.js';
import { serve } from './serve.js';

/** docjob as it is deployed to Lambda: its handler, called by the timer until all is done. */

/** Ten minutes: a run must end with its leases (2,000) and not with its time, however busy the machine is. */
const TIMEOUT_MS = 600_000;

serve({
  finish: async (jobIds) => {
    for (let done = 0; done < jobIds.length;) {
      const report = await call();
      const inRun = report.finished.Success ?? 0;
      // What had to be looked at twice would be measured as if it were one.
      if (inRun === 0 || Object.keys(report.errors).length > 0)
        throw new Error(`a run went wrong: ${JSON.stringify(report)}`);
      done += inRun;
    }
  },
});

async function call(): Promise<RunReport> {
  const endsAt = Date.now() + TIMEOUT_MS;
  const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => endsAt - Date.now() };
  return (await handler({ trigger: 'timer' }, context)) as RunReport; // what a timer's call returns
}
