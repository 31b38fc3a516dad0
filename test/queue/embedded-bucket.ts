import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import type { CosClientPolicy } from '../../lib/cos/client.js';
import { openTransport, type Transport } from '../../lib/cos/transport.js';
import { after, minutes, seconds, type EpochMs, type Millis } from '../../lib/domain/units.js';
import { nextLookTime } from '../../lib/poller/look-times.js';
import { DEFAULT_SCHEDULE } from '../../lib/poller/schedule.js';
import { openBucketDeadLetters } from '../../lib/queue/bucket-dead-letters.js';
import { openBucketQueue, type BucketEffects, type BucketOptions } from '../../lib/queue/bucket.js';
import type { DeadLetters } from '../../lib/queue/dead-letters.js';
import type {
  EnqueueResult,
  Lease,
  LeaseRequest,
  PendingJob,
  PendingQueue,
  Settlement,
  SettleResult,
} from '../../lib/queue/pending-queue.js';
import type { BucketQueueAddress } from '../../lib/queue/queue-url.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { startCloud, type Cloud } from '../../local/cloud.js';
import { aBucket, aRegion, SOURCE } from '../support/pending-jobs.js';
import { RunClock, type VirtualClock } from '../support/virtual-clock.js';
import type { QueueUnderTest, SeenDeadLetter } from './contract.js';

const QUEUES = { bucket: aBucket('queues-1250000000'), region: aRegion('ap-shanghai') };

const address = (prefix: string): BucketQueueAddress => ({
  kind: 'cos',
  url: `cos://${QUEUES.bucket}.${QUEUES.region}/${prefix}`,
  ...QUEUES,
  prefix,
});

export const PENDING = address('docjob/pending/');
export const DEAD = address('docjob/dead/');
export const CHECKPOINT = 'docjob/pending.checkpoint.json';

/** A dead letter as it is stored. */
export interface StoredDeadLetter {
  readonly version: number;
  readonly reason: string;
  readonly detail: string;
  readonly lastError?: { readonly code: string; readonly message: string; readonly requestId?: string };
  readonly queue: string;
  readonly key: string;
  readonly firstSeenAt: string;
  readonly job?: Readonly<Record<string, unknown>>;
  readonly content?: { readonly type?: string; readonly base64: string };
}

/** The embedded COS in virtual time, with a queue of pending jobs and one of dead letters in a bucket. */
export class EmbeddedBucket {
  readonly clock: VirtualClock;
  readonly cloud: Cloud;
  readonly transport: Transport;
  /** What the adapters logged. */
  readonly lines: string[] = [];
  readonly #root: string;

  private constructor(parts: Pick<EmbeddedBucket, 'clock' | 'cloud' | 'transport'>, root: string) {
    this.clock = parts.clock;
    this.cloud = parts.cloud;
    this.transport = parts.transport;
    this.#root = root;
  }

  static async start(): Promise<EmbeddedBucket> {
    const clock = new RunClock();
    const root = await mkdtemp(join(tmpdir(), 'docjob-bucket-queue-'));
    const cloud = await startCloud({ root, now: () => clock.now(), jobDurationMs: 0 });
    for (const { bucket, region } of [PENDING, SOURCE]) await cloud.control.createBucket(bucket, region);
    return new EmbeddedBucket({ clock, cloud, transport: openTransport({ maxSockets: 16 }) }, root);
  }

  get clientPolicy(): CosClientPolicy {
    const origin = new URL(this.cloud.origin);
    return {
      endpoints: { cos: origin, ci: origin },
      attemptTimeout: seconds(5),
      retries: 2,
      backoff: DEFAULT_BACKOFF,
      retryBudget: { share: 0.2, initial: 10 },
      requestsPerSecond: Number.POSITIVE_INFINITY,
      maxBodyBytes: 8_000_000,
    };
  }

  get effects(): BucketEffects {
    let chance = 0;
    return {
      clock: this.clock,
      transport: this.transport,
      credentials: () => this.cloud.credentials.longLived,
      // Different each time, and the same in each test.
      random: () => (chance = (chance + 0.618_033_988_749) % 1),
      log: jsonLog({ level: 'warn', now: () => this.clock.now(), write: (line) => this.lines.push(line) }),
      deadline: after(this.clock.now(), minutes(1)),
    };
  }

  /** The adapter, for one run of a minute from now on. */
  open(changes: Partial<BucketOptions> = {}, effects: Partial<BucketEffects> = {}): PendingQueue {
    const options: BucketOptions = {
      queue: PENDING,
      deadLetters: DEAD,
      defaults: SOURCE,
      client: this.clientPolicy,
      nextLook: (waiting, since) => nextLookTime(waiting, since, DEFAULT_SCHEDULE),
    };
    return openBucketQueue({ ...options, ...changes }, { ...this.effects, ...effects });
  }

  /** What is below the prefix of the dead letters, for those who look after it. */
  openDeadLetters(): DeadLetters {
    return openBucketDeadLetters(
      { deadLetters: DEAD, defaults: SOURCE, client: this.clientPolicy },
      this.effects,
    );
  }

  /** Puts in an object below the queue's prefix. */
  put(name: string, content = ''): Promise<void> {
    return this.cloud.control.putObject(PENDING.bucket, PENDING.prefix + name, Buffer.from(content));
  }

  /** The names of the objects below the queue's prefix. */
  async names(): Promise<readonly string[]> {
    const keys = await this.cloud.control.listKeys(PENDING.bucket, PENDING.prefix);
    return keys.map((key) => key.slice(PENDING.prefix.length));
  }

  async checkpoint(): Promise<string | undefined> {
    return (await this.cloud.control.readObject(PENDING.bucket, CHECKPOINT))?.toString();
  }

  async deadLetters(): Promise<readonly StoredDeadLetter[]> {
    const keys = await this.cloud.control.listKeys(DEAD.bucket, DEAD.prefix);
    const bodies = await Promise.all(keys.map((key) => this.cloud.control.readObject(DEAD.bucket, key)));
    return bodies.map((body) => JSON.parse(String(body)) as StoredDeadLetter); // written by the adapter under test
  }

  /** How often COS was asked for an operation so far. */
  calls(operation: 'GetBucket' | 'GetObject' | 'PutObject' | 'DeleteObject'): number {
    return this.cloud.control.statistics.counts['cos']?.[operation] ?? 0;
  }

  async close(): Promise<void> {
    this.transport.close();
    await this.cloud.close();
    await rm(this.#root, { recursive: true, force: true });
  }
}

/**
 * The adapter as its runs use it: each run opens it anew. Here a run ends, and the next one begins, as soon as something was settled or time has
 * passed; leases are settled by the run that they are of.
 */
export class BucketRuns implements PendingQueue {
  readonly capabilities: PendingQueue['capabilities'];
  readonly #open: () => PendingQueue;
  readonly #now: () => EpochMs;
  readonly #runOf = new WeakMap<Lease, PendingQueue>();
  #run: PendingQueue;
  #begunAt: EpochMs;
  #settled = false;

  constructor(open: () => PendingQueue, now: () => EpochMs) {
    this.#open = open;
    this.#now = now;
    this.#run = open();
    this.#begunAt = now();
    this.capabilities = this.#run.capabilities;
  }

  enqueue(jobs: readonly PendingJob[], delay: Millis): Promise<readonly EnqueueResult[]> {
    return this.#run.enqueue(jobs, delay);
  }

  async lease(request: LeaseRequest): Promise<readonly Lease[]> {
    if (this.#settled || this.#now() > this.#begunAt) {
      await this.#run.close();
      this.#run = this.#open();
      this.#begunAt = this.#now();
      this.#settled = false;
    }
    const leases = await this.#run.lease(request);
    for (const lease of leases) this.#runOf.set(lease, this.#run);
    return leases;
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    this.#settled = true;
    const results: SettleResult[] = [];
    for (const settlement of settlements) {
      results.push(...(await (this.#runOf.get(settlement.lease) ?? this.#run).settle([settlement])));
    }
    return results;
  }

  close(): Promise<void> {
    return this.#run.close();
  }
}

/** What the contract calls a message's body is here the object's name, or its content where the name is no job's. */
export async function openOnEmbeddedBucket(): Promise<QueueUnderTest> {
  const embedded = await EmbeddedBucket.start();
  const { faults } = embedded.cloud.control;
  return {
    queue: new BucketRuns(
      () => embedded.open(),
      () => embedded.clock.now(),
    ),
    now: () => embedded.clock.now(),
    advance: (by) => embedded.clock.advance(by),
    rawJob: (job) => `${job.jobId}~foreign`,
    rawSend: (body) =>
      /^[\w~.-]+$/.test(body) ? embedded.put(body) : embedded.put('somebody’s note.txt', body),
    deadLetters: async () =>
      (await embedded.deadLetters()).map(({ key, reason, detail, content }): SeenDeadLetter => {
        const body =
          content === undefined
            ? key.slice(PENDING.prefix.length)
            : Buffer.from(content.base64, 'base64').toString();
        return { body, reason, detail };
      }),
    size: async () => (await embedded.names()).length,
    refuseAcknowledgements: () => {
      faults.add({ match: { operation: 'DeleteObject' }, times: 3, fault: { kind: 'status', status: 500 } });
    },
    loseEnqueueAnswers: () => {
      faults.add({ match: { operation: 'PutObject' }, times: 1, fault: { kind: 'reset', when: 'after' } });
    },
    close: () => embedded.close(),
  };
}
