import { parseBucketName, parseRegion, type BucketName, type Region } from '../../lib/domain/names.js';

/** COS for objects, CI for jobs: two families of hosts, with two forms of errors. */
export type Family = 'cos' | 'ci';

/** Whom a request is for, by the name in its `Host`. */
export type Route =
  /** `<bucket>.cos.<region>.myqcloud.com` or `<bucket>.ci.<region>.myqcloud.com`. */
  | { readonly kind: 'bucket'; readonly family: Family; readonly bucket: BucketName; readonly region: Region }
  /** `ci.<region>.myqcloud.com`: what concerns an account's buckets and not one of them. */
  | { readonly kind: 'ci-region'; readonly region: Region }
  /** Loopback by its own name: the cloud's own administration. */
  | { readonly kind: 'admin' }
  | { readonly kind: 'unknown' };

const BUCKET_HOST = /^([^.]+)\.(cos|ci)\.([^.]+)\.myqcloud\.com$/;
const CI_REGION_HOST = /^ci\.([^.]+)\.myqcloud\.com$/;

/**
 * The route that a `Host` names; its port does not matter. `.localhost` may follow any name, so that a browser, which cannot be told to connect elsewhere,
 * finds this machine by it (RFC 6761 §6.3).
 */
export function routeOf(host: string): Route {
  const name = host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/(?<=.)\.localhost$/, '');
  if (name === '127.0.0.1' || name === 'localhost') return { kind: 'admin' };

  const [, bucketLabel, family, bucketRegion] = BUCKET_HOST.exec(name) ?? [];
  const bucket = parseBucketName(bucketLabel ?? '');
  const region = parseRegion(bucketRegion ?? CI_REGION_HOST.exec(name)?.[1] ?? '');
  if (region === undefined) return { kind: 'unknown' };
  if (bucket !== undefined) return { kind: 'bucket', family: family === 'ci' ? 'ci' : 'cos', bucket, region };
  return bucketLabel === undefined ? { kind: 'ci-region', region } : { kind: 'unknown' };
}
