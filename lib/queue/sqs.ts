import {
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../domain/effects.js';
import { epochMs, type EpochMs, type Millis } from '../domain/units.js';
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
import { MAX_ENTRIES, sendInBatches } from './sqs-batches.js';
import { createSqsClient, longPollTimeout, MAX_WAIT_SECONDS, type SqsConnection } from './sqs-client.js';
import { answerError, callError } from './sqs-errors.js';
import { settleDeliveries, type Delivery } from './sqs-settle.js';
import { leaseTerm, MAX_SEND_DELAY, MAX_VISIBILITY, sendDelaySeconds } from './sqs-times.js';

/** Which queues, and how to reach them. */
export interface SqsOptions extends SqsConnection {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** For messages that hold a bare job ID. */
  readonly defaults: JobDefaults;
}

/** A message that SQS handed out: to us, or to Lambda on our behalf (AWS Lambda documentation, "Using Lambda with Amazon SQS"). */
export interface DeliveredMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** `SentTimestamp`: milliseconds since 1970 in decimal digits. */
  readonly attributes: { readonly SentTimestamp: string };
}

/** The SQS adapter. */
export interface SqsQueue extends PendingQueue {
  /** A lease of a message that was handed out at `receivedAt` or later and is ours until `until`; settled like any other. */
  adopt(message: DeliveredMessage, receivedAt: EpochMs, until: EpochMs): Lease;
}

/**
 * The adapter for Amazon SQS. Delays are exact up to twelve hours after the lease began, and leases exclusive, by visibility. The queue closes
 * its client; another than the options say is for simulations.
 */
export function openSqsQueue(
  options: SqsOptions,
  effects: { readonly clock: Clock },
  client: SQSClient = createSqsClient(options),
): SqsQueue {
  return new SqsPendingQueue(options, effects.clock, client);
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
  readonly #client: SQSClient;
  readonly #deliveries = new WeakMap<Lease, Delivery>();

  constructor(options: SqsOptions, clock: Clock, client: SQSClient) {
    this.#options = options;
    this.#clock = clock;
    this.#client = client;
  }

  async enqueue(jobs: readonly PendingJob[], delay: Millis): Promise<readonly EnqueueResult[]> {
    const { queueUrl } = this.#options;
    const DelaySeconds = sendDelaySeconds(delay);
    const errors = await sendInBatches(jobs, {
      action: 'SendMessageBatch',
      queueUrl,
      send: (entries) =>
        this.#client.send(
          new SendMessageBatchCommand({
            QueueUrl: queueUrl,
            Entries: entries.map(({ Id, item }) => ({ Id, MessageBody: formatMessage(item), DelaySeconds })),
          }),
        ),
    });
    return jobs.map((job, index) => {
      const error = errors[index];
      return error === undefined ? { job, ok: true } : { job, ok: false, error };
    });
  }

  async lease({
    max,
    holdUntil,
    wait,
    signal = new AbortController().signal,
  }: LeaseRequest): Promise<readonly Lease[]> {
    signal.throwIfAborted();
    const { queueUrl, requestTimeout } = this.#options;
    const askedAt = this.#clock.now();
    const term = leaseTerm(askedAt, holdUntil);
    const waitSeconds = Math.min(MAX_WAIT_SECONDS, Math.floor(wait / 1_000));
    const asked = { action: 'ReceiveMessage', queueUrl };
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(MAX_ENTRIES, max),
      VisibilityTimeout: term.visibilitySeconds,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['SentTimestamp'],
    });
    try {
      const { Messages = [], $metadata } = await this.#client.send(command, {
        requestTimeout: longPollTimeout(requestTimeout, waitSeconds),
        abortSignal: signal,
      });
      return Messages.map((message) => {
        const delivered = deliveredMessage(message);
        if (delivered === undefined) {
          throw answerError('an incomplete message in the answer', asked, $metadata.requestId);
        }
        return this.adopt(delivered, askedAt, term.until);
      });
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof QueueError ? error : callError(error, asked);
    }
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
    this.#client.destroy();
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

function deliveredMessage({
  MessageId,
  ReceiptHandle,
  Body,
  Attributes,
}: Message): DeliveredMessage | undefined {
  const SentTimestamp = String(Attributes?.SentTimestamp); // "undefined" is no number either
  if (MessageId === undefined || ReceiptHandle === undefined || Body === undefined) return undefined;
  if (!/^\d+$/.test(SentTimestamp)) return undefined;
  return { messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, attributes: { SentTimestamp } };
}
