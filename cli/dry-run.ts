import pMap from 'p-map';
import type { Config } from '../lib/config.js';
import { CosClient } from '../lib/cos/client.js';
import { before, millis, type EpochMs } from '../lib/domain/units.js';
import { looksAtATime, SETTLE_TIME } from '../lib/poller/budget.js';
import { Holds } from '../lib/poller/holds.js';
import { assess, type Assessment, type LookDeps } from '../lib/poller/look.js';
import { Tally } from '../lib/poller/tally.js';
import type { Lease, PendingQueue } from '../lib/queue/pending-queue.js';
import type { CommandEffects } from './services.js';

/** What a run would do about one message. */
export interface Foreseen {
  readonly lease: Lease;
  readonly assessment: Assessment;
}

/** What a dry run works with. */
export interface DryRunDeps {
  readonly config: Config;
  readonly effects: CommandEffects;
  readonly queue: PendingQueue;
  /** When the leases end, should nobody be left to hand them back. */
  readonly deadline: EpochMs;
  readonly signal: AbortSignal;
}

/**
 * Takes up to `limit` messages that are due, asks CI about each, and tells what a run would do. Writes no manifest, and hands every message back as it
 * came. By single looks only: lists are a faster way to the same decisions.
 *
 * @throws what a look throws, and what the queue does; what was taken is handed back before
 */
export async function dryRun(
  limit: number,
  { config, effects, queue, deadline, signal }: DryRunDeps,
  onForeseen: (foreseen: Foreseen) => void,
): Promise<void> {
  const { run } = config;
  const requester = new CosClient(run.client, effects, { deadline: before(deadline, SETTLE_TIME), signal });
  const deps: LookDeps = {
    requester,
    now: () => requester.now(),
    random: effects.random,
    log: effects.log,
    tally: new Tally(effects.clock.now()),
    holds: new Holds(),
    policy: run.decisions,
    isAllowedBucket: run.isAllowedBucket,
    keyTemplate: run.keyTemplate,
  };
  const taken: Lease[] = [];
  try {
    while (taken.length < limit && !signal.aborted) {
      const max = limit - taken.length;
      const leases = await queue.lease({ max, holdUntil: deadline, wait: run.queueWait, signal });
      if (leases.length === 0) break;
      taken.push(...leases);
      const concurrency = looksAtATime(run.concurrency, run.client);
      await pMap(leases, async (lease) => onForeseen({ lease, assessment: await foresee(lease, deps) }), {
        concurrency,
      });
    }
  } finally {
    await handBack(taken, queue);
  }
}

function foresee(lease: Lease, deps: LookDeps): Promise<Assessment> {
  if (lease.kind === 'job') return assess(lease, deps);
  const outcome = { kind: 'dead-letter', reason: 'not-a-job', detail: lease.problem } as const;
  return Promise.resolve({ kind: 'settle', outcome });
}

/** All at the end: what is handed back is due at once, and would come round again. */
async function handBack(leases: readonly Lease[], queue: PendingQueue): Promise<void> {
  // Where leases cannot be ended early, as on CMQ, handing back is a copy that is sent and an original that is deleted. They soon end by themselves.
  if (!queue.capabilities.leasesAsLongAsAsked || leases.length === 0) return;
  const outcome = { kind: 'look-again', delay: millis(0) } as const;
  await queue.settle(leases.map((lease) => ({ lease, outcome })));
}
