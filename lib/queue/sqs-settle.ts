import type { EpochMs } from '../domain/units.js';
import { deadLetterBytes, deadLetterOf, type DeadLetter } from './dead-letter.js';
import type { Lease, Outcome } from './pending-queue.js';
import type { QueueError } from './queue-error.js';
import { sendInBatches } from './sqs-batches.js';
import type { SqsClient } from './sqs-client.js';
import { lookAgainSeconds } from './sqs-times.js';

/** What settling a lease takes. */
export interface Delivery {
  readonly lease: Lease;
  readonly receiptHandle: string;
  readonly body: string;
  /** Not later than SQS handed the message out. */
  readonly receivedAt: EpochMs;
}

/** A delivery and how it ends. */
export interface Ending {
  readonly delivery: Delivery;
  readonly outcome: Outcome;
}

/** Where to settle. */
export interface SettleTarget {
  readonly client: SqsClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

/** For each item of a list what went wrong with it, or undefined. */
type Errors = readonly (QueueError | undefined)[];

/** Ends deliveries, ten in a call. Tells for each, in order, what went wrong with it, or undefined. */
export async function settleDeliveries(
  endings: readonly Ending[],
  target: SettleTarget,
  now: EpochMs,
): Promise<Errors> {
  const errors = new Map<number, QueueError | undefined>();
  const done: Indexed<Delivery>[] = [];
  const hidden: Indexed<Hidden>[] = [];
  const buried: Indexed<Buried>[] = [];
  for (const [index, { delivery, outcome }] of endings.entries()) {
    const { receiptHandle, receivedAt, lease, body } = delivery;
    switch (outcome.kind) {
      case 'done':
        done.push({ index, item: delivery });
        break;
      case 'look-again':
        hidden.push({
          index,
          item: { receiptHandle, visibilitySeconds: lookAgainSeconds(outcome.delay, receivedAt, now) },
        });
        break;
      case 'dead-letter':
        buried.push({
          index,
          item: {
            delivery,
            letter: deadLetterOf({ id: lease.id, body, firstSeenAt: lease.firstSeenAt }, outcome),
          },
        });
        break;
    }
  }
  const settleAs = async <T>(
    indexed: readonly Indexed<T>[],
    settle: (items: readonly T[], target: SettleTarget) => Promise<Errors>,
  ) => {
    const found = await settle(
      indexed.map(({ item }) => item),
      target,
    );
    for (const [position, { index }] of indexed.entries()) errors.set(index, found[position]);
  };
  await Promise.all([settleAs(done, remove), settleAs(hidden, hide), settleAs(buried, bury)]);
  return endings.map((_, index) => errors.get(index));
}

interface Indexed<T> {
  readonly index: number;
  readonly item: T;
}

interface Hidden {
  readonly receiptHandle: string;
  readonly visibilitySeconds: number;
}

interface Buried {
  readonly delivery: Delivery;
  readonly letter: DeadLetter;
}

/** Takes messages out of the queue. */
function remove(deliveries: readonly Delivery[], { client, queueUrl }: SettleTarget): Promise<Errors> {
  return sendInBatches(deliveries, {
    action: 'DeleteMessageBatch',
    queueUrl,
    send: (entries) =>
      client.delete(
        queueUrl,
        entries.map(({ Id, item: { receiptHandle } }) => ({ Id, receiptHandle })),
      ),
  });
}

/** Hides messages for some more seconds; with none they are back at once. */
function hide(messages: readonly Hidden[], { client, queueUrl }: SettleTarget): Promise<Errors> {
  return sendInBatches(messages, {
    action: 'ChangeMessageVisibilityBatch',
    queueUrl,
    send: (entries) =>
      client.changeVisibility(
        queueUrl,
        entries.map(({ Id, item }) => ({ Id, ...item })),
      ),
  });
}

/** Sends messages to the dead letters, and removes those that have arrived there: twice is harmless, never is not. */
async function bury(messages: readonly Buried[], target: SettleTarget): Promise<Errors> {
  const { client, deadLetterQueueUrl } = target;
  const sendErrors = await sendInBatches(messages, {
    action: 'SendMessageBatch',
    queueUrl: deadLetterQueueUrl,
    sizeOf: ({ letter }) => deadLetterBytes(letter),
    send: (entries) =>
      client.send(
        deadLetterQueueUrl,
        entries.map(({ Id, item: { letter } }) => ({
          Id,
          body: letter.body,
          attributes: letter.attributes,
        })),
      ),
  });
  const sent = messages.filter((_, index) => sendErrors[index] === undefined);
  const removeErrors = await remove(
    sent.map(({ delivery }) => delivery),
    target,
  );
  const byMessage = new Map(sent.map((message, index) => [message, removeErrors[index]]));
  return messages.map((message, index) => sendErrors[index] ?? byMessage.get(message));
}
