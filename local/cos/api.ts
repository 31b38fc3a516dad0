import { before, epochMs, millis, type EpochMs } from '../../lib/domain/units.js';
import type { Exchange } from '../exchange.js';
import { emptyAnswer, xmlAnswer, type Answer } from '../wire/answer.js';
import { percentEncode, toByteText } from '../wire/byte-text.js';
import { invalidArgument, Refusal } from '../wire/refusal.js';
import { valueOf } from '../wire/request.js';
import { writeDocument, type XmlNode } from '../xml/write.js';
import { LONGEST_LIST_LAG_MS, type Bucket } from './bucket.js';
import { listPage, type ListPage } from './list.js';
import { putObject } from './put-object.js';
import { rangeOf } from './range.js';
import type { StoredObject } from './stored-object.js';

/** A key has 850 bytes at most (436/13324). */
const LONGEST_KEY_BYTES = 850;

/** How COS behaves where its documents set no bound. Can be changed at any time. */
export interface CosBehaviour {
  /** Listings show the objects as they were this long ago ("GET Bucket" is eventually consistent), an hour at most. */
  objectListLagMs: number;
}

/**
 * Answers a COS request that is signed and allowed.
 *
 * @throws Refusal for what COS refuses.
 */
export async function answerCos(
  exchange: Exchange,
  bucket: Bucket,
  { objectListLagMs }: Readonly<CosBehaviour>,
): Promise<Answer> {
  const { name } = exchange.operation;
  switch (name) {
    case 'PutObject':
      return putObject(exchange, bucket, keyOf(exchange));
    case 'GetObject':
      return getObject(exchange, bucket, keyOf(exchange));
    case 'HeadObject': {
      const object = found(bucket.find(keyOf(exchange)));
      return emptyAnswer(200, { ...headersOf(object), 'content-length': String(object.size) });
    }
    case 'DeleteObject':
      await bucket.delete(keyOf(exchange), exchange.now);
      return emptyAnswer(204);
    case 'GetBucket':
      return listObjects(exchange, bucket, objectListLagMs);
    case 'HeadBucket':
      return emptyAnswer(200, { 'x-cos-bucket-region': bucket.facts.region });
    case 'GetBucketVersioning': {
      const { versioning } = bucket;
      const status: XmlNode[] = versioning === undefined ? [] : [['Status', versioning]];
      return xmlAnswer(writeDocument(['VersioningConfiguration', status]));
    }
    default:
      throw new Refusal(501, 'NotImplemented', 'This cloud does not offer this operation.');
  }
}

function keyOf({ operation: { subject } }: Exchange): string {
  if (subject === undefined) throw new Refusal(400, 'InvalidURI', 'The object key is not UTF-8.');
  if (Buffer.byteLength(subject) > LONGEST_KEY_BYTES) {
    throw new Refusal(400, 'KeyTooLong', `The object key is longer than ${LONGEST_KEY_BYTES} bytes.`);
  }
  return subject;
}

function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Refusal(404, 'NoSuchKey', 'The specified key does not exist.');
  return thing;
}

async function getObject({ request }: Exchange, bucket: Bucket, key: string): Promise<Answer> {
  const { object, body } = found(await bucket.read(key));
  const range = rangeOf(valueOf(request.headers, 'range'), object.size);
  if (range === 'unsatisfiable') {
    throw new Refusal(416, 'InvalidRange', 'The requested range cannot be satisfied.', {
      headers: { 'content-range': `bytes */${object.size}` },
    });
  }
  const headers = headersOf(object);
  if (range === undefined) return { status: 200, headers, body };
  const contentRange = `bytes ${range.first}-${range.last}/${object.size}`;
  return {
    status: 206,
    headers: { ...headers, 'content-range': contentRange },
    body: body.subarray(range.first, range.last + 1),
  };
}

function headersOf(object: StoredObject): Record<string, string> {
  return {
    ...object.headers,
    'accept-ranges': 'bytes',
    etag: `"${object.md5}"`,
    'last-modified': new Date(object.lastModified).toUTCString(),
    'x-cos-hash-crc64ecma': object.crc64,
  };
}

function listObjects({ request, now }: Exchange, bucket: Bucket, lagMs: number): Answer {
  const parameter = (name: string): string => {
    const value = valueOf(request.query, name) ?? '';
    return Buffer.from(value, 'latin1').toString('utf8');
  };
  const encoding = parameter('encoding-type');
  if (encoding !== '' && encoding !== 'url') throw invalidArgument('encoding-type can only be url.');
  const delimiter = parameter('delimiter');
  if (!/^.?$/su.test(delimiter)) {
    throw new Refusal(400, 'InvalidDelimiter', 'The delimiter must be one character.');
  }
  const maxKeysText = parameter('max-keys');
  const maxKeys = maxKeysText === '' ? 1_000 : Number(maxKeysText);
  if (!/^\d*$/.test(maxKeysText) || maxKeys < 1 || maxKeys > 1_000) {
    throw invalidArgument('max-keys must be a whole number from 1 to 1000.');
  }
  const query = { prefix: parameter('prefix'), marker: parameter('marker'), delimiter, maxKeys };
  const lag = millis(Math.min(lagMs, LONGEST_LIST_LAG_MS));
  const page = listPage(lag > 0 ? bucket.asOf(before(now, lag)) : bucket, query);
  return xmlAnswer(writeDocument(listing(bucket, query, page, encoding === 'url')));
}

function listing(
  bucket: Bucket,
  query: {
    readonly prefix: string;
    readonly marker: string;
    readonly delimiter: string;
    readonly maxKeys: number;
  },
  page: ListPage,
  isEncoded: boolean,
): XmlNode {
  // Slashes are encoded too: the documented value is the URL-encoded key.
  const shown = (key: string): string => (isEncoded ? percentEncode(toByteText(key)) : key);
  const { name } = bucket.facts;
  const owner = name.slice(name.lastIndexOf('-') + 1);
  return [
    'ListBucketResult',
    [
      ['Name', name],
      ...(isEncoded ? [['EncodingType', 'url'] as const] : []),
      ['Prefix', shown(query.prefix)],
      ['Marker', shown(query.marker)],
      ['MaxKeys', String(query.maxKeys)],
      ...(query.delimiter === '' ? [] : [['Delimiter', shown(query.delimiter)] as const]),
      ['IsTruncated', String(page.nextMarker !== undefined)],
      ...(page.nextMarker === undefined ? [] : [['NextMarker', shown(page.nextMarker)] as const]),
      ...page.commonPrefixes.map((prefix): XmlNode => ['CommonPrefixes', [['Prefix', shown(prefix)]]]),
      ...page.objects.map((object): XmlNode => ['Contents', contents(object, shown, owner)]),
    ],
  ];
}

function contents(object: StoredObject, shown: (key: string) => string, owner: string): readonly XmlNode[] {
  return [
    ['Key', shown(object.key)],
    ['LastModified', wholeSeconds(object.lastModified)],
    ['ETag', `"${object.md5}"`],
    ['Size', String(object.size)],
    [
      'Owner',
      [
        ['ID', owner],
        ['DisplayName', owner],
      ],
    ],
    ['StorageClass', 'STANDARD'],
  ];
}

/** Listings show whole seconds, with zeros for the rest. */
function wholeSeconds(moment: EpochMs): string {
  return new Date(epochMs(Math.floor(moment / 1_000) * 1_000)).toISOString();
}
