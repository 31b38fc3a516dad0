import { percentEncode } from '../wire/byte-text.js';
import { valueOf, type CloudRequest, type Field } from '../wire/request.js';

/** The seven items of a signature, as the client gave them. */
export interface Authorization {
  readonly secretId: string;
  readonly keyTime: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** `;`-separated names, as signed. */
  readonly headerList: string;
  readonly urlParamList: string;
  readonly signature: string;
}

const ITEMS = [
  'q-sign-algorithm',
  'q-ak',
  'q-sign-time',
  'q-key-time',
  'q-header-list',
  'q-url-param-list',
  'q-signature',
] as const;

const KEY_TIME = /^(\d{1,11});(\d{1,11})$/;

/** What keeps an authorization from being read, in a few words. */
export interface MalformedAuthorization {
  readonly malformed: string;
}

/**
 * The signature of a request: from its `Authorization` header, else from its query (COS "Request Signature" allows both); undefined when it has
 * none.
 */
export function authorizationOf(request: CloudRequest): Authorization | MalformedAuthorization | undefined {
  const header = valueOf(request.headers, 'authorization');
  if (header !== undefined) return read(itemsOf(header));
  const inQuery = request.query.filter(({ name }) => isSignatureItem(name));
  return inQuery.length === 0 ? undefined : read(inQuery);
}

/** Whether a query parameter is one of the signature's own. */
export function isSignatureItem(name: string): boolean {
  return ITEMS.some((item) => item === name);
}

function itemsOf(header: string): Field[] {
  return header.split('&').map((item) => {
    const equals = item.indexOf('=');
    return equals < 0
      ? { name: item, value: '' }
      : { name: item.slice(0, equals), value: item.slice(equals + 1) };
  });
}

function read(fields: readonly Field[]): Authorization | MalformedAuthorization {
  for (const name of ITEMS) {
    if (fields.filter((field) => field.name === name).length !== 1)
      return { malformed: `${name} is not there once` };
  }
  if (fields.length !== ITEMS.length) return { malformed: 'it has items that belong to no signature' };
  const item = (name: (typeof ITEMS)[number]): string => valueOf(fields, name) ?? '';

  if (item('q-sign-algorithm') !== 'sha1') return { malformed: 'q-sign-algorithm is not sha1' };
  const keyTime = item('q-key-time');
  const [, start, end] = KEY_TIME.exec(keyTime) ?? [];
  if (start === undefined || end === undefined) return { malformed: 'q-key-time is not two Unix times' };
  if (Number(end) < Number(start)) return { malformed: 'q-key-time ends before it begins' };
  if (item('q-sign-time') !== keyTime) return { malformed: 'q-sign-time is not q-key-time' };
  return {
    secretId: item('q-ak'),
    keyTime,
    startSeconds: Number(start),
    endSeconds: Number(end),
    headerList: item('q-header-list'),
    urlParamList: item('q-url-param-list'),
    signature: item('q-signature'),
  };
}

/** The signed ones among some fields, in signed form. */
export interface SignedFields {
  readonly names: string;
  readonly pairs: string;
}

/**
 * Those of `fields` that `list` names: names encoded and then lower-cased, values encoded, sorted by name and value. When `names` differs from
 * `list`, the client listed what it did not send, or not in the documented order.
 */
export function signedFields(fields: readonly Field[], list: string): SignedFields {
  const listed = new Set(list.split(';'));
  const signed = fields
    .map(({ name, value }) => ({ name: percentEncode(name).toLowerCase(), value: percentEncode(value) }))
    .filter(({ name }) => listed.has(name))
    .sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
  return {
    names: signed.map(({ name }) => name).join(';'),
    pairs: signed.map(({ name, value }) => `${name}=${value}`).join('&'),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
