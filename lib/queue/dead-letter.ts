import type { EpochMs } from '../domain/units.js';
import type { Outcome } from './pending-queue.js';
import { MAX_BATCH_BYTES } from './sqs-batches.js';

/** A message on its way into the dead letters. */
export interface DeadLetter {
  /** The original body, byte for byte, so that SQS's own redrive gives a usable message. */
  readonly body: string;
  /** Why it is there: String attributes, by name. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Tells our dead letters from those that SQS's redrive policy moved, and their layout from a later one. */
const LAYOUT_VERSION = '1';

/** How much of a text an attribute keeps, in bytes. */
const MAX_ATTRIBUTE_BYTES = 1_024;

/** What SQS does not take in a message (SQS API Reference, SendMessage: the characters of XML 1.0). Unpaired surrogates are among them. */
const UNSENDABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/**
 * The dead letter of a message. A body that leaves no room beside it loses what is said about it, detail first: an explanation must not keep a
 * message out of the dead letters.
 */
export function deadLetterOf(
  message: { readonly id: string; readonly body: string; readonly firstSeenAt: EpochMs },
  outcome: Extract<Outcome, { kind: 'dead-letter' }>,
): DeadLetter {
  const { body } = message;
  const { reason, detail, lastError } = outcome;
  const essential = { 'docjob-version': LAYOUT_VERSION, 'docjob-reason': reason };
  const whole = {
    ...essential,
    'docjob-detail': detail,
    'docjob-error-code': lastError?.code,
    'docjob-error-message': lastError?.message,
    'docjob-request-id': lastError?.requestId,
    'docjob-message-id': message.id,
    'docjob-first-seen-at': new Date(message.firstSeenAt).toISOString(),
  };
  const letters = [whole, essential].map((attributes) => ({ body, attributes: sendable(attributes) }));
  return letters.find((letter) => deadLetterBytes(letter) <= MAX_BATCH_BYTES) ?? { body, attributes: {} };
}

/** What a dead letter counts with: its body, and name, type and value of each attribute (SQS Developer Guide, "Message quotas"). */
export function deadLetterBytes({ body, attributes }: DeadLetter): number {
  return Object.entries(attributes).reduce(
    (bytes, [name, value]) => bytes + Buffer.byteLength(`${name}String${value}`),
    Buffer.byteLength(body),
  );
}

/** As SQS takes them: not empty, without what it refuses, and of bounded length. */
function sendable(attributes: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined || value === ''
        ? []
        : [[name, firstBytes(value.replace(UNSENDABLE, '\ufffd'), MAX_ATTRIBUTE_BYTES)]],
    ),
  );
}

/** The longest beginning of `text` that has at most `max` bytes and ends with a whole character. */
export function firstBytes(text: string, max: number): string {
  const bytes = Buffer.from(text);
  let end = max;
  // A byte of the form 10xxxxxx continues a character (RFC 3629); the first one never does.
  while (((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end -= 1;
  return bytes.toString('utf8', 0, end);
}
