import { createHash } from 'node:crypto';
import type { WireRequest, WireResponse } from '../../../lib/cos/transport.js';
import { crc64Ecma } from '../../../lib/cos/crc64.js';

/** An object as COS keeps it. */
export interface StoredObject {
  readonly bytes: Buffer;
  /** What came with it: `content-type` and `x-cos-meta-*`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly storedAt: number;
  /** `LastModified`, by the clock of whichever machine stored it, in whole seconds. */
  readonly modifiedAt: number;
  /** From here on listings show this version. */
  readonly listedAt: number;
}

interface Slot {
  current: StoredObject | undefined;
  /** What listings that lag behind still show. */
  listed: StoredObject | undefined;
  /** From here on listings show what `current` says. */
  listedAt: number;
}

/** How COS behaves where it may behave in more ways than one. */
export interface CosBehaviour {
  /** How long listings take to show a change, drawn for each; zero at least. */
  readonly listingLag: () => number;
  /** The most that a page of a listing holds, whatever was asked for: a thousand in COS itself. */
  readonly pageSize: number;
  /** How wrong the clock of the machine is that answers or stores, drawn for each: COS has many machines. */
  readonly clockError: () => number;
}

/** COS: put, get, head, delete at once; listings eventually, both ways: what is new appears late, and what is removed lingers. */
export class SimulatedCos {
  readonly #buckets = new Map<string, Map<string, Slot>>();
  readonly #behaviour: CosBehaviour;

  constructor(behaviour: CosBehaviour) {
    this.#behaviour = behaviour;
  }

  object(bucket: string, key: string): StoredObject | undefined {
    return this.#buckets.get(bucket)?.get(key)?.current;
  }

  /** All that is there now, by key; for checks, which must not be deceived by a listing. */
  *objects(bucket: string, prefix: string): Generator<readonly [key: string, object: StoredObject]> {
    for (const [key, { current }] of this.#buckets.get(bucket) ?? []) {
      if (current !== undefined && key.startsWith(prefix)) yield [key, current];
    }
  }

  /** Puts an object without a request, as somebody else would. */
  store(
    bucket: string,
    key: string,
    bytes: Buffer,
    headers: Readonly<Record<string, string>>,
    now: number,
  ): void {
    const modifiedAt = Math.floor((now + this.#behaviour.clockError()) / 1_000) * 1_000;
    this.#change(bucket, key, now, { bytes, headers, storedAt: now, modifiedAt, listedAt: now });
  }

  remove(bucket: string, key: string, now: number): void {
    this.#change(bucket, key, now, undefined);
  }

  /** One request to a bucket, which exists. `path` is decoded. */
  answer(
    bucket: string,
    request: WireRequest,
    path: string,
    query: URLSearchParams,
    now: number,
    requestId: string,
  ): WireResponse {
    const key = path.slice(1);
    const dated = new Date(now + this.#behaviour.clockError());
    const common = { 'x-cos-request-id': requestId, date: dated.toUTCString() };
    switch (request.method) {
      case 'PUT':
        return this.#put(bucket, key, request, now, common);
      case 'DELETE':
        this.remove(bucket, key, now);
        return { status: 204, headers: common, body: Buffer.alloc(0) };
      case 'HEAD':
      case 'GET': {
        if (key === '') return this.#list(bucket, query, now, common);
        const object = this.object(bucket, key);
        const isHead = request.method === 'HEAD';
        if (object === undefined) return refusal(404, 'NoSuchKey', common, isHead);
        const headers = { ...common, ...object.headers, etag: etagOf(object.bytes) };
        return { status: 200, headers, body: isHead ? Buffer.alloc(0) : object.bytes };
      }
      default:
        return refusal(405, 'MethodNotAllowed', common);
    }
  }

  #put(
    bucket: string,
    key: string,
    { headers, body }: WireRequest,
    now: number,
    common: Record<string, string>,
  ): WireResponse {
    const bytes = Buffer.from(body ?? []);
    const md5 = headers['content-md5'];
    if (md5 !== undefined && createHash('md5').update(bytes).digest('base64') !== md5)
      return refusal(400, 'BadDigest', common);
    const kept = Object.entries(headers).filter(
      ([name]) => name === 'content-type' || name.startsWith('x-cos-meta-'),
    );
    this.store(bucket, key, bytes, Object.fromEntries(kept), now);
    const crc64 = crc64Ecma(bytes);
    return {
      status: 200,
      headers: { ...common, etag: etagOf(bytes), 'x-cos-hash-crc64ecma': crc64 },
      body: Buffer.alloc(0),
    };
  }

  #change(bucket: string, key: string, now: number, current: StoredObject | undefined): void {
    const slots = this.#buckets.get(bucket) ?? new Map<string, Slot>();
    this.#buckets.set(bucket, slots);
    const before = slots.get(key);
    const listed = before === undefined ? undefined : now >= before.listedAt ? before.current : before.listed;
    const listedAt = now + this.#behaviour.listingLag();
    slots.set(key, { current: current && { ...current, listedAt }, listed, listedAt });
  }

  /** GET Bucket (List Objects), 436/7734: keys in the order of their bytes after `marker`, `max-keys` in a page, common prefixes by `delimiter`. */
  #list(bucket: string, query: URLSearchParams, now: number, common: Record<string, string>): WireResponse {
    const prefix = query.get('prefix') ?? '';
    const marker = query.get('marker') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const max = Math.min(this.#behaviour.pageSize, Number(query.get('max-keys') ?? '1000'));
    const shown = [...(this.#buckets.get(bucket) ?? [])]
      .flatMap(([key, slot]) => {
        const object = now >= slot.listedAt ? slot.current : slot.listed;
        return object === undefined || !key.startsWith(prefix)
          ? []
          : [{ key, object, entry: entryOf(key, prefix, delimiter) }];
      })
      .filter(({ entry }) => Buffer.compare(Buffer.from(entry), Buffer.from(marker)) > 0)
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    const entries = new Map(shown.map((item) => [item.entry, item]));
    const page = [...entries.values()].slice(0, max);
    const isTruncated = entries.size > page.length;
    const isEncoded = query.get('encoding-type') === 'url';
    const encode = isEncoded ? encodeURIComponent : escaped;
    const body = page
      .map(({ key, entry, object }) =>
        entry === key
          ? `<Contents><Key>${encode(key)}</Key><LastModified>${new Date(object.modifiedAt).toISOString()}</LastModified>` +
            `<ETag>${escaped(etagOf(object.bytes))}</ETag><Size>${object.bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`
          : `<CommonPrefixes><Prefix>${encode(entry)}</Prefix></CommonPrefixes>`,
      )
      .join('');
    const last = page.at(-1)?.entry ?? '';
    const xml =
      `<?xml version="1.0" encoding="utf-8"?><ListBucketResult><Name>${bucket}</Name><Prefix>${encode(prefix)}</Prefix><Marker>${encode(marker)}</Marker>` +
      `<MaxKeys>${max}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>` +
      `${isEncoded ? '<EncodingType>url</EncodingType>' : ''}${isTruncated ? `<NextMarker>${encode(last)}</NextMarker>` : ''}${body}</ListBucketResult>`;
    return { status: 200, headers: { ...common, 'content-type': 'application/xml' }, body: Buffer.from(xml) };
  }
}

/** What a listing shows for a key: the key, or what it has in common with others up to the delimiter. */
function entryOf(key: string, prefix: string, delimiter: string): string {
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return end === -1 ? key : key.slice(0, end + delimiter.length);
}

const etags = new WeakMap<Buffer, string>();

function etagOf(bytes: Buffer): string {
  const known = etags.get(bytes) ?? `"${createHash('md5').update(bytes).digest('hex')}"`;
  etags.set(bytes, known);
  return known;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** An error as COS and CI send it. */
export function refusal(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>>,
  isHead = false,
  message = '',
): WireResponse {
  const id = headers['x-cos-request-id'] ?? headers['x-ci-request-id'] ?? '';
  const body = isHead
    ? ''
    : `<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${id}</RequestId></Error>`;
  return { status, headers, body: Buffer.from(body) };
}
