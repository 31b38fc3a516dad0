import { createHash } from 'node:crypto';
import type { Input } from './input.js';
import { SqsRefusal } from './refusal.js';

/** A message attribute as SQS carries it. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  /** Base64. */
  readonly BinaryValue?: string;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** What a sender sends. */
export interface MessageContent {
  readonly body: string;
  readonly attributes: MessageAttributes;
}

/** A message, and all the messages of a batch together, can have this many bytes (SQS Developer Guide, "Message quotas"). */
export const MAX_MESSAGE_BYTES = 1_048_576;

const MAX_ATTRIBUTES = 10;

/** What a body and an attribute's value may hold (SQS API Reference, SendMessage). */
const ALLOWED = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

const ATTRIBUTE_NAME = /^(?!aws\.|amazon\.|\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)$/i;
const ATTRIBUTE_TYPE = /^(String|Number|Binary)(?:\.[A-Za-z0-9_.-]{1,249})?$/;

/**
 * What a send or an entry of a batch holds.
 *
 * @throws SqsRefusal when SQS would not take it.
 */
export function readContent(input: Input): MessageContent {
  const body = input.text('MessageBody');
  if (!ALLOWED.test(body))
    throw new SqsRefusal('InvalidMessageContents', 'Invalid binary character was found in the message body.');
  for (const name of ['MessageGroupId', 'MessageDeduplicationId']) {
    if (input.has(name))
      throw new SqsRefusal('InvalidParameterValue', `${name} needs a FIFO queue, which is not emulated.`);
  }
  const named = input.namedInputs('MessageAttributes');
  if (named.length > MAX_ATTRIBUTES) {
    throw new SqsRefusal(
      'InvalidParameterValue',
      `Number of message attributes [${named.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    );
  }
  return {
    body,
    attributes: Object.fromEntries(named.map(([name, value]) => [name, readAttribute(name, value)])),
  };
}

function readAttribute(name: string, input: Input): MessageAttribute {
  const refuse = (reason: string): SqsRefusal =>
    new SqsRefusal('InvalidParameterValue', `The message attribute '${name}' ${reason}`);
  if (!ATTRIBUTE_NAME.test(name)) throw refuse('has an invalid name.');
  const DataType = input.optionalText('DataType') ?? '';
  const kind = ATTRIBUTE_TYPE.exec(DataType)?.[1];
  if (kind === undefined) throw refuse('has an invalid message attribute type.');
  const value = input.optionalText(kind === 'Binary' ? 'BinaryValue' : 'StringValue') ?? '';
  if (value === '') throw refuse(`must contain a non-empty value for the type ${kind}.`);
  if (kind === 'Binary') return { DataType, BinaryValue: value };
  if (!ALLOWED.test(value)) throw refuse('contains a character that is not allowed.');
  if (kind === 'Number' && !/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value))
    throw refuse('is not a number.');
  return { DataType, StringValue: value };
}

/** What a message counts with: its body, and name, type and value of each attribute. */
export function messageBytes({ body, attributes }: MessageContent): number {
  const parts = Object.entries(attributes).map(
    ([name, attribute]) =>
      Buffer.byteLength(`${name}${attribute.DataType}`, 'utf8') + valueOf(attribute).length,
  );
  return parts.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(body, 'utf8'));
}

/** `MD5OfMessageBody`. */
export function md5OfBody(body: string): string {
  return createHash('md5').update(body, 'utf8').digest('hex');
}

/**
 * `MD5OfMessageAttributes` (SQS Developer Guide, "Calculating the MD5 message digest for message attributes"): by name, each as length and bytes
 * of name and type, one byte for the kind, and length and bytes of the value. Undefined when there are none.
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return undefined;
  const digest = createHash('md5');
  const update = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    digest.update(length).update(bytes);
  };
  for (const [name, attribute] of entries) {
    update(Buffer.from(name, 'utf8'));
    update(Buffer.from(attribute.DataType, 'utf8'));
    digest.update(Buffer.of(attribute.BinaryValue === undefined ? 1 : 2));
    update(valueOf(attribute));
  }
  return digest.digest('hex');
}

/** The attributes that a receive asks for: by name, by `prefix.*`, or `All`. */
export function selectAttributes(
  attributes: MessageAttributes,
  wanted: readonly string[],
): MessageAttributes {
  const isWanted = (name: string): boolean =>
    wanted.some(
      (want) =>
        want === 'All' ||
        want === '.*' ||
        want === name ||
        (want.endsWith('.*') && name.startsWith(want.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isWanted(name)));
}

function valueOf({ StringValue, BinaryValue }: MessageAttribute): Buffer {
  return BinaryValue === undefined
    ? Buffer.from(StringValue ?? '', 'utf8')
    : Buffer.from(BinaryValue, 'base64');
}
