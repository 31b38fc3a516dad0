import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { parseBucketName, type BucketName } from '../domain/names.js';
import { parseRfc3339 } from '../domain/rfc3339.js';
import { epochMs, seconds, type EpochMs } from '../domain/units.js';
import { OUR_USER_DATA } from './user-data.js';

const TextOrNumber = v.pipe(v.union([v.string(), v.number()]), v.transform(String));

/** A COS event as SCF hands it over (SCF documentation, 583/9707, and a real one), and as a client can hand it to Lambda. */
export const CosEvent = v.object({
  Records: v.pipe(
    v.array(
      v.object({
        cos: v.object({
          cosBucket: v.object({ name: v.string(), appid: TextOrNumber }),
          cosObject: v.object({
            key: v.string(),
            size: v.exactOptional(v.number()),
            meta: v.exactOptional(v.record(v.string(), v.unknown())),
          }),
        }),
        event: v.object({
          eventName: v.string(),
          /** Seconds since 1970; an old page of the document writes RFC 3339. */
          eventTime: v.union([v.number(), v.string()]),
          reqid: v.exactOptional(TextOrNumber),
        }),
      }),
    ),
    v.minLength(1),
  ),
});

type CosEventRecord = v.InferOutput<typeof CosEvent>['Records'][number];

/** One record: a new object. */
export interface NewObject {
  readonly bucket: BucketName;
  /** The key as the record writes it, without the account and bucket in front; perhaps URL-encoded. */
  readonly writtenKey: string;
  readonly at: EpochMs;
  /** In bytes. */
  readonly size: number | undefined;
  readonly etag: string | undefined;
  /** The same each time that the record is delivered, and no other record's: goes into the job's `UserData`. */
  readonly eventId: string;
}

/** What a record says: a new object, something that is not our business, or nothing that we understand. */
export type ReadRecord =
  | { readonly kind: 'object'; readonly object: NewObject }
  | { readonly kind: 'other'; readonly key: string; readonly eventName: string }
  | { readonly kind: 'unreadable'; readonly key: string; readonly problem: string };

const OBJECT_CREATED = 'cos:ObjectCreated:';

/** Reads one record of a COS event. */
export function readRecord({ cos, event }: CosEventRecord): ReadRecord {
  const { cosBucket, cosObject } = cos;
  const { key } = cosObject;
  if (!event.eventName.startsWith(OBJECT_CREATED)) return { kind: 'other', key, eventName: event.eventName };
  const unreadable = (problem: string): ReadRecord => ({ kind: 'unreadable', key, problem });

  const ending = `-${cosBucket.appid}`;
  const name = cosBucket.name.endsWith(ending) ? cosBucket.name : cosBucket.name + ending;
  const bucket = parseBucketName(name);
  if (bucket === undefined) return unreadable('its bucket is not a bucket name with APPID');
  // "/<appid>/<bucket>/<key>", the bucket without its APPID in every example.
  const [, writtenKey] = /^\/\d+\/[^/]+\/(.+)$/s.exec(key) ?? [];
  const inBucket = [cosBucket.name, name].some((one) => key.startsWith(`/${cosBucket.appid}/${one}/`));
  if (writtenKey === undefined || !inBucket)
    return unreadable('its key has not the form /<appid>/<bucket>/<key>');
  const at = timeOf(event.eventTime);
  if (at === undefined) return unreadable('its eventTime is not a time');
  const etag = metaOf(cosObject.meta, 'etag')?.replaceAll('"', '');
  const eventId = eventIdOf(bucket, { cos, event }, etag);
  return { kind: 'object', object: { bucket, writtenKey, at, size: cosObject.size, etag, eventId } };
}

/**
 * The ID of an event, from what does not change when it is delivered again: the bucket, the key as written, and the ID of the request that made the
 * object (`x-cos-request-id` in `meta`; else `reqid`). Without either the time, size and ETag stand in: two uploads of the same bytes to one key within
 * one second then count as one.
 */
function eventIdOf(bucket: BucketName, { cos, event }: CosEventRecord, etag: string | undefined): string {
  const { key, size, meta } = cos.cosObject;
  const request = metaOf(meta, 'x-cos-request-id') ?? event.reqid;
  const identity = request === undefined ? [event.eventTime, size ?? null, etag ?? null] : [request];
  const digest = createHash('sha256')
    .update(JSON.stringify([bucket, key, ...identity]))
    .digest('hex');
  return `${OUR_USER_DATA}event:${digest.slice(0, 32)}`;
}

/** A header in `meta`, whose names come in either case. */
function metaOf(meta: Readonly<Record<string, unknown>> | undefined, name: string): string | undefined {
  const value = Object.entries(meta ?? {}).find(([header]) => header.toLowerCase() === name)?.[1];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function timeOf(time: number | string): EpochMs | undefined {
  if (typeof time === 'string') return parseRfc3339(time)?.at;
  // Beyond it lies no date; a time in milliseconds would.
  return time > 0 && time < 100_000_000_000 ? epochMs(seconds(time)) : undefined;
}
