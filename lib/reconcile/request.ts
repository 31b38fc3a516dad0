import * as v from 'valibot';
import { brief } from '../domain/brief.js';
import { parseBucketName, parseQueueId, parseRegion, type BucketName } from '../domain/names.js';
import { parseRfc3339 } from '../domain/rfc3339.js';
import { minutes, type EpochMs } from '../domain/units.js';
import type { JobSource } from '../doc-jobs/describe.js';
import { EventError } from '../platform/event-error.js';
import { DEFAULT_SETTLED_FOR, type ReconcileQuery } from './reconcile.js';

/** What a request is read against. */
export interface ReconcileDefaults {
  readonly source: JobSource;
  readonly isAllowedBucket: (bucket: BucketName) => boolean;
  readonly now: EpochMs;
}

/** A month, as long as CI keeps its records. */
const MAX_MINUTES = 31 * 24 * 60;

const Request = v.strictObject({
  from: read('a time in RFC 3339 such as 2026-11-20T00:00:00Z', (text) => parseRfc3339(text)?.at),
  to: v.optional(read('a time in RFC 3339 such as 2026-11-21T00:00:00Z', (text) => parseRfc3339(text)?.at)),
  bucket: v.optional(read('a bucket name with its APPID', parseBucketName)),
  region: v.optional(read('a region such as ap-beijing', parseRegion)),
  queueId: v.optional(read('the ID of a CI queue', parseQueueId)),
  settledForMinutes: v.optional(
    v.pipe(
      v.number('settledForMinutes must be a number of minutes'),
      v.minValue(0, 'settledForMinutes must not be negative'),
      v.maxValue(MAX_MINUTES, `settledForMinutes must be ${MAX_MINUTES} at most`),
    ),
  ),
  except: v.optional(
    v.array(v.string('except must be a list of job IDs'), 'except must be a list of job IDs'),
    [],
  ),
  enqueue: v.optional(v.boolean('enqueue must be true or false'), false),
});

/**
 * Reads `{"from","to"?,"bucket"?,"region"?,"queueId"?,"settledForMinutes"?,"except"?,"enqueue"?}`. Without `to` all up to now; bucket and region are the
 * configured source's.
 *
 * @throws EventError that says what is wrong with which field.
 */
export function parseReconcileRequest(request: unknown, defaults: ReconcileDefaults): ReconcileQuery {
  const result = v.safeParse(Request, request);
  if (!result.success) {
    const [issue] = result.issues;
    const field = v.getDotPath(issue);
    throw refused(field === null ? issue.message : `${brief(field)}: ${issue.message}`);
  }
  const { from, to = defaults.now, queueId, settledForMinutes, except, enqueue } = result.output;
  const { bucket = defaults.source.bucket, region = defaults.source.region } = result.output;
  if (from >= to) throw refused('from must be before to');
  if (!defaults.isAllowedBucket(bucket)) {
    throw refused(`the bucket ${bucket} is not allowed: add it to ALLOWED_BUCKETS`);
  }
  return {
    source: { bucket, region },
    queueId,
    createdFrom: from,
    createdTo: to,
    settledFor: settledForMinutes === undefined ? DEFAULT_SETTLED_FOR : minutes(settledForMinutes),
    except: new Set(except),
    enqueue,
  };
}

function read<T>(what: string, parse: (text: string) => T | undefined) {
  return v.pipe(
    v.string(`expected ${what}`),
    v.transform(parse),
    v.custom<T>((value) => value !== undefined, `expected ${what}`),
  );
}

function refused(problem: string): EventError {
  return new EventError(`the request to reconcile cannot be done: ${problem}`);
}
