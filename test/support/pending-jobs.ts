import {
  parseBucketName,
  parseJobId,
  parseRegion,
  type BucketName,
  type JobId,
  type Region,
} from '../../lib/domain/names.js';
import type { PendingJob } from '../../lib/queue/pending-queue.js';

function valid<T>(parsed: T | undefined, text: string): T {
  if (parsed === undefined) throw new Error(`${text} is not a valid name`);
  return parsed;
}

export const aBucket = (text: string): BucketName => valid(parseBucketName(text), text);
export const aRegion = (text: string): Region => valid(parseRegion(text), text);

/** A job ID in CI's form, `d` and 32 hexadecimal digits, made from a number. */
export function aJobId(number: number): JobId {
  const text = `d${number.toString(16).padStart(32, '0')}`;
  return valid(parseJobId(text), text);
}

export const SOURCE = { bucket: aBucket('docs-1250000000'), region: aRegion('ap-beijing') };

export function aPendingJob(number: number, changes: Partial<PendingJob> = {}): PendingJob {
  return { jobId: aJobId(number), ...SOURCE, ...changes };
}
