import { epochMs, type EpochMs } from '../domain/units.js';
import type { JobLease, Lease, PendingJob } from './pending-queue.js';

/** The order of what one run did: a receive that came later has the greater number. */
export type Order = number;

interface Successor {
  readonly order: Order;
  readonly redrivenAt: EpochMs | undefined;
}

/**
 * What a run remembers of the jobs whose messages it settled, so that all the copies of a job that it holds become one. A copy needs no successor of
 * its own when the job is done, since its manifest is there; nor when one was sent after this copy was received: that one is surely another
 * message. One received later may be that very successor, whatever its ID, and must not vanish without one of its own.
 */
export class Successors {
  #last: Order = 0;
  readonly #done = new Set<string>();
  readonly #sent = new Map<string, Successor>();
  readonly #sending = new Map<string, Promise<unknown>>();

  /** The next place in the order. */
  next(): Order {
    this.#last += 1;
    return this.#last;
  }

  /** The job's manifest is there. */
  done({ job }: JobLease): void {
    this.#done.add(jobKey(job));
  }

  isDone({ job }: JobLease): boolean {
    return this.#done.has(jobKey(job));
  }

  /** A successor of the job, the only one, is on its way until `sending` has ended, one way or the other. */
  sending(job: PendingJob, sending: Promise<unknown>): void {
    const key = jobKey(job);
    const forget = (): void => {
      this.#sending.delete(key);
    };
    this.#sending.set(key, sending.then(forget, forget));
  }

  /** What is on its way for one of these jobs, to be waited for, since it never rejects; undefined when nothing is. */
  onItsWay(leases: readonly Lease[]): Promise<unknown> | undefined {
    for (const lease of leases) {
      const sending = lease.kind === 'job' ? this.#sending.get(jobKey(lease.job)) : undefined;
      if (sending !== undefined) return sending;
    }
    return undefined;
  }

  /** The queue took a successor of the job, whose sending began at `order`. */
  sent(job: PendingJob, order: Order): void {
    this.#sent.set(jobKey(job), { order, redrivenAt: job.redrivenAt });
  }

  /** Whether a copy that was received at `order` has a successor already, which also knows of its redrive. */
  hasSuccessor({ job }: JobLease, order: Order): boolean {
    const successor = this.#sent.get(jobKey(job));
    return (
      successor !== undefined &&
      order < successor.order &&
      (job.redrivenAt ?? -Infinity) <= (successor.redrivenAt ?? -Infinity)
    );
  }
}

/** The same for all copies of a job. */
export function jobKey({ jobId, bucket, region }: PendingJob): string {
  return `${jobId} ${bucket} ${region}`;
}

/** The one job that goes on for all these copies of it, first seen when the first of them was, and redriven when the last of them was. */
export function successorOf(copies: readonly [JobLease, ...JobLease[]]): PendingJob {
  const [{ job }] = copies;
  const queueId = copies.find((copy) => copy.job.queueId !== undefined)?.job.queueId;
  const createdAt = least(copies.map((copy) => copy.job.createdAt));
  const redrivenAt = greatest(copies.map((copy) => copy.job.redrivenAt));
  return {
    jobId: job.jobId,
    bucket: job.bucket,
    region: job.region,
    firstSeenAt: epochMs(Math.min(...copies.map(({ firstSeenAt }) => firstSeenAt))),
    ...(queueId === undefined ? {} : { queueId }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(redrivenAt === undefined ? {} : { redrivenAt }),
  };
}

function least(moments: readonly (EpochMs | undefined)[]): EpochMs | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : epochMs(Math.min(...known));
}

function greatest(moments: readonly (EpochMs | undefined)[]): EpochMs | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : epochMs(Math.max(...known));
}
