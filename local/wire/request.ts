import type { IncomingMessage } from 'node:http';
import { percentDecode } from './byte-text.js';

/** A header or a query parameter, both parts byte text; of a header the name is in lower case. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

/** A request as it came over the wire, before anybody believes it. */
export interface CloudRequest {
  readonly method: string;
  /** Whom it is for: `Host`, or the authority of an absolute-form target, which goes before it (RFC 9112 §3.2.2). */
  readonly host: string;
  /** The path decoded, as byte text, beginning with `/`. */
  readonly path: string;
  /** The parameters decoded, in their order. */
  readonly query: readonly Field[];
  readonly headers: readonly Field[];
  readonly body: Buffer;
}

/** A request that cannot be read, and why. */
export class UnreadableRequest extends Error {
  override readonly name = 'UnreadableRequest';
}

const ABSOLUTE_FORM = /^http:\/\/([^/?#]+)([^#]*)$/i;

/**
 * Takes the wire form apart.
 *
 * @throws UnreadableRequest when the target is neither in origin form nor in absolute form, or has a malformed escape.
 */
export function parseRequest(message: IncomingMessage, body: Buffer): CloudRequest {
  const target = message.url ?? '';
  const [, authority, rest] = ABSOLUTE_FORM.exec(target) ?? [];
  const host = authority ?? message.headers.host ?? '';
  const local = rest ?? target;
  const mark = local.indexOf('?');
  const path = mark < 0 ? local : local.slice(0, mark);
  if (authority === undefined && !path.startsWith('/')) {
    throw new UnreadableRequest(`the request target ${JSON.stringify(target)} has no path`);
  }
  return {
    method: message.method ?? '',
    host,
    path: decoded(path === '' ? '/' : path),
    query: mark < 0 ? [] : parseQuery(local.slice(mark + 1)),
    headers: headerFields(message.rawHeaders).map((field) =>
      field.name === 'host' ? { name: 'host', value: host } : field,
    ),
    body,
  };
}

/** The value of the first header or parameter of that name. */
export function valueOf(fields: readonly Field[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}

function parseQuery(text: string): Field[] {
  return text
    .split('&')
    .filter((item) => item !== '')
    .map((item) => {
      const equals = item.indexOf('=');
      return equals < 0
        ? { name: decoded(item), value: '' }
        : { name: decoded(item.slice(0, equals)), value: decoded(item.slice(equals + 1)) };
    });
}

function headerFields(raw: readonly string[]): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    fields.push({ name: (raw[at] ?? '').toLowerCase(), value: raw[at + 1] ?? '' });
  }
  return fields;
}

function decoded(text: string): string {
  const plain = percentDecode(text);
  if (plain === undefined)
    throw new UnreadableRequest(`${JSON.stringify(text)} has a malformed percent-escape`);
  return plain;
}
