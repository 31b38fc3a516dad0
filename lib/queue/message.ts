import * as v from 'valibot';
import {
  parseBucketName,
  parseJobId,
  parseQueueId,
  parseRegion,
  type BucketName,
  type Region,
} from '../domain/names.js';
import { parseRfc3339 } from '../domain/rfc3339.js';
import { epochMs, type EpochMs } from '../domain/units.js';
import type { PendingJob } from './pending-queue.js';

/** Where a job's source is when its message does not say so: `SOURCE_BUCKET` and `SOURCE_REGION`. */
export interface JobDefaults {
  readonly bucket: BucketName;
  readonly region: Region;
}

/** A message's body, read. */
export type ParsedMessage =
  | { readonly kind: 'job'; readonly job: PendingJob }
  /** `problem` is one sentence that is safe to log: it quotes little of the body, with control characters escaped. */
  | { readonly kind: 'not-a-job'; readonly problem: string };

/** A job takes some 300 bytes; a body far beyond is something else, and is not worth parsing. */
const MAX_BODY_BYTES = 4_096;

/** How much of a message its problem quotes. */
const MAX_QUOTE = 60;

/** The last moment that a JavaScript date can hold (ECMA-262, "Time Values and Time Range"). */
export const LAST_MOMENT = 8_640_000_000_000_000;

/** What could otherwise end a log line or turn its direction: controls, line separators, and bidirectional marks; JSON leaves these as they are. */
const UNSAFE_IN_LOGS = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const Moment = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(LAST_MOMENT));

const JobFields = v.object({
  jobId: field('a job ID', fromText(parseJobId)),
  bucket: v.exactOptional(
    field('a bucket name with its APPID, such as docs-1250000000', fromText(parseBucketName)),
  ),
  region: v.exactOptional(field('a region such as ap-beijing', fromText(parseRegion))),
  queueId: v.exactOptional(field('the ID of a CI queue', fromText(parseQueueId))),
  createdAt: v.exactOptional(field('a time in RFC 3339 or in milliseconds since 1970', readTime)),
  firstSeenAt: v.exactOptional(field('a time in milliseconds since 1970 or in RFC 3339', readTime)),
  redrivenAt: v.exactOptional(field('a time in milliseconds since 1970 or in RFC 3339', readTime)),
});

/**
 * Reads a message: `{"jobId","bucket","region","queueId"?,"createdAt"?,"firstSeenAt"?,"redrivenAt"?}`, or the bare job ID, plain or as a JSON
 * string. Bucket and region come from `defaults` where the message names neither. Unknown fields are ignored; a known one must be right.
 */
export function parseMessage(body: string, defaults: JobDefaults): ParsedMessage {
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) {
    return notAJob(`the message has ${bytes} bytes, but a job has ${MAX_BODY_BYTES} at most`);
  }
  const text = body.trim();
  if (['{', '"'].includes(text.charAt(0))) {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null
      ? readFields(value, defaults)
      : readBareId(value, defaults, text);
  }
  // Somebody's serialised nothing, rather than a job of that name.
  return readBareId(['null', 'true', 'false'].includes(text) ? undefined : text, defaults, text);
}

/**
 * What a message says, with a redrive that is no later than the message itself, which it made: a later one is a claim, and would keep the job from
 * being given up, on SQS perhaps until the queue drops it.
 */
export function redrivenBy(sentAt: EpochMs, parsed: ParsedMessage): ParsedMessage {
  if (parsed.kind !== 'job') return parsed;
  const { redrivenAt } = parsed.job;
  if (redrivenAt === undefined) return parsed;
  return { kind: 'job', job: { ...parsed.job, redrivenAt: epochMs(Math.min(redrivenAt, sentAt)) } };
}

/** A job as {@link parseMessage} reads it; times in milliseconds since 1970. */
export function formatMessage(job: PendingJob): string {
  const { jobId, bucket, region, queueId, createdAt, firstSeenAt, redrivenAt } = job;
  return JSON.stringify({ jobId, bucket, region, queueId, createdAt, firstSeenAt, redrivenAt });
}

function readBareId(value: unknown, defaults: JobDefaults, text: string): ParsedMessage {
  const jobId = fromText(parseJobId)(value);
  if (jobId !== undefined) return { kind: 'job', job: { jobId, ...defaults } };
  return notAJob(
    `the message is ${quote(text)}: expected a job ID, or a JSON object with jobId, bucket and region`,
  );
}

function readFields(value: object, defaults: JobDefaults): ParsedMessage {
  const read = v.safeParse(JobFields, value);
  if (!read.success) {
    const [issue] = read.issues;
    const name = String(v.getDotPath(issue)); // of a field always: the message itself is an object
    // Valibot itself reports a required field that is not there, and marks it by its kind.
    if (issue.kind === 'schema') return notAJob(`the message has no ${name}`);
    return notAJob(`the field ${name} is ${quote(issue.input)}: expected ${issue.message}`);
  }
  const { bucket, region, ...rest } = read.output;
  if (bucket === undefined && region === undefined) return { kind: 'job', job: { ...rest, ...defaults } };
  if (bucket !== undefined && region !== undefined) return { kind: 'job', job: { ...rest, bucket, region } };
  return notAJob(
    `the message has ${bucket === undefined ? 'a region but no bucket' : 'a bucket but no region'}: give both or neither`,
  );
}

function notAJob(problem: string): ParsedMessage {
  return { kind: 'not-a-job', problem };
}

/** The value of a JSON text; null when it is none. */
function parseJson(text: string): unknown {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // It is none.
  }
  return value;
}

/** A field of any type that `read` accepts; `expected` says in words what it accepts. */
function field<T>(expected: string, read: (value: unknown) => T | undefined) {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: expected });
      return NEVER;
    }),
  );
}

function fromText<T>(parse: (text: string) => T | undefined): (value: unknown) => T | undefined {
  return (value) => (typeof value === 'string' ? parse(value) : undefined);
}

function readTime(value: unknown): EpochMs | undefined {
  const moment = typeof value === 'string' ? parseRfc3339(value)?.at : value;
  return v.is(Moment, moment) ? epochMs(moment) : undefined;
}

/** The beginning of a value as JSON, on one line, safe to log. */
export function quote(value: unknown): string {
  const json =
    typeof value === 'string'
      ? JSON.stringify(value.slice(0, MAX_QUOTE))
      : JSON.stringify(value).slice(0, MAX_QUOTE);
  return json.replace(
    UNSAFE_IN_LOGS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
