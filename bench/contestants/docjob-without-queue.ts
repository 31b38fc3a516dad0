import { handler } from '../../functions/poll/handler.js';
import type { RunReport } from '../../lib/poller/report.js';
import { serve } from './serve.js';

/** docjob told of its jobs by a direct call, so that no queue is asked: what it costs beside the bare requests. */

/** As for docjob with its queue. */
const TIMEOUT_MS = 600_000;

/** Below the leases that a run takes by default. */
const JOBS_A_CALL = 1_000;

serve({
  finish: async (jobIds) => {
    for (let from = 0; from < jobIds.length; from += JOBS_A_CALL)
      await call(jobIds.slice(from, from + JOBS_A_CALL));
  },
});

async function call(jobIds: readonly string[]): Promise<void> {
  const endsAt = Date.now() + TIMEOUT_MS;
  const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => endsAt - Date.now() };
  const report = (await handler({ jobIds }, context)) as RunReport; // what a direct call returns, and each job's outcome
  if (report.finished.Success !== jobIds.length)
    throw new Error(`a run went wrong: ${JSON.stringify(report)}`);
}
