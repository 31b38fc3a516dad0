import type { PendingQueue } from '../lib/queue/pending-queue.js';

/** How far a run is, as its queue sees it. */
export interface QueueProgress {
  readonly leased: number;
  readonly settled: number;
}

/** The same queue, which tells how many jobs were taken and how many are settled. */
export function watchedQueue(queue: PendingQueue, onChange: (progress: QueueProgress) => void): PendingQueue {
  const progress = { leased: 0, settled: 0 };
  return {
    capabilities: queue.capabilities,
    enqueue: (jobs, delay) => queue.enqueue(jobs, delay),
    lease: async (request) => {
      const leases = await queue.lease(request);
      progress.leased += leases.length;
      onChange({ ...progress });
      return leases;
    },
    settle: async (settlements) => {
      const results = await queue.settle(settlements);
      progress.settled += results.length;
      onChange({ ...progress });
      return results;
    },
    ...(queue.held === undefined ? {} : { held: () => queue.held?.() ?? Promise.resolve(new Set()) }),
    close: () => queue.close(),
  };
}
