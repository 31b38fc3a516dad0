import { basename } from 'node:path/posix';
import pMap from 'p-map';
import { CosClient, type CosClientEffects, type CosClientPolicy } from '../cos/client.js';
import { deleteObject, getObject, putObject } from '../cos/objects.js';
import type { CosRequester } from '../cos/requester.js';
import type { JobId } from '../domain/names.js';
import { before, millis, type EpochMs, type Millis } from '../domain/units.js';
import type { Log } from '../telemetry/log.js';
import { checkpointKey, formatCheckpoint } from './bucket-checkpoint.js';
import { bucketDeadLetter, MAX_STRAY_BYTES, type StrayContent } from './bucket-dead-letter.js';
import { bucketError } from './bucket-errors.js';
import { formatName, nonceFrom, parseName } from './bucket-name.js';
import { BucketReader, type LeasedObject, type NextLook } from './bucket-reader.js';
import { CLOSING_TIME } from './closing-time.js';
import { everyObject } from './every-object.js';
import type { JobDefaults } from './message.js';
import type {
  EnqueueResult,
  Lease,
  LeaseRequest,
  Outcome,
  PendingJob,
  PendingQueue,
  Settlement,
  SettleResult,
} from './pending-queue.js';
import { QueueError } from './queue-error.js';
import type { BucketQueueAddress } from './queue-url.js';

/** Which prefixes, and how to reach and to read them. */
export interface BucketOptions {
  readonly queue: BucketQueueAddress;
  readonly deadLetters: BucketQueueAddress;
  /** For names that are a bare job ID. */
  readonly defaults: JobDefaults;
  readonly client: CosClientPolicy;
  readonly nextLook: NextLook;
}

/** What a bucket queue works through. */
export interface BucketEffects extends CosClientEffects {
  readonly log: Log;
  /** The end of the run. */
  readonly deadline: EpochMs;
}

/** What is left for the checkpoint after the last settlement, however slow that is: without it the next run would begin where this one did. */
const CHECKPOINT_TIME: Millis = millis(500);

/** Requests at a time, all that bounds their rate: a few more than the poller settles at once. */
const CALLS_AT_A_TIME = 16;

const JSON_TYPE = 'application/json';

/**
 * The adapter that keeps pending jobs as objects below a prefix (docs/adr/0001-bucket-queue.md). Nothing holds a job while it is looked at, so two runs
 * may look at one at a time; when it is looked at again is a function of the job alone, whatever a settlement says.
 */
export function openBucketQueue(options: BucketOptions, effects: BucketEffects): PendingQueue {
  return new BucketQueue(options, effects);
}

class BucketQueue implements PendingQueue {
  readonly capabilities = {
    exclusiveLeases: false,
    showsAll: true,
    leasesAsLongAsAsked: true,
    exactDelays: false,
    // A delay is not stored: the first look is due at once, and further ones at the job's own look times.
    maxLookAgainDelay: millis(0),
    maxEnqueueDelay: millis(0),
  };
  readonly #options: BucketOptions;
  readonly #effects: BucketEffects;
  readonly #closed = new AbortController();
  readonly #client: CosClient;
  /** The client for settlements. */
  readonly #settling: CosRequester;
  readonly #reader: BucketReader;

  constructor(options: BucketOptions, effects: BucketEffects) {
    this.#options = options;
    this.#effects = effects;
    // Unpaced: the rate is there for CI, which documents no limit, and what ends a lease must not wait in line behind it. COS takes thousands a second.
    const policy = { ...options.client, requestsPerSecond: Number.POSITIVE_INFINITY };
    const deadline = before(effects.deadline, CLOSING_TIME);
    this.#client = new CosClient(policy, effects, { deadline, signal: this.#closed.signal });
    this.#settling = this.#client.until(before(deadline, CHECKPOINT_TIME));
    this.#reader = new BucketReader(options, this.#client);
  }

  enqueue(jobs: readonly PendingJob[]): Promise<readonly EnqueueResult[]> {
    return pMap(jobs, (job) => this.#enqueue(job), { concurrency: CALLS_AT_A_TIME });
  }

  async lease(request: LeaseRequest): Promise<readonly Lease[]> {
    try {
      return await this.#reader.lease(request);
    } catch (error) {
      request.signal?.throwIfAborted();
      throw bucketError(error, `listing ${this.#options.queue.url}`);
    }
  }

  /** By the listings of both prefixes: a name tells its job. */
  async held(): Promise<ReadonlySet<JobId>> {
    const { queue, deadLetters, defaults } = this.#options;
    const jobIds = new Set<JobId>();
    for (const address of [queue, deadLetters]) {
      try {
        for await (const { key } of everyObject(this.#client, address)) {
          const parsed = parseName(basename(key, '.json'), defaults);
          if (parsed.kind === 'job') jobIds.add(parsed.job.jobId);
        }
      } catch (error) {
        throw bucketError(error, `listing ${address.url}`);
      }
    }
    return jobIds;
  }

  settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    return pMap(settlements, (settlement) => this.#settle(settlement), { concurrency: CALLS_AT_A_TIME });
  }

  async close(): Promise<void> {
    const { queue } = this.#options;
    const claim = this.#reader.claimToStore();
    const key = checkpointKey(queue.prefix);
    try {
      if (claim !== undefined) {
        const body = Buffer.from(formatCheckpoint(claim, queue.prefix));
        await putObject(this.#client, queue, key, body, JSON_TYPE);
      }
    } catch (error) {
      const { code, message, requestId } = bucketError(error, `storing the checkpoint ${key}`);
      this.#effects.log.warn('checkpoint-not-stored', { code, message, requestId });
    } finally {
      this.#closed.abort(new Error('the queue was closed'));
    }
  }

  async #enqueue(job: PendingJob): Promise<EnqueueResult> {
    const { queue } = this.#options;
    // Drawn once: a request that is tried again puts in the same instance.
    const key = queue.prefix + formatName(job, nonceFrom(this.#effects.random()));
    try {
      await putObject(this.#client, queue, key, new Uint8Array(), 'application/octet-stream');
      return { job, ok: true };
    } catch (error) {
      return { job, ok: false, error: bucketError(error, `putting in ${key}`) };
    }
  }

  async #settle(settlement: Settlement): Promise<SettleResult> {
    const { lease, outcome } = settlement;
    const leased = this.#reader.find(lease);
    try {
      if (leased === undefined) throw this.#refusal('lease-lost', lease, 'is none of this run');
      // A message that is done goes however late: what relies on it was written, and another run would only do the same again.
      if (outcome.kind !== 'done' && this.#effects.clock.now() >= lease.until) {
        throw this.#refusal('lease-expired', lease, 'has ended');
      }
      const wasLookedAt = outcome.kind !== 'look-again' || outcome.delay > 0;
      // Also where the rest fails: an object that cannot be settled must not keep the pass from going on. It has further look times.
      if (wasLookedAt) this.#reader.looked(lease);
      await this.#end(leased, outcome);
      return { settlement, ok: true };
    } catch (error) {
      return { settlement, ok: false, error: bucketError(error, `settling ${lease.id}`) };
    }
  }

  async #end(leased: LeasedObject, outcome: Outcome): Promise<void> {
    switch (outcome.kind) {
      // Stryker disable next-line StringLiteral: no case at all ends the same way; it is there to have them all.
      case 'look-again':
        return;
      case 'done':
        return deleteObject(this.#settling, this.#options.queue, leased.object.key);
      case 'dead-letter':
        return this.#bury(leased, outcome);
    }
  }

  /** Writes the dead letter, and only then removes the object. Twice is harmless. */
  async #bury(leased: LeasedObject, outcome: Extract<Outcome, { kind: 'dead-letter' }>): Promise<void> {
    const { queue, deadLetters } = this.#options;
    let stray: StrayContent | undefined;
    if (leased.lease.kind === 'not-a-job') {
      stray = await this.#read(leased);
      // Gone: another run has buried it.
      if (stray === undefined) return;
    }
    const at = { queueUrl: queue.url, deadLetterPrefix: deadLetters.prefix };
    const { key, body } = bucketDeadLetter(leased, outcome, at, stray);
    await putObject(this.#settling, deadLetters, key, Buffer.from(body), JSON_TYPE);
    await deleteObject(this.#settling, queue, leased.object.key);
  }

  /** An object that is no job, with its content, which must not be lost with it. */
  async #read({ object }: LeasedObject): Promise<StrayContent | undefined> {
    const tooLarge = (bytes: number): QueueError =>
      new QueueError(
        'message-refused',
        `${object.key} is no job, and with ${bytes} bytes too large for a dead letter (${MAX_STRAY_BYTES} at most): ` +
          'it was left where it is; move it away',
      );
    if (object.sizeBytes > MAX_STRAY_BYTES) throw tooLarge(object.sizeBytes);
    const answer = await getObject(this.#settling, this.#options.queue, object.key);
    if (answer === undefined) return undefined;
    // It may have been written over since it was listed.
    if (answer.body.length > MAX_STRAY_BYTES) throw tooLarge(answer.body.length);
    return { contentType: answer.headers['content-type'], body: answer.body };
  }

  #refusal(code: 'lease-lost' | 'lease-expired', lease: Lease, what: string): QueueError {
    return new QueueError(code, `the lease ${lease.id} of ${this.#options.queue.url} ${what}`);
  }
}
