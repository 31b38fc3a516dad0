import { handler } from '../../functions/poll/handler.js';
import type { RunReport } from '../../lib/poller/report.js';
import { serve } from './serve.js';

/** docjob told of its jobs by a direct call, so that no queue is asked: what it costs beside the bare requests. */

const TIMEOUT_MS = 60_000;

serve({
  finish: async (jobIds) => {
    const endsAt = Date.now() + TIMEOUT_MS;
    const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => endsAt - Date.now() };
    const { finished } = (await handler({ jobIds }, context)) as RunReport; // and what became of each job
    if (finished.Success !== jobIds.length)
      throw new Error(`${finished.Success ?? 0} of ${jobIds.length} jobs were finished`);
  },
});
