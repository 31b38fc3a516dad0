import * as v from 'valibot';
import { epochMs, type EpochMs } from '../domain/units.js';
import { firstBytes } from './dead-letter.js';
import type { LastError, Outcome } from './pending-queue.js';

/** A dead letter of a CMQ queue, read. */
export interface CmqDeadLetter {
  readonly reason: string;
  readonly detail: string | undefined;
  readonly lastError: LastError | undefined;
  /** The message that was given up, where it said so. */
  readonly messageId: string | undefined;
  readonly firstSeenAt: EpochMs | undefined;
  /** The original body, character for character: what a redrive sends. */
  readonly body: string;
}

/** Marks a body of ours, and tells its layout from a later one. */
const LAYOUT_VERSION = 1;

/** How much of a text a dead letter keeps, in bytes. */
const MAX_TEXT_BYTES = 1_024;

/** The queue's default for one message, and what a batch may have in all (CreateCmqQueue, MaxMsgSize; BatchSendMessage). */
const MAX_BODY_BYTES = 65_536;

/**
 * The body of a message's dead letter. CMQ's messages have no attributes, so the original body goes into a JSON object beside what is said about
 * it. Where it leaves no room, less is said, and at last nothing: an explanation must not keep a message out of the dead letters.
 */
export function cmqDeadLetterBody(
  message: { readonly id: string; readonly body: string; readonly firstSeenAt: EpochMs },
  outcome: Extract<Outcome, { kind: 'dead-letter' }>,
): string {
  const { lastError } = outcome;
  const essential = { docjobDeadLetter: LAYOUT_VERSION, reason: outcome.reason };
  const whole = {
    ...essential,
    detail: short(outcome.detail),
    lastError: lastError && {
      code: short(lastError.code),
      message: short(lastError.message),
      requestId: lastError.requestId && short(lastError.requestId),
    },
    messageId: message.id,
    firstSeenAt: message.firstSeenAt,
  };
  const letters = [whole, essential].map((about) => JSON.stringify({ ...about, body: message.body }));
  return letters.find((letter) => Buffer.byteLength(letter) <= MAX_BODY_BYTES) ?? message.body;
}

const DeadLetter = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    docjobDeadLetter: v.literal(LAYOUT_VERSION),
    reason: v.string(),
    detail: v.optional(v.string()),
    lastError: v.optional(
      v.object({ code: v.string(), message: v.string(), requestId: v.exactOptional(v.string()) }),
    ),
    messageId: v.optional(v.string()),
    firstSeenAt: v.optional(v.pipe(v.number(), v.integer(), v.transform(epochMs))),
    body: v.string(),
  }),
);

/** Reads a dead letter of ours. Undefined for any other body: one that the queue's own policy moved here, or one that left no room, is the original itself. */
export function parseCmqDeadLetter(body: string): CmqDeadLetter | undefined {
  const read = v.safeParse(DeadLetter, body);
  if (!read.success) return undefined;
  const { reason, detail, lastError, messageId, firstSeenAt } = read.output;
  return { reason, detail, lastError, messageId, firstSeenAt, body: read.output.body };
}

function short(text: string): string {
  return firstBytes(text, MAX_TEXT_BYTES);
}
