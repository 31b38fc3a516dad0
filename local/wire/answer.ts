import { randomBytes } from 'node:crypto';
import type { EpochMs } from '../../lib/domain/units.js';
import { writeElement, type XmlNode } from '../xml/write.js';
import type { Refusal } from './refusal.js';
import type { Family } from './route.js';

/** What goes back. `Date`, `Server`, the request ID and the length are added when it is sent. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** An answer without a body. */
export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body: NOTHING };
}

/** A 200 with an XML document. */
export function xmlAnswer(document: string | Buffer): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(document) };
}

/** An ID in the form of the documented ones: base64 of hexadecimal words, the first of them the time. */
export function newRequestId(now: EpochMs): string {
  const seconds = Math.floor(now / 1_000).toString(16);
  const words = randomBytes(8).toString('hex');
  return Buffer.from(`${seconds}_${words.slice(0, 8)}_${words.slice(8, 12)}_${words.slice(12)}`).toString(
    'base64',
  );
}

/**
 * An error as its family writes it: COS names the resource (436/7730), CI does not (436/53983). A HEAD has no body, so there the status must do.
 */
export function errorAnswer(
  refusal: Refusal,
  asked: {
    readonly family: Family;
    readonly method: string;
    readonly resource: string;
    readonly requestId: string;
  },
): Answer {
  const traceId = randomBytes(48).toString('base64');
  const headers = {
    'content-type': 'application/xml',
    [`x-${asked.family}-trace-id`]: traceId,
    ...refusal.headers,
  };
  if (asked.method === 'HEAD') return emptyAnswer(refusal.status, headers);

  const parts: XmlNode[] = [
    ['Code', refusal.code],
    ['Message', refusal.message],
    ...Object.entries(refusal.details),
    ...(asked.family === 'cos' ? [['Resource', asked.resource] as const] : []),
    ['RequestId', asked.requestId],
    ['TraceId', traceId],
  ];
  const lines = parts.map((part) => `\t${writeElement(part)}\n`).join('');
  const body = Buffer.from(`<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n${lines}</Error>\n`);
  return { status: refusal.status, headers, body };
}
