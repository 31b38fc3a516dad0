import { brief } from '../domain/brief.js';
import { DocjobError } from '../domain/docjob-error.js';
import { after, before, between, epochMs, seconds, type EpochMs, type Millis } from '../domain/units.js';
import type { Log } from '../telemetry/log.js';
import { splitIntoBatches } from './batches.js';
import { CLOSING_TIME } from './closing-time.js';
import { AgeWatch } from './cmq-age.js';
import { CmqClient, type CmqConnection, type CmqEffects } from './cmq-client.js';
import {
  MAX_ENTRIES,
  receiveMessages,
  SEND_BATCH,
  sendMessages,
  type ReceivedMessage,
} from './cmq-messages.js';
import { settleDeliveries, type Delivery, type Ending } from './cmq-settle.js';
import { Successors } from './cmq-successors.js';
import { delaySeconds, GRAIN, leaseUntil, longestDelay, momentOf, type CmqSettings } from './cmq-times.js';
import { formatMessage, parseMessage, redrivenBy, type JobDefaults } from './message.js';
import type {
  EnqueueResult,
  Lease,
  LeaseRequest,
  PendingJob,
  PendingQueue,
  QueueCapabilities,
  Settlement,
  SettleResult,
} from './pending-queue.js';
import { QueueError } from './queue-error.js';
import type { CmqAddress } from './queue-url.js';

/** Which queues, how they are set, and how to reach them. */
export interface CmqOptions extends CmqConnection {
  readonly queue: CmqAddress;
  readonly deadLetters: CmqAddress;
  readonly settings: CmqSettings;
  /** For messages that hold a bare job ID. */
  readonly defaults: JobDefaults;
}

/** What the adapter works through. */
export interface CmqQueueEffects extends CmqEffects {
  readonly log: Log;
}

/** The longest that the service waits for a message (TDMQ-CMQ, BatchReceiveMessage); more than three seconds breed duplicates (CreateCmqQueue). */
const MAX_WAIT_SECONDS = 3;

/**
 * The adapter for TDMQ-CMQ, opened for one run. Leases are exclusive by the queue's own visibility timeout, which cannot be changed for a message: a
 * message to look at again is replaced by a delayed copy. docs/adr/0002-cmq.md says what that promises and what not.
 */
export function openCmqQueue(options: CmqOptions, effects: CmqQueueEffects): PendingQueue {
  return new CmqPendingQueue(options, effects);
}

class CmqPendingQueue implements PendingQueue {
  readonly capabilities: QueueCapabilities;
  readonly #options: CmqOptions;
  readonly #effects: CmqQueueEffects;
  readonly #client: CmqClient;
  readonly #deliveries = new WeakMap<Lease, Delivery>();
  readonly #successors = new Successors();
  readonly #ages: AgeWatch;

  constructor(options: CmqOptions, effects: CmqQueueEffects) {
    const longest = longestDelay(options.settings);
    this.capabilities = {
      exclusiveLeases: true,
      showsAll: false,
      leasesAsLongAsAsked: false,
      exactDelays: true,
      maxLookAgainDelay: longest,
      maxEnqueueDelay: longest,
    };
    this.#options = options;
    this.#effects = effects;
    this.#ages = new AgeWatch(options.queue, options.settings, effects.log);
    this.#client = new CmqClient(options, { ...effects, deadline: before(effects.deadline, CLOSING_TIME) });
  }

  async enqueue(jobs: readonly PendingJob[], delay: Millis): Promise<readonly EnqueueResult[]> {
    const { queue } = this.#options;
    const options = { queue, delaySeconds: delaySeconds(delay, this.capabilities.maxEnqueueDelay) };
    const results: EnqueueResult[] = [];
    const sizeOf = (job: PendingJob): number => Buffer.byteLength(formatMessage(job));
    for (const batch of splitIntoBatches(jobs, sizeOf, SEND_BATCH)) {
      try {
        await sendMessages(this.#client, batch.map(formatMessage), options);
        results.push(...batch.map((job) => ({ job, ok: true }) as const));
      } catch (error) {
        if (!(error instanceof DocjobError)) throw error;
        results.push(...batch.map((job) => ({ job, ok: false, error }) as const));
      }
    }
    return results;
  }

  async lease({ max, wait, signal }: LeaseRequest): Promise<readonly Lease[]> {
    signal?.throwIfAborted();
    const { queue, settings } = this.#options;
    const waitSeconds = Math.min(MAX_WAIT_SECONDS, Math.floor(wait / 1_000));
    const { messages, sentAt, serverDate } = await receiveMessages(this.#client, {
      queue,
      wait: seconds(waitSeconds),
      parameters: {
        numOfMsg: String(Math.min(MAX_ENTRIES, max)),
        pollingWaitSeconds: String(waitSeconds),
      },
      signal,
    });
    this.#ages.see(messages, serverDate ?? this.#effects.clock.now());
    const order = this.#successors.next();
    return messages.map((message) => {
      const nextVisibleAt = momentOf(message.nextVisibleTime);
      const until = leaseUntil({ sentAt, nextVisibleAt, serverDate }, settings.visibility);
      const lease = this.#leaseOf(message, until, serverDate);
      const { receiptHandle, msgBody } = message;
      this.#deliveries.set(lease, { lease, receiptHandle, body: msgBody, order });
      return lease;
    });
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    const { queue, deadLetters, settings, requestTimeout } = this.#options;
    const now = this.#effects.clock.now();
    const endings = settlements.map((settlement) => this.#endingOf(settlement, now));
    const target = {
      client: this.#client,
      queue,
      deadLetters,
      successors: this.#successors,
      longestDelay: longestDelay(settings),
      deleteTime: requestTimeout,
    };
    const tried = endings.flatMap((ending) => (ending instanceof QueueError ? [] : [ending]));
    const found = (await settleDeliveries(tried, target)).values();
    return settlements.map((settlement, index) => {
      const ending = endings[index];
      const error = ending instanceof QueueError ? ending : found.next().value;
      return error === undefined ? { settlement, ok: true } : { settlement, ok: false, error };
    });
  }

  async close(): Promise<void> {
    // The connections are the caller's, and nothing is remembered between runs.
  }

  /**
   * A copy tells itself when its first original was seen; a message cannot have been seen later than it was sent, nor than now by the service's clock. Ours, which may
   * be wrong, counts only where the service tells neither: behind by hours, it would make every job too old.
   */
  #leaseOf(
    { msgId, msgBody, enqueueTime }: ReceivedMessage,
    until: EpochMs,
    serverDate: EpochMs | undefined,
  ): Lease {
    const sentAt = momentOf(enqueueTime);
    const latest = serverDate ?? sentAt ?? this.#effects.clock.now();
    const sentBefore = sentAt === undefined ? latest : after(sentAt, GRAIN);
    const parsed = redrivenBy(sentBefore, parseMessage(msgBody, this.#options.defaults));
    const told = parsed.kind === 'job' ? parsed.job.firstSeenAt : undefined;
    const firstSeenAt = epochMs(Math.min(latest, sentAt ?? latest, told ?? latest));
    return { id: brief(msgId), firstSeenAt, until, ...parsed };
  }

  /** What a settlement takes, or why it is not even tried. */
  #endingOf({ lease, outcome }: Settlement, now: EpochMs): Ending | QueueError {
    const { queue, requestTimeout } = this.#options;
    const delivery = this.#deliveries.get(lease);
    if (delivery === undefined) {
      return new QueueError('lease-lost', `the lease ${lease.id} is none of ${queue.url}`);
    }
    // A message that is done goes however late: what relies on it was written, and another run would only do the same again.
    if (outcome.kind === 'done') return { delivery, outcome };
    // A copy that is sent and an original that cannot be deleted any more are two: a send and a delete must fit into what is left.
    if (between(now, lease.until) >= 2 * requestTimeout) return { delivery, outcome };
    return new QueueError(
      'lease-expired',
      `too little is left of the lease ${lease.id} of ${queue.url}, or it has ended: the message is left to whoever has it next`,
    );
  }
}
