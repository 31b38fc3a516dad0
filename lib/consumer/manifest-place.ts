import { parseBucketName, parseJobId, parseRegion, type BucketName, type Region } from '../domain/names.js';
import { manifestKey, parseKeyTemplate, type ManifestLocation } from '../manifest/index.js';

/** Where docjob writes a job's manifest. */
export interface ManifestPlace {
  readonly jobId: string;
  /** The job's output bucket, with APPID; where the job has none, its source bucket. */
  readonly bucket: string;
  /** That bucket's region. */
  readonly region: string;
  /** `MANIFEST_KEY` as docjob is deployed with it. Default: `manifests/${jobId}.json`. */
  readonly keyTemplate?: string;
  /** The job's source bucket, for a template that names `${bucket}` or `${region}`. Default: the bucket above. */
  readonly source?: { readonly bucket: string; readonly region: string };
}

const DEFAULT_TEMPLATE = 'manifests/${jobId}.json';

/**
 * The object that a manifest is in.
 *
 * @throws TypeError naming the part that cannot be what it should be.
 */
export function locate(place: ManifestPlace): ManifestLocation {
  const jobId = parseJobId(place.jobId);
  if (jobId === undefined) throw new TypeError(`jobId is no job ID: ${JSON.stringify(place.jobId)}`);
  const address = bucketOf(place, '');
  const source = place.source === undefined ? address : bucketOf(place.source, 'source.');
  const template = parseKeyTemplate(place.keyTemplate ?? DEFAULT_TEMPLATE);
  return { ...address, key: manifestKey(template, { jobId, ...source }) };
}

/** @throws TypeError as {@link locate} does */
export function bucketOf(
  { bucket, region }: { readonly bucket: string; readonly region: string },
  path: string,
): { readonly bucket: BucketName; readonly region: Region } {
  const name = parseBucketName(bucket);
  if (name === undefined)
    throw new TypeError(`${path}bucket is no bucket name with APPID: ${JSON.stringify(bucket)}`);
  const place = parseRegion(region);
  if (place === undefined) throw new TypeError(`${path}region is no region: ${JSON.stringify(region)}`);
  return { bucket: name, region: place };
}
