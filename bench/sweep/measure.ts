import { after, epochMs, hours, type EpochMs } from '../../lib/domain/units.js';
import { seededRandom } from '../../local/faults/seeded-random.js';
import { ModelCi } from './ci.js';
import type { Poller, Waiting } from './pollers.js';
import { jobsOf, START, TICK, type ModelJob, type Workload } from './workload.js';

/** What a poller made of a workload. */
export interface Measured {
  readonly poller: string;
  readonly finished: number;
  /** From the end of a job to its being found at a tick, in seconds. */
  readonly staleness: { readonly median: number; readonly p99: number };
  /** For each job that ended, never-ending ones being paid for by the others. */
  readonly describes: number;
  readonly pages: number;
  readonly queueCalls: number;
  readonly cosCalls: number;
}

/** Long enough for all of the workloads. */
const LONGEST = hours(24);

/**
 * Has a poller tick every minute until all jobs that end are found. Requests take no time, so staleness is what the plan answers for: from the end of a
 * job to the tick that finds it.
 */
export async function measure(workload: Workload, poller: Poller, seed: number): Promise<Measured> {
  const jobs = jobsOf(workload, seededRandom(seed));
  let now: EpochMs = START;
  const ci = new ModelCi(jobs, () => now);
  const waiting = new Map<ModelJob, Waiting>();
  let ends = jobs.filter(({ endsAt }) => endsAt < Infinity).length;
  const finished = ends;
  const staleness: number[] = [];
  let [next, queueCalls, cosCalls] = [0, 0, 0];
  for (now = after(START, TICK); ends > 0 && now < START + LONGEST; now = after(now, TICK)) {
    for (let job = jobs[next]; job !== undefined && job.createdAt < now; job = jobs[next]) {
      waiting.set(job, { dueAt: epochMs(0), looks: 0 });
      next += 1;
    }
    const result = await poller.tick(waiting, ci, now);
    queueCalls += result.queueCalls;
    cosCalls += result.cosCalls;
    for (const job of result.finished) {
      waiting.delete(job);
      staleness.push((now - job.endsAt) / 1_000);
    }
    ends -= result.finished.length;
  }
  staleness.sort((one, other) => one - other);
  const at = (share: number): number => staleness[Math.floor(share * (staleness.length - 1))] ?? NaN;
  return {
    poller: poller.name,
    finished: finished - ends,
    staleness: { median: at(0.5), p99: at(0.99) },
    describes: ci.describes / finished,
    pages: ci.pages / finished,
    queueCalls: queueCalls / finished,
    cosCalls: cosCalls / finished,
  };
}
