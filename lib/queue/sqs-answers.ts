import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { FailedEntry } from './sqs-errors.js';

/** A message that SQS handed out: to us, or to Lambda on our behalf (AWS Lambda documentation, "Using Lambda with Amazon SQS"). */
export interface DeliveredMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** `SentTimestamp`: milliseconds since 1970 in decimal digits. */
  readonly attributes: { readonly SentTimestamp: string };
}

/** A message that did not come whole. It stays in the queue, and comes again when its visibility timeout is over. */
export interface DamagedMessage {
  readonly messageId: string | undefined;
  /** What is wrong with it. */
  readonly problem: string;
}

/** What a receive brought. */
export interface ReceivedMessages {
  readonly messages: readonly DeliveredMessage[];
  readonly damaged: readonly DamagedMessage[];
}

/** What SQS answers to a batch. */
export interface BatchAnswer {
  /** The IDs of the entries that the answer lists as such. */
  readonly succeeded: ReadonlySet<string>;
  readonly failed: ReadonlyMap<string, FailedEntry>;
  readonly requestId: string | undefined;
}

/** What became of reading an answer: what it says, or what is wrong with it. */
export type ReadAnswer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** A message's ID has at most 100 characters (SQS Developer Guide, "Message quotas"). */
const messageId = v.pipe(v.string(), v.nonEmpty(), v.maxLength(100));

/** Milliseconds since 1970, up to the year 33658: what is longer is no time. */
const timestamp = v.pipe(v.string(), v.regex(/^\d{1,15}$/));

const Message = v.object({
  MessageId: messageId,
  ReceiptHandle: v.pipe(v.string(), v.nonEmpty()),
  Body: v.string(),
  MD5OfBody: v.nullish(v.string()),
  Attributes: v.object({ SentTimestamp: timestamp }),
});

const Identified = v.object({ MessageId: messageId });

const Received = v.object({ Messages: v.nullish(v.array(v.unknown()), []) });

const Batch = v.object({
  Successful: v.nullish(v.array(v.object({ Id: v.string(), MD5OfMessageBody: v.nullish(v.string()) })), []),
  Failed: v.nullish(
    v.array(
      v.object({
        Id: v.string(),
        Code: v.nullish(v.string(), 'no code'),
        Message: v.nullish(v.string()),
        SenderFault: v.nullish(v.boolean()),
      }),
    ),
    [],
  ),
});

const Attributes = v.object({ Attributes: v.nullish(v.record(v.string(), v.string()), {}) });

/** Reads the answer to GetQueueAttributes (SQS API Reference). */
export function readAttributes(answer: unknown): ReadAnswer<Readonly<Record<string, string>>> {
  const read = v.safeParse(Attributes, answer);
  return read.success ? { ok: true, value: read.output.Attributes } : wrong(read.issues);
}

/**
 * Reads the answer to a receive (SQS API Reference, ReceiveMessage). Each message counts by itself: one that is damaged costs the others nothing.
 */
export function readReceived(answer: unknown): ReadAnswer<ReceivedMessages> {
  const read = v.safeParse(Received, answer);
  if (!read.success) return wrong(read.issues);
  const messages: DeliveredMessage[] = [];
  const damaged: DamagedMessage[] = [];
  for (const message of read.output.Messages) {
    const delivered = readMessage(message);
    if (delivered.ok) messages.push(delivered.value);
    else damaged.push({ messageId: idOf(message), problem: delivered.problem });
  }
  return { ok: true, value: { messages, damaged } };
}

/**
 * Reads the answer to a batch (SQS API Reference, DeleteMessageBatch and its siblings). An entry that failed without a reason failed all the same.
 *
 * @param bodies what was sent, by entry: one that arrived as something else counts as failed, by no fault of ours
 */
export function readBatch(
  answer: unknown,
  bodies: ReadonlyMap<string, string>,
): ReadAnswer<Omit<BatchAnswer, 'requestId'>> {
  const read = v.safeParse(Batch, answer);
  if (!read.success) return wrong(read.issues);
  const succeeded = new Set<string>();
  const failed = new Map<string, FailedEntry>();
  for (const { Id, MD5OfMessageBody } of read.output.Successful) {
    if (isIntact(bodies.get(Id), MD5OfMessageBody)) succeeded.add(Id);
    else failed.set(Id, { code: 'damaged', message: 'SQS took another body than was sent', isOurs: false });
  }
  for (const { Id, Code, Message: words, SenderFault } of read.output.Failed) {
    failed.set(Id, { code: Code, message: words ?? undefined, isOurs: SenderFault ?? undefined });
  }
  return { ok: true, value: { succeeded, failed } };
}

function readMessage(message: unknown): ReadAnswer<DeliveredMessage> {
  const read = v.safeParse(Message, message);
  if (!read.success) return wrong(read.issues);
  const { MessageId, ReceiptHandle, Body, MD5OfBody, Attributes } = read.output;
  if (!isIntact(Body, MD5OfBody)) return { ok: false, problem: 'its body is not what its MD5 was made of' };
  return {
    ok: true,
    value: { messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, attributes: Attributes },
  };
}

function idOf(message: unknown): string | undefined {
  const read = v.safeParse(Identified, message);
  return read.success ? read.output.MessageId : undefined;
}

/** Whether a body is the one that SQS tells the MD5 of; where it tells none, or there is no body, nothing speaks against it. */
function isIntact(body: string | undefined, md5: string | null | undefined): boolean {
  if (body === undefined || typeof md5 !== 'string') return true;
  return createHash('md5').update(body).digest('hex') === md5;
}

function wrong(issues: readonly [v.BaseIssue<unknown>, ...unknown[]]): {
  readonly ok: false;
  readonly problem: string;
} {
  const field = v.getDotPath(issues[0]);
  return { ok: false, problem: field === null ? 'it is no object' : `it has no right ${field}` };
}
