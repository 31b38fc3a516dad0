import type { SigningCredentials } from '../cos-signer/index.js';
import { presignUrl } from '../cos-signer/index.js';
import type { EpochMs } from '../domain/units.js';
import type { Manifest, ManifestPage } from '../manifest/schema.js';
import { bucketOf } from './manifest-place.js';

/** A page with a URL to get its picture by. */
export interface PageUrl {
  readonly page: ManifestPage;
  /** Good for GET until the URLs run out; whoever has it needs no key. */
  readonly url: string;
}

/** How URLs are made. */
export interface PageUrlOptions {
  /** A key pair that may `cos:GetObject` in the output bucket. The URLs of a temporary one end with it at the latest. */
  readonly credentials: SigningCredentials;
  /** How long the URLs hold. */
  readonly validForSeconds: number;
  /** The scheme and host of the bucket, where pictures are had from elsewhere, as from a CDN's domain. Default: the bucket's own. */
  readonly origin?: string;
}

/** A URL begins a minute early, for a service whose clock is a little behind ours. */
const EARLY_SECONDS = 60;

/**
 * The pages of a manifest, in order, each with a presigned URL of its picture. Each is signed when it is asked for; all of one call end at the same moment.
 *
 * @throws TypeError when the manifest names no bucket that can be one, or `validForSeconds` is not a whole number above zero.
 */
export function* pageUrls(
  manifest: Manifest,
  options: PageUrlOptions,
  now: EpochMs,
): Generator<PageUrl, void, undefined> {
  const { credentials, validForSeconds } = options;
  if (!Number.isSafeInteger(validForSeconds) || validForSeconds <= 0)
    throw new TypeError(`validForSeconds is no whole number above zero: ${validForSeconds}`);
  // Where CI named no output, the manifest and the pictures are in the source bucket.
  const { bucket, region } = bucketOf(manifest.job.output ?? manifest.job.source, 'the manifest’s ');
  const origin = options.origin ?? `https://${bucket}.cos.${region}.myqcloud.com`;
  const nowSeconds = Math.floor(now / 1_000);
  const validity = { start: nowSeconds - EARLY_SECONDS, end: nowSeconds + validForSeconds };
  for (const page of manifest.pages) {
    yield { page, url: presignUrl({ method: 'GET', origin, path: `/${page.key}` }, credentials, validity) };
  }
}
