import { DocjobError } from '../domain/docjob-error.js';
import type { RandomSource } from '../domain/effects.js';
import { before, between, epochMs, millis, seconds, type EpochMs, type Millis } from '../domain/units.js';
import { delayBeforeNextLook, type SchedulePolicy } from '../poller/schedule.js';
import { formatMessage } from '../queue/message.js';
import type { PendingJob, PendingQueue } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';
import { parseQueueId } from '../domain/names.js';
import { makeJob, type Document, type MakeEffects, type OneJob } from './make-job.js';
import { notSubmitted, type SubmitResult } from './result.js';
import { SubmitError } from './submit-error.js';

/** What a call submits through. */
export interface SubmitEffects extends Omit<MakeEffects, 'workUntil'> {
  readonly queue: PendingQueue;
  readonly random: RandomSource;
  readonly log: Log;
}

/** The bounds of a call. */
export interface SubmitBounds {
  /** When the platform kills the function. */
  readonly deadline: EpochMs;
  /** What one request may take. */
  readonly attemptTimeout: Millis;
  /** For the delay of the first look. */
  readonly schedule: SchedulePolicy;
}

/** What is kept free at the end of a call: enqueueing the last job, each attempt of which gets a second, and the closing lines of the log. */
export const ENQUEUE_TIME: Millis = seconds(3);

/** A create, and a look-up before it or after a lost answer. */
const REQUESTS_OF_A_DOCUMENT = 2;

/** Makes and enqueues jobs, one document after the other or several at a time, until nothing more can work. */
export class Submitter {
  readonly #effects: SubmitEffects;
  readonly #bounds: SubmitBounds;
  #stop: DocjobError | undefined;

  constructor(effects: SubmitEffects, bounds: SubmitBounds) {
    this.#effects = effects;
    this.#bounds = bounds;
  }

  /** Why a further document should not be tried; undefined while it should. */
  get obstacle(): SubmitError | undefined {
    if (this.#stop !== undefined) {
      return new SubmitError(
        'not-tried',
        `nothing was tried, since no document could fare better: ${this.#stop.message}`,
      );
    }
    const { deadline, attemptTimeout } = this.#bounds;
    const remaining = between(this.#effects.clock.now(), deadline);
    const least = ENQUEUE_TIME + REQUESTS_OF_A_DOCUMENT * attemptTimeout;
    if (remaining >= least) return undefined;
    return new SubmitError(
      'not-tried',
      `nothing was tried: the call has ${Math.max(0, remaining)} ms left, but a document needs up to ${least} ms`,
    );
  }

  /** Submits one document, and logs what became of it. Does not throw for what concerns this document only. */
  async submit(document: Document): Promise<SubmitResult> {
    const { object, docPassword: secret } = document.job;
    try {
      const obstacle = this.obstacle;
      if (obstacle !== undefined) throw obstacle;
      const workUntil = before(this.#bounds.deadline, ENQUEUE_TIME);
      const made = await makeJob(document, { ...this.#effects, workUntil });
      return await this.#enqueue(document, made);
    } catch (error) {
      return this.refuse(object, error, secret);
    }
  }

  /** The result for a document that failed, logged. A bug fails the document that it strikes: the others are not left half done for it. */
  refuse(object: string | null, cause: unknown, secret?: string): SubmitResult {
    const message = cause instanceof Error ? cause.message : 'not an error';
    const error =
      cause instanceof DocjobError
        ? cause
        : new DocjobError('unexpected', message, { disposition: 'configuration', cause });
    if (error.disposition === 'credentials') this.#stop ??= error;
    return this.#logged(notSubmitted(object, error, { secret }));
  }

  /** Puts the job into the queue at once, so that a kill loses the least. */
  async #enqueue({ source, job }: Document, made: OneJob): Promise<SubmitResult> {
    const { queue, random, clock } = this.#effects;
    const { jobId, createdAt, existing } = made;
    const queueId = parseQueueId(made.queueId ?? job.queueId ?? '');
    const pending: PendingJob = {
      jobId,
      ...source,
      ...(queueId === undefined ? {} : { queueId }),
      ...(createdAt === undefined ? {} : { createdAt }),
    };
    const delay = firstLookDelay(
      createdAt,
      clock.now(),
      random(),
      this.#bounds.schedule,
      queue.capabilities.maxEnqueueDelay,
    );
    const error = await tryEnqueue(queue, pending, delay);
    if (error === undefined) {
      return this.#logged({ object: job.object, ok: true, jobId, enqueued: true, existing });
    }
    // The next job would only be made and not enqueued as well.
    if (error.disposition === 'configuration' || error.disposition === 'credentials') this.#stop ??= error;
    const problem = new SubmitError(
      'not-enqueued',
      `the job ${jobId} was made but is not in the queue: ${error.message}. Nobody will look at it until this message is sent to the queue: ${formatMessage(pending)}`,
      error,
    );
    return this.#logged(notSubmitted(job.object, problem, { jobId, secret: job.docPassword }));
  }

  #logged(result: SubmitResult): SubmitResult {
    const { log } = this.#effects;
    const { object, jobId } = result;
    if (result.ok) {
      log.info('submitted', { object, jobId, existing: result.existing });
    } else {
      const { code, message, requestId } = result.error;
      log.warn('not-submitted', { object, jobId, code, message, serviceRequestId: requestId });
    }
    return result;
  }
}

/** The error of a job that is not in the queue; a queue that throws has taken nothing that we know of. */
async function tryEnqueue(
  queue: PendingQueue,
  job: PendingJob,
  delay: Millis,
): Promise<DocjobError | undefined> {
  try {
    const [result] = await queue.enqueue([job], delay);
    if (result?.ok === true) return undefined;
    return result?.error ?? new SubmitError('not-enqueued', 'the queue said nothing about it');
  } catch (error) {
    if (error instanceof DocjobError) return error;
    return new SubmitError('not-enqueued', error instanceof Error ? error.message : 'not an error', error);
  }
}

/**
 * The delay before the first look at a job: the schedule's for its age, which for a new job is its floor, since nothing converts much faster; shortened
 * to what the queue can do.
 */
export function firstLookDelay(
  createdAt: EpochMs | undefined,
  now: EpochMs,
  random: number,
  schedule: SchedulePolicy,
  longest: Millis,
): Millis {
  const age = millis(Math.max(0, between(epochMs(createdAt ?? now), now)));
  return millis(Math.min(longest, delayBeforeNextLook(age, random, schedule)));
}
