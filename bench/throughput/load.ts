import type { CloudProcess } from '../cloud/cloud-process.js';
import type { QueueKind } from '../cloud/messages.js';
import type { ContestantProcess } from '../contestants/contestant-process.js';
import type { Cost } from '../contestants/contestant.js';

/** What one load cost the contestant, and what it asked of the cloud. */
export interface LoadResult extends Cost {
  readonly jobs: number;
  /** How much of the time the cloud's process was at work: close to 1, it was what the contestant waited for. */
  readonly cloudShare: number;
  /** Requests a job, by service and operation. */
  readonly callsPerJob: Readonly<Record<string, number>>;
}

/** What a load is made of. */
export interface Load {
  readonly jobs: number;
  readonly pages: number;
  readonly queue: QueueKind | 'none';
  readonly profileTo?: string;
}

/**
 * Has a contestant finish a load of fresh jobs.
 *
 * @throws Error unless each of them then has its manifest and none is left in the queue: a cost of work that was not done would be no cost.
 */
export async function runLoad(
  cloud: CloudProcess,
  contestant: ContestantProcess,
  { jobs, pages, queue, profileTo }: Load,
): Promise<LoadResult> {
  const jobIds = await cloud.fill(jobs, pages, queue);
  const before = await cloud.usage();
  const cost = await contestant.finish({ jobIds, ...(profileTo === undefined ? {} : { profileTo }) });
  const after = await cloud.usage();
  const { manifests, pending, deadLetters } = await cloud.check(jobIds, queue);
  if (manifests !== jobs || pending !== 0 || deadLetters !== 0) {
    throw new Error(
      `of ${jobs} jobs ${manifests} have a manifest, ${pending} are still in the queue and ${deadLetters} are dead letters`,
    );
  }
  const calls = Object.entries(after.calls)
    .map(([name, count]) => [name, (count - (before.calls[name] ?? 0)) / jobs] as const)
    .filter(([, count]) => count > 0);
  return {
    ...cost,
    jobs,
    cloudShare: (after.cpuMs - before.cpuMs) / cost.wallMs,
    callsPerJob: Object.fromEntries(calls),
  };
}
