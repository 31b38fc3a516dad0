import { epochMs, type EpochMs } from '../../lib/domain/units.js';
import { NO_NOTIFICATION, type NotifyConfig } from './callback-request.js';
import { workEndsAt, type Job } from './job.js';

/** The limits of a queue. CI's own are 10 and 10,000 (DescribeDocProcessQueues). */
export interface QueueLimits {
  /** Jobs that run at a time; the others wait. */
  readonly maxConcurrent: number;
  /** Jobs that wait. */
  readonly maxSize: number;
}

/** Hears of a job whose work has ended, and when. */
export type OnEnd = (job: Job, endedAt: EpochMs) => void;

interface RunningJob {
  readonly job: Job;
  readonly endsAt: number;
}

/**
 * The queue of one bucket. There is no timer: whenever somebody looks, `advance` lets happen, in order, all that would have happened by then. What
 * comes out depends on the moments alone and not on who looked when.
 */
export class JobQueue {
  readonly id: string;
  readonly limits: QueueLimits;
  readonly createdAt: EpochMs;
  name = 'queue-doc-process-1';
  updatedAt: EpochMs;
  /** What it says about callbacks of the jobs that come into it from now on. */
  notification: NotifyConfig = NO_NOTIFICATION;
  #isPaused = false;
  /** In the order of their creation. */
  readonly #waiting = new Set<Job>();
  /** In the order of their ends. */
  readonly #running: RunningJob[] = [];
  readonly #onEnd: OnEnd;

  constructor(id: string, limits: QueueLimits, createdAt: EpochMs, onEnd: OnEnd) {
    this.id = id;
    this.limits = limits;
    this.createdAt = createdAt;
    this.updatedAt = createdAt;
    this.#onEnd = onEnd;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether no further job may wait. */
  get isFull(): boolean {
    return this.#waiting.size >= this.limits.maxSize;
  }

  /** When the work of the next job ends; infinitely late when none will. */
  get nextEndAt(): number {
    return this.#running[0]?.endsAt ?? Number.POSITIVE_INFINITY;
  }

  /** Lets everything happen that is due by `now`. `onEnd` hears of each job whose work has ended. */
  advance(now: EpochMs): void {
    for (;;) {
      const next = this.#running[0];
      if (next === undefined || next.endsAt > now) break;
      this.#running.shift();
      this.#onEnd(next.job, epochMs(next.endsAt));
      this.#fillPlaces(epochMs(next.endsAt));
    }
  }

  /** Takes a new job in. */
  add(job: Job, now: EpochMs): void {
    this.#waiting.add(job);
    this.#fillPlaces(now);
  }

  /** Takes a job out that still waits; false when it does not. A running one is not stopped (CancelMediaJob). */
  cancel(job: Job, now: EpochMs): boolean {
    if (!this.#waiting.delete(job)) return false;
    job.cancelledAt = now;
    return true;
  }

  /** Stops giving out places, or goes on. Jobs that run are not affected. */
  setPaused(isPaused: boolean, now: EpochMs): void {
    this.#isPaused = isPaused;
    this.updatedAt = now;
    this.#fillPlaces(now);
  }

  #fillPlaces(moment: EpochMs): void {
    if (this.#isPaused) return;
    for (const job of this.#waiting) {
      if (this.#running.length >= this.limits.maxConcurrent) return;
      this.#waiting.delete(job);
      job.startedAt = moment;
      this.#insert({ job, endsAt: workEndsAt(job, moment) });
    }
  }

  #insert(running: RunningJob): void {
    let low = 0;
    let high = this.#running.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#running[middle]?.endsAt ?? 0) <= running.endsAt) low = middle + 1;
      else high = middle;
    }
    this.#running.splice(low, 0, running);
  }
}
