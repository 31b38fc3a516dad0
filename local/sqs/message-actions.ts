import { readEntries, runEntries, type BatchResult } from './batch.js';
import type { Doorbell } from './doorbell.js';
import { failingEntries, type Fault } from './faults.js';
import type { Input } from './input.js';
import {
  MAX_MESSAGE_BYTES,
  md5OfAttributes,
  md5OfBody,
  messageBytes,
  readContent,
  selectAttributes,
} from './message.js';
import { MAX_VISIBILITY_SECONDS, type LocalQueue, type Received } from './queue.js';
import type { ActionContext } from './queue-actions.js';
import { SqsRefusal } from './refusal.js';

/** What an action on messages works with beside the queues. */
export interface MessageActionContext extends ActionContext {
  /** Rung whenever messages may have become visible. */
  readonly doorbell: Doorbell;
  /** Aborts when nobody waits for the answer any more. */
  readonly abandoned: AbortSignal;
  readonly fault: Fault | undefined;
}

export function sendMessage(input: Input, context: MessageActionContext): object {
  const sent = send(context.queues.atUrl(input.text('QueueUrl')), input, context.now());
  context.doorbell.ring();
  return sent;
}

export function sendMessageBatch(input: Input, context: MessageActionContext): BatchResult {
  const queue = context.queues.atUrl(input.text('QueueUrl'));
  const entries = readEntries(input);
  const bytes = entries.map(
    ([, entry]) => Buffer.byteLength(entry.optionalText('MessageBody') ?? '', 'utf8') + attributeBytes(entry),
  );
  const total = bytes.reduce((sum, one) => sum + one, 0);
  if (total > MAX_MESSAGE_BYTES) {
    throw new SqsRefusal(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes. You have sent ${total} bytes.`,
    );
  }
  const now = context.now();
  const result = runEntries(entries, (entry) => send(queue, entry, now), failingEntries(context.fault));
  context.doorbell.ring();
  return result;
}

export function deleteMessage(input: Input, { queues }: MessageActionContext): object {
  queues.atUrl(input.text('QueueUrl')).delete(input.text('ReceiptHandle'));
  return {};
}

export function deleteMessageBatch(input: Input, { queues, fault }: MessageActionContext): BatchResult {
  const queue = queues.atUrl(input.text('QueueUrl'));
  const remove = (entry: Input): Record<string, never> => {
    queue.delete(entry.text('ReceiptHandle'));
    return {};
  };
  return runEntries(readEntries(input), remove, failingEntries(fault));
}

export function changeMessageVisibility(input: Input, context: MessageActionContext): object {
  changeVisibility(context.queues.atUrl(input.text('QueueUrl')), input, context.now());
  context.doorbell.ring();
  return {};
}

export function changeMessageVisibilityBatch(input: Input, context: MessageActionContext): BatchResult {
  const queue = context.queues.atUrl(input.text('QueueUrl'));
  const now = context.now();
  const result = runEntries(
    readEntries(input),
    (entry) => changeVisibility(queue, entry, now),
    failingEntries(context.fault),
  );
  context.doorbell.ring();
  return result;
}

/** Waits for a first message up to the wait that was asked for, or until nobody waits any more: such a call takes nothing. */
export async function receiveMessage(input: Input, context: MessageActionContext): Promise<object> {
  const { queues, now, doorbell, abandoned } = context;
  const queue = queues.atUrl(input.text('QueueUrl'));
  const max = input.optionalInteger('MaxNumberOfMessages', 1, 10) ?? 1;
  const visibility =
    input.optionalInteger('VisibilityTimeout', 0, MAX_VISIBILITY_SECONDS) ?? queue.settings.VisibilityTimeout;
  const wait =
    input.optionalInteger('WaitTimeSeconds', 0, 20) ?? queue.settings.ReceiveMessageWaitTimeSeconds;
  const wantedSystem = [...input.texts('MessageSystemAttributeNames'), ...input.texts('AttributeNames')];
  const wanted = input.texts('MessageAttributeNames');
  const deadline = now() + wait * 1_000;

  while (!abandoned.aborted) {
    const deadLetters = queues.withArn(queue.settings.RedrivePolicy?.deadLetterTargetArn ?? '');
    const received = queue.receive(max, visibility, now(), deadLetters);
    if (received.length > 0)
      return { Messages: received.map((one) => describeReceived(one, wanted, wantedSystem)) };
    if (now() >= deadline) break;
    await doorbell.wait(Math.min(deadline, queue.nextVisibleAt(now())) - now());
  }
  return {};
}

function send(queue: LocalQueue, input: Input, now: number): Record<string, unknown> {
  const content = readContent(input);
  const { id } = queue.send(content, input.optionalInteger('DelaySeconds', 0, 900), now);
  return {
    MessageId: id,
    MD5OfMessageBody: md5OfBody(content.body),
    MD5OfMessageAttributes: md5OfAttributes(content.attributes),
  };
}

function changeVisibility(queue: LocalQueue, input: Input, now: number): Record<string, never> {
  queue.changeVisibility(
    input.text('ReceiptHandle'),
    input.integer('VisibilityTimeout', 0, MAX_VISIBILITY_SECONDS),
    now,
  );
  return {};
}

/** What attributes count with; those that will be refused count nothing, since their entry fails alone. */
function attributeBytes(entry: Input): number {
  try {
    const { attributes } = readContent(entry);
    return messageBytes({ body: '', attributes });
  } catch (error) {
    if (error instanceof SqsRefusal) return 0;
    throw error;
  }
}

function describeReceived(
  { message, receiptHandle }: Received,
  wanted: readonly string[],
  wantedSystem: readonly string[],
): Record<string, unknown> {
  const { id, content, sentAt, receiveCount, firstReceivedAt, sourceArn } = message;
  const system = {
    SentTimestamp: String(sentAt),
    ApproximateReceiveCount: String(receiveCount),
    ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
    ...(sourceArn === undefined ? {} : { DeadLetterQueueSourceArn: sourceArn }),
  };
  const Attributes = Object.fromEntries(
    Object.entries(system).filter(([name]) => wantedSystem.includes('All') || wantedSystem.includes(name)),
  );
  const MessageAttributes = selectAttributes(content.attributes, wanted);
  return {
    MessageId: id,
    ReceiptHandle: receiptHandle,
    Body: content.body,
    MD5OfBody: md5OfBody(content.body),
    ...(Object.keys(Attributes).length === 0 ? {} : { Attributes }),
    ...(Object.keys(MessageAttributes).length === 0
      ? {}
      : { MessageAttributes, MD5OfMessageAttributes: md5OfAttributes(MessageAttributes) }),
  };
}
