/**
 * The names that come from outside (queue messages, responses, events) and end up in host names and paths. Each has one parser; whatever
 * holds one of these types has been through it, so no host or path can be injected further in (DESIGN promise 8).
 */

declare const name: unique symbol;

/** The ID of a CI document job, safe as one path segment. */
export type JobId = string & { readonly [name]: 'JobId' };

/** `<BucketName>-<APPID>`, safe as one host label. */
export type BucketName = string & { readonly [name]: 'BucketName' };

/** A COS region such as `ap-beijing`, safe as one host label. */
export type Region = string & { readonly [name]: 'Region' };

/**
 * CI's examples are `d` and 32 hexadecimal digits, but the format is not promised: anything that cannot leave a path segment is taken.
 */
const JOB_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/**
 * A bucket is lower-case letters, digits and inner hyphens, then its owner's APPID (COS, "Bucket overview"); a DNS label has 63
 * bytes at most (RFC 1035), and `xn--` begins one that stands for another (RFC 5890).
 */
const BUCKET = /^(?=.{1,63}$)(?!xn--)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?-\d{5,15}$/;

/** `ap-beijing`, `ap-beijing-fsi`, `na-siliconvalley`, …: two to four hyphenated words. */
const REGION = /^[a-z]{2,10}(?:-[a-z0-9]{1,20}){1,3}$/;

/** `text` as a job ID, or undefined if it cannot be one. */
export function parseJobId(text: string): JobId | undefined {
  // Checked by the pattern.
  return JOB_ID.test(text) ? (text as JobId) : undefined;
}

/** `text` as a bucket name with APPID, or undefined if it cannot be one. */
export function parseBucketName(text: string): BucketName | undefined {
  // Checked by the pattern.
  return BUCKET.test(text) ? (text as BucketName) : undefined;
}

/** `text` as a region, or undefined if it cannot be one. */
export function parseRegion(text: string): Region | undefined {
  // Checked by the pattern.
  return REGION.test(text) ? (text as Region) : undefined;
}

/** AWS's regions are hyphenated words; services that speak as SQS does have others of the kind. */
const AWS_REGION = /^[a-z0-9-]{1,40}$/;

/** `text` as a region of AWS, safe as one host label, or undefined if it cannot be one. */
export function parseAwsRegion(text: string): string | undefined {
  return AWS_REGION.test(text) ? text : undefined;
}

/** CI's queue IDs are `p` and 32 hexadecimal digits; whatever of the kind is taken. */
const QUEUE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/** `text` as the ID of a CI queue, or undefined if it cannot be one. */
export function parseQueueId(text: string): string | undefined {
  return QUEUE_ID.test(text) ? text : undefined;
}

/** The APPID that owns `bucket`: the digits after its last hyphen. */
export function appIdOf(bucket: BucketName): string {
  return bucket.slice(bucket.lastIndexOf('-') + 1);
}
