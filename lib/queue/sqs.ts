import type { Clock } from '../domain/effects.js';
import { before, epochMs, type EpochMs, type Millis } from '../domain/units.js';
import type { Log } from '../telemetry/log.js';
import { CLOSING_TIME } from './closing-time.js';
import { formatMessage, parseMessage, redrivenBy, type JobDefaults } from './message.js';
import type {
  EnqueueResult,
  Lease,
  LeaseRequest,
  PendingJob,
  PendingQueue,
  Settlement,
  SettleResult,
} from './pending-queue.js';
import { QueueError } from './queue-error.js';
import type { DeliveredMessage } from './sqs-answers.js';
import { MAX_ENTRIES, sendInBatches } from './sqs-batches.js';
import { SqsClient, type SqsConnection, type SqsEffects } from './sqs-client.js';
import { settleDeliveries, type Delivery } from './sqs-settle.js';
import { leaseTerm, MAX_SEND_DELAY, MAX_VISIBILITY, sendDelaySeconds, waitSecondsOf } from './sqs-times.js';

export type { DeliveredMessage } from './sqs-answers.js';

/** Which queues, and how to reach them. */
export interface SqsOptions extends SqsConnection {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** For messages that hold a bare job ID. */
  readonly defaults: JobDefaults;
}

/** What a queue of SQS works through, its key among it. */
export interface SqsQueueEffects extends SqsEffects {
  readonly log: Log;
}

/** The SQS adapter. */
export interface SqsQueue extends PendingQueue {
  /** A lease of a message that was handed out at `receivedAt` or later and is ours until `until`; settled like any other. */
  adopt(message: DeliveredMessage, receivedAt: EpochMs, until: EpochMs): Lease;
}

/** The adapter for Amazon SQS. Delays are exact up to twelve hours after the lease began, and leases exclusive, by visibility. */
export function openSqsQueue(options: SqsOptions, effects: SqsQueueEffects): SqsQueue {
  return new SqsPendingQueue(options, effects);
}

class SqsPendingQueue implements SqsQueue {
  readonly capabilities = {
    exclusiveLeases: true,
    showsAll: false,
    leasesAsLongAsAsked: true,
    exactDelays: true,
    maxLookAgainDelay: MAX_VISIBILITY,
    maxEnqueueDelay: MAX_SEND_DELAY,
  };
  readonly #options: SqsOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #client: SqsClient;
  readonly #deliveries = new WeakMap<Lease, Delivery>();

  constructor(options: SqsOptions, effects: SqsQueueEffects) {
    this.#options = options;
    this.#clock = effects.clock;
    this.#log = effects.log;
    this.#client = new SqsClient(options, { ...effects, deadline: before(effects.deadline, CLOSING_TIME) });
  }

  async enqueue(jobs: readonly PendingJob[], delay: Millis): Promise<readonly EnqueueResult[]> {
    const { queueUrl } = this.#options;
    const delaySeconds = sendDelaySeconds(delay);
    const errors = await sendInBatches(jobs, {
      action: 'SendMessageBatch',
      queueUrl,
      send: (entries) =>
        this.#client.send(
          queueUrl,
          entries.map(({ Id, item }) => ({ Id, body: formatMessage(item), delaySeconds })),
        ),
    });
    return jobs.map((job, index) => {
      const error = errors[index];
      return error === undefined ? { job, ok: true } : { job, ok: false, error };
    });
  }

  async lease({ max, holdUntil, wait, signal }: LeaseRequest): Promise<readonly Lease[]> {
    signal?.throwIfAborted();
    const { queueUrl } = this.#options;
    const askedAt = this.#clock.now();
    const term = leaseTerm(askedAt, holdUntil);
    const { messages, damaged, requestId } = await this.#client.receive({
      queueUrl,
      max: Math.min(MAX_ENTRIES, max),
      visibilitySeconds: term.visibilitySeconds,
      waitSeconds: waitSecondsOf(wait),
      signal,
    });
    for (const { messageId, problem } of damaged) {
      // What it holds is not known, so nothing is done about it but to let it come again.
      this.#log.warn('message-damaged', { message: messageId, problem, serviceRequestId: requestId });
    }
    return messages.map((message) => this.adopt(message, askedAt, term.until));
  }

  adopt(message: DeliveredMessage, receivedAt: EpochMs, until: EpochMs): Lease {
    const sentAt = epochMs(Number(message.attributes.SentTimestamp));
    const lease: Lease = {
      id: message.messageId,
      firstSeenAt: sentAt,
      until,
      ...redrivenBy(sentAt, parseMessage(message.body, this.#options.defaults)),
    };
    this.#deliveries.set(lease, {
      lease,
      receiptHandle: message.receiptHandle,
      body: message.body,
      receivedAt,
    });
    return lease;
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    const now = this.#clock.now();
    const checked = settlements.map((settlement) => ({ settlement, delivery: this.#find(settlement, now) }));
    const endings = checked.flatMap(({ settlement: { outcome }, delivery }) =>
      delivery instanceof QueueError ? [] : [{ delivery, outcome }],
    );
    const found = (await settleDeliveries(endings, { client: this.#client, ...this.#options }, now)).values();
    return checked.map(({ settlement, delivery }) => {
      const error = delivery instanceof QueueError ? delivery : found.next().value;
      return error === undefined ? { settlement, ok: true } : { settlement, ok: false, error };
    });
  }

  close(): Promise<void> {
    // Nothing is remembered, and the connections are the run's.
    return Promise.resolve();
  }

  /** What is to be settled, or why that is not even tried. */
  #find({ lease, outcome }: Settlement, now: EpochMs): Delivery | QueueError {
    const { queueUrl } = this.#options;
    const delivery = this.#deliveries.get(lease);
    if (delivery === undefined) {
      return new QueueError('lease-lost', `the lease ${lease.id} is none of ${queueUrl}`);
    }
    // A message that is done goes however late: what relies on it was written, and another run would only do the same again.
    if (outcome.kind === 'done' || now < lease.until) return delivery;
    return new QueueError(
      'lease-expired',
      `the lease ${lease.id} of ${queueUrl} has ended: the message is left to whoever has it now`,
    );
  }
}
