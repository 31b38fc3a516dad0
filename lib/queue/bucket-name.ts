import { parseBucketName, parseJobId, parseQueueId, parseRegion } from '../domain/names.js';
import { epochMs, type EpochMs } from '../domain/units.js';
import { LAST_MOMENT, quote, type JobDefaults, type ParsedMessage } from './message.js';
import type { PendingJob } from './pending-queue.js';

/**
 * The name of a pending job's object, below the queue's prefix:
 *
 *     <jobId>[~<nonce>[~1[~b.<bucket>~r.<region>][~q.<queueId>][~c.<createdAt>][~f.<firstSeenAt>][~d.<redrivenAt>]]]
 *
 * so that a listing says everything about a job. None of its characters needs encoding in a URL, in XML or in a file name (RFC 3986 §2.3), and
 * neither `~` nor `.` can be inside a field. The nonce tells two instances of one job apart; the `1` is the layout's version; the order of the fields is
 * fixed and numbers have one spelling, so a job has one name. Times are in milliseconds since 1970. At most 493 bytes.
 */
const NAME =
  /^(?<jobId>[^~]+)(?:~(?<nonce>[A-Za-z0-9_-]{1,32})(?:~1(?:~b\.(?<bucket>[^~]+)~r\.(?<region>[^~]+))?(?:~q\.(?<queueId>[^~]+))?(?:~c\.(?<createdAt>[^~]+))?(?:~f\.(?<firstSeenAt>[^~]+))?(?:~d\.(?<redrivenAt>[^~]+))?)?)?$/;

/** A later layout, which this version must not take for a spelling mistake. */
const OTHER_LAYOUT = /^[^~]+~[^~]+~(\d{1,9})(?:~|$)/;

const TIME = /^(?:0|[1-9]\d{0,15})$/;

/** Ten digits of base 36 are 51 bits, all that a random number has to give. */
const NONCE_DIGITS = 10;

/** A nonce of ours, from a random number in [0, 1). */
export function nonceFrom(random: number): string {
  return Math.floor(random * 36 ** NONCE_DIGITS)
    .toString(36)
    .padStart(NONCE_DIGITS, '0');
}

/** The name of an instance of a job. */
export function formatName(job: PendingJob, nonce: string): string {
  const optional = [
    ['q', job.queueId],
    ['c', job.createdAt],
    ['f', job.firstSeenAt],
    ['d', job.redrivenAt],
  ].flatMap(([field, value]) => (value === undefined ? [] : [`${String(field)}.${value}`]));
  return [job.jobId, nonce, '1', `b.${job.bucket}`, `r.${job.region}`, ...optional].join('~');
}

/** Reads a name; bucket and region come from `defaults` where it has none. */
export function parseName(name: string, defaults: JobDefaults): ParsedMessage {
  const fields = NAME.exec(name)?.groups;
  if (fields === undefined) {
    const layout = OTHER_LAYOUT.exec(name)?.[1];
    return layout === undefined || layout === '1'
      ? notAJob(name, 'expected <jobId>, <jobId>~<nonce> or <jobId>~<nonce>~1~<fields>')
      : notAJob(name, `layout ${layout} is not known to this version of docjob, which knows 1`);
  }
  const jobId = parseJobId(String(fields['jobId'])); // the pattern always has one
  if (jobId === undefined) return notAJob(name, 'its jobId cannot be one');
  const read = {
    bucket: optional(fields['bucket'], parseBucketName),
    region: optional(fields['region'], parseRegion),
    queueId: optional(fields['queueId'], parseQueueId),
    createdAt: optional(fields['createdAt'], parseTime),
    firstSeenAt: optional(fields['firstSeenAt'], parseTime),
    redrivenAt: optional(fields['redrivenAt'], parseTime),
  };
  const wrong = Object.entries(read).find(([, value]) => value === 'wrong');
  if (wrong !== undefined) return notAJob(name, `its ${wrong[0]} cannot be one`);
  // Nothing is `wrong` any more; what is absent stays absent.
  const given = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
  return { kind: 'job', job: { jobId, ...defaults, ...(given as Partial<PendingJob>) } };
}

function notAJob(name: string, why: string): ParsedMessage {
  return { kind: 'not-a-job', problem: `the object's name is ${quote(name)}: ${why}` };
}

function optional<T>(
  text: string | undefined,
  parse: (text: string) => T | undefined,
): T | 'wrong' | undefined {
  return text === undefined ? undefined : (parse(text) ?? 'wrong');
}

function parseTime(text: string): EpochMs | undefined {
  const value = TIME.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  return value <= LAST_MOMENT ? epochMs(value) : undefined;
}
