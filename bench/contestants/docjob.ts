import { handler } from '../../functions/poll/handler.js';
import type { RunReport } from '../../lib/poller/report.js';
import { serve } from './serve.js';

/** docjob as it is deployed to Lambda: its handler, called by the timer until all is done. */

/** As `functions/poll/function.ts` has it. */
const TIMEOUT_MS = 60_000;

serve({
  finish: async (jobIds) => {
    for (let done = 0; done < jobIds.length; ) {
      const { finished, errors, returned } = await call();
      if (Object.keys(errors).length > 0 || returned > 0) throw new Error(`a run had errors: ${JSON.stringify(errors)}`);
      const inRun = finished.Success ?? 0;
      if (inRun === 0) throw new Error('a run finished no job');
      done += inRun;
    }
  },
});

async function call(): Promise<RunReport> {
  const endsAt = Date.now() + TIMEOUT_MS;
  const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => endsAt - Date.now() };
  return (await handler({ trigger: 'timer' }, context)) as RunReport; // what a timer's call returns
}
