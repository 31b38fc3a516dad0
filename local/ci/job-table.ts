import { randomBytes } from 'node:crypto';
import { parseJobId, type BucketName, type JobId } from '../../lib/domain/names.js';
import type { EpochMs } from '../../lib/domain/units.js';
import type { BucketFacts } from '../cos/bucket.js';
import { Refusal } from '../wire/refusal.js';
import type { CallbackTarget } from './callback-request.js';
import { DOCUMENTED } from './documented.js';
import type { Job, JobRequest } from './job.js';
import { resultOf, type PageRange } from './pages.js';
import { JobQueue, type OnEnd, type QueueLimits } from './queue.js';
import type { JobScript } from './script.js';

/** A job to make. */
export interface NewJob {
  readonly request: JobRequest;
  readonly script: JobScript;
  readonly range: PageRange;
  readonly callback: CallbackTarget | undefined;
}

interface BucketJobs {
  readonly queue: JobQueue;
  readonly byId: Map<JobId, Job>;
}

/** The jobs and queues of all buckets, in memory: a restart forgets them. */
export class JobTable {
  readonly #buckets = new Map<BucketName, BucketJobs>();
  readonly #limits: QueueLimits;
  readonly #defaultDurationMs: number;
  readonly #onEnd: OnEnd;
  #sequence = 0;

  constructor(limits: QueueLimits, defaultDurationMs: number, onEnd: OnEnd) {
    this.#limits = limits;
    this.#defaultDurationMs = defaultDurationMs;
    this.#onEnd = onEnd;
  }

  /** Lets everything happen that is due by `now`, in every queue. */
  advance(now: EpochMs): void {
    for (const { queue } of this.#buckets.values()) queue.advance(now);
  }

  /** When the work of the next job ends, in any queue; infinitely late when none will. */
  get nextEndAt(): number {
    return Math.min(...[...this.#buckets.values()].map(({ queue }) => queue.nextEndAt));
  }

  /** The bucket's queue; each bucket has one from its first use. */
  queueOf(bucket: BucketFacts): JobQueue {
    return this.#of(bucket).queue;
  }

  /** The job of that ID in that bucket. */
  find(bucket: BucketName, id: JobId): Job | undefined {
    return this.#buckets.get(bucket)?.byId.get(id);
  }

  /** The bucket's jobs in the order of their creation. */
  jobsOf(bucket: BucketName): readonly Job[] {
    return [...(this.#buckets.get(bucket)?.byId.values() ?? [])];
  }

  /** All jobs of the cloud. */
  get jobs(): readonly Job[] {
    return [...this.#buckets.values()].flatMap(({ byId }) => [...byId.values()]);
  }

  /**
   * Makes a job and puts it into its bucket's queue.
   *
   * @throws Refusal 403 `QueueSaturated` when the queue is full.
   */
  create(bucket: BucketFacts, { request, script, range, callback }: NewJob, now: EpochMs): Job {
    const { queue, byId } = this.#of(bucket);
    if (queue.isFull) throw new Refusal(403, 'QueueSaturated', 'The queue holds as many jobs as it can.');
    this.#sequence += 1;
    const job: Job = {
      id: script.documented === undefined ? newJobId() : DOCUMENTED[script.documented].jobId,
      sequence: this.#sequence,
      bucket: bucket.name,
      region: bucket.region,
      queueId: queue.id,
      createdAt: now,
      request,
      script,
      callback,
      durationMs: script.durationMs ?? this.#defaultDurationMs,
      result: resultOf(script, request.output.object, range),
      startedAt: undefined,
      cancelledAt: undefined,
    };
    // Both documented answers have one job ID, so the latest such job counts, and comes last.
    byId.delete(job.id);
    byId.set(job.id, job);
    queue.add(job, now);
    return job;
  }

  #of(bucket: BucketFacts): BucketJobs {
    let jobs = this.#buckets.get(bucket.name);
    if (jobs === undefined) {
      const queue = new JobQueue(`p${hex32()}`, this.#limits, bucket.createdAt, this.#onEnd);
      jobs = { queue, byId: new Map() };
      this.#buckets.set(bucket.name, jobs);
    }
    return jobs;
  }
}

/** `d` and 32 hexadecimal digits, as in the documented examples. */
function newJobId(): JobId {
  const id = parseJobId(`d${hex32()}`);
  if (id === undefined) throw new Error('a made-up job ID is not valid');
  return id;
}

function hex32(): string {
  return randomBytes(16).toString('hex');
}
