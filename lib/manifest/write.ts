import { createHash } from 'node:crypto';
import { crc64Ecma } from '../cos/crc64.js';
import { ServiceError } from '../cos/errors/service-error.js';
import type { CosRequester, CosResponse } from '../cos/requester.js';
import { manifestBytes } from './build.js';
import { IntegrityError } from './integrity-error.js';
import type { ManifestLocation } from './location.js';
import type { Manifest } from './schema.js';

/** What became of a write. */
type WriteResult =
  /** The manifest is stored, and COS confirmed its bytes. */
  | { readonly kind: 'written'; readonly bytes: number }
  /** A manifest of the same job that says more was already there, and was left alone. `pages` is how many it has. */
  | { readonly kind: 'kept'; readonly pages: number };

/** What a stored manifest says about itself in its user-defined headers, so that a HEAD is enough to compare. */
const META = {
  jobId: 'x-cos-meta-docjob-job-id',
  state: 'x-cos-meta-docjob-state',
  pages: 'x-cos-meta-docjob-pages',
  complete: 'x-cos-meta-docjob-complete',
  schemaVersion: 'x-cos-meta-docjob-schema-version',
} as const;

/**
 * Writes the manifest to its place, whole, and checks what COS says it stored. An incomplete manifest never replaces one of the same job that
 * has more pages, or as many and is complete: whether there is one is asked first (COS has no compare-and-swap, so a writer in between goes
 * unnoticed).
 *
 * @throws IntegrityError when COS stored something else, even after retries; otherwise whatever the requester throws, a 403 to the HEAD included.
 */
export async function writeManifest(
  requester: CosRequester,
  location: ManifestLocation,
  manifest: Manifest,
): Promise<WriteResult> {
  if (!manifest.complete) {
    const stored = await storedManifest(requester, location);
    if (stored !== undefined && outranks(stored, manifest)) return { kind: 'kept', pages: stored.pages };
  }
  const bytes = manifestBytes(manifest);
  const md5 = createHash('md5').update(bytes).digest();
  await requester.send(
    {
      family: 'cos',
      bucket: location.bucket,
      region: location.region,
      method: 'PUT',
      path: `/${location.key}`,
      headers: {
        'content-type': 'application/json',
        'content-md5': md5.toString('base64'),
        [META.jobId]: manifest.job.jobId,
        [META.state]: manifest.job.state,
        [META.pages]: String(manifest.pages.length),
        [META.complete]: String(manifest.complete),
        [META.schemaVersion]: manifest.schemaVersion,
      },
      body: bytes,
    },
    (response) => checkStored(response, crc64Ecma(bytes), md5.toString('hex'), location),
  );
  return { kind: 'written', bytes: bytes.length };
}

/**
 * Whether there is a manifest, of whatever content.
 *
 * @throws whatever the requester throws, a 403 to the HEAD included.
 */
export async function hasManifest(requester: CosRequester, location: ManifestLocation): Promise<boolean> {
  return (await storedManifest(requester, location)) !== undefined;
}

interface StoredManifest {
  readonly jobId: string | undefined;
  /** NaN, which outranks nothing, where the object does not say. */
  readonly pages: number;
  readonly complete: boolean;
}

/** What is there already; undefined where there is nothing. */
async function storedManifest(
  requester: CosRequester,
  { bucket, region, key }: ManifestLocation,
): Promise<StoredManifest | undefined> {
  try {
    return await requester.send(
      { family: 'cos', bucket, region, method: 'HEAD', path: `/${key}` },
      ({ headers }) => {
        return {
          jobId: headers[META.jobId],
          pages: Number(headers[META.pages]),
          complete: headers[META.complete] === 'true',
        };
      },
    );
  } catch (error) {
    // Only COS itself knows that there is nothing: a proxy in between says 404 too, without COS's request ID.
    if (error instanceof ServiceError && error.status === 404 && error.requestId !== undefined)
      return undefined;
    throw error;
  }
}

/** Whether the stored manifest says more about the job than the incomplete one at hand. */
function outranks(stored: StoredManifest, manifest: Manifest): boolean {
  if (stored.jobId !== manifest.job.jobId) return false;
  const more = stored.pages - manifest.pages.length;
  return more > 0 || (more === 0 && stored.complete);
}

/**
 * Compares by CRC-64 where COS sends it, else by ETag where that is an MD5 (not with server-side encryption; COS, "PUT Object"). The body is
 * covered by Content-MD5 on its way in any case.
 */
function checkStored(
  { headers, requestId }: CosResponse,
  crc64: string,
  md5: string,
  { bucket, key }: ManifestLocation,
): void {
  const differs = (by: string, stored: string, sent: string): IntegrityError =>
    new IntegrityError(
      `COS stored ${key} in ${bucket} with the ${by} ${stored}, but what was sent has ${sent}: it is sent again`,
      requestId,
    );
  const storedCrc64 = headers['x-cos-hash-crc64ecma'];
  if (storedCrc64 !== undefined) {
    if (storedCrc64 !== crc64) throw differs('CRC-64', storedCrc64, crc64);
    return;
  }
  if (headers['x-cos-server-side-encryption'] !== undefined) return;
  // No ETag at all is no MD5 either.
  const etag = String(headers['etag']).toLowerCase();
  if (/^"[0-9a-f]{32}"$/.test(etag) && etag !== `"${md5}"`) throw differs('ETag', etag, `"${md5}"`);
}
