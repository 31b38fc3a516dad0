import pMap from 'p-map';
import { BareJobs } from './bare-job.js';
import { concurrency } from './env.js';
import { serve } from './serve.js';

/** The floor without a queue: the jobs are told. */

const jobs = new BareJobs(concurrency());

serve({
  finish: async (jobIds) => {
    await pMap(jobIds, (jobId) => jobs.finish(jobId), { concurrency: concurrency() });
  },
});
