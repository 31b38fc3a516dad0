import { parseRfc3339 } from '../domain/rfc3339.js';
import type { EpochMs } from '../domain/units.js';
import { parseHttpDate } from './backoff.js';
import { UndecodableError } from './errors/undecodable-error.js';
import type { BucketAddress } from './objects.js';
import type { CosRequester, CosResponse } from './requester.js';
import { parseXml, type XmlElement } from './xml.js';

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string;
  /** By the service's clock, in whole seconds. */
  readonly lastModified: EpochMs;
  readonly sizeBytes: number;
}

/** A page of a listing. */
export interface ObjectPage {
  /** In the order of their keys' UTF-8 bytes. */
  readonly objects: readonly ListedObject[];
  /** Where the next page begins, after this key; undefined on the last page. */
  readonly nextMarker: string | undefined;
  /** The answer's `Date`: the moment of the listing by the clock that also sets `lastModified`. */
  readonly listedAt: EpochMs;
}

/** What to list. */
export interface ObjectQuery {
  readonly prefix: string;
  /** Keys after this one only. */
  readonly marker: string;
}

/** The most that COS gives at once (GET Bucket, 436/7734). */
const MAX_KEYS = 1_000;

/** A thousand entries of a key of 850 bytes, each perhaps three in its encoding, and some 400 bytes beside it. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * One page of the objects whose keys begin with `prefix` (GET Bucket, 436/7734). Listings are eventually consistent by their own documentation: an
 * object may appear late, and, so it must be taken, vanish late.
 *
 * @throws UndecodableError for an answer that is none to this question; otherwise whatever the requester throws.
 */
export function listObjects(
  requester: CosRequester,
  { bucket, region }: BucketAddress,
  { prefix, marker }: ObjectQuery,
): Promise<ObjectPage> {
  const query = { prefix, marker, 'max-keys': String(MAX_KEYS), 'encoding-type': 'url' };
  return requester.send({ family: 'cos', bucket, region, method: 'GET', path: '/', query }, (response) =>
    decodePage(response, { prefix, marker }),
  );
}

function decodePage(response: CosResponse, { prefix, marker }: ObjectQuery): ObjectPage {
  const root = parseXml(response, 'ListBucketResult', MAX_ANSWER_BYTES);
  // Without it nobody could say whether a % in a key is one. The page of before 2019 spells it with a hyphen.
  if ((root.text('EncodingType') ?? root.text('Encoding-Type')) !== 'url')
    throw root.undecodable('is not encoded as was asked for');
  const objects = root.children('Contents').map(decodeObject);
  let last = marker;
  for (const { key } of objects) {
    if (!key.startsWith(prefix)) throw root.undecodable(`has a key without the prefix ${prefix}`);
    if (!isAfter(key, last)) throw root.undecodable('has its keys out of order');
    last = key;
  }
  return { objects, nextMarker: nextMarker(root, last, marker), listedAt: dateOf(response) };
}

function decodeObject(element: XmlElement): ListedObject {
  const lastModified = parseRfc3339(element.requiredText('LastModified'));
  const size = element.requiredText('Size');
  if (lastModified === null) throw element.undecodable('has a LastModified that is no time');
  if (!/^\d{1,15}$/.test(size)) throw element.undecodable('has a Size that is no number');
  return {
    key: decodeKey(element, element.requiredText('Key')),
    lastModified: lastModified.at,
    sizeBytes: Number(size),
  };
}

function nextMarker(root: XmlElement, last: string, marker: string): string | undefined {
  switch (root.requiredText('IsTruncated')) {
    case 'false':
      return undefined;
    case 'true': {
      const next = decodeKey(root, root.requiredText('NextMarker'));
      // What never ends, or leaves something out, is no listing.
      if (next !== last || !isAfter(next, marker))
        throw root.undecodable('has a NextMarker that is not its last key');
      return next;
    }
    default:
      throw root.undecodable('has an IsTruncated that is neither true nor false');
  }
}

function dateOf({ headers, requestId }: CosResponse): EpochMs {
  const date = parseHttpDate(headers['date']);
  if (date !== undefined) return date;
  throw new UndecodableError('the listing has no Date, so nobody can say of when it is', { requestId });
}

function decodeKey(element: XmlElement, encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw element.undecodable('has a key that is not URL-encoded UTF-8');
  }
}

/** Whether `key` comes after `other` in a listing: by their UTF-8 bytes, which is not how JavaScript compares. */
export function isAfter(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;
}
