import { openTransport } from '../cos/transport.js';
import type { Manifest } from '../manifest/index.js';
import { systemClock, systemEffects } from '../platform/system.js';
import type { ManifestPlace } from './manifest-place.js';
import { pageUrls as signedPages, type PageUrl, type PageUrlOptions } from './page-urls.js';
import * as wait from './wait-for-manifest.js';
import type { ManifestAccess, WaitOptions } from './wait-for-manifest.js';

/** What consumers of manifests import as `docjob/manifest`. */

export { DocjobError, type Disposition } from '../domain/docjob-error.js';
export { ManifestError, readManifest, type Manifest } from '../manifest/index.js';
export type { ManifestPage } from '../manifest/schema.js';
export { ManifestTimeoutError } from './manifest-timeout-error.js';
export type { ManifestAccess, ManifestPlace, PageUrl, PageUrlOptions, WaitOptions };

/**
 * The manifest of a job if it is there, undefined if it is not (yet). Passing faults are tried again for up to 30 seconds.
 *
 * @throws TypeError for names that cannot be; ManifestError for an object that is no manifest of this job; DocjobError when the bucket cannot be read.
 */
export async function fetchManifest(options: ManifestPlace & ManifestAccess): Promise<Manifest | undefined> {
  return withTransport((effects) => wait.fetchManifest(options, effects));
}

/**
 * Waits until a job's manifest is there, asking less and less often, every 15 seconds at last. Passing faults of the network and of COS are waited out.
 * A job that docjob gave up has no manifest, ever: its dead letter says why.
 *
 * @throws ManifestTimeoutError when it is not there in time; the signal's reason when that aborts; what will not pass by itself (a key that is refused, no
 * such bucket, an object that is no manifest of this job) at once.
 */
export async function waitForManifest(options: WaitOptions): Promise<Manifest> {
  return withTransport((effects) => wait.waitForManifest(options, effects));
}

/**
 * The pages of a manifest, in order, each with a presigned URL of its picture. Each is signed when it is asked for; all of one call end at the same moment.
 *
 * @throws TypeError when the manifest names no bucket that can be one, or `validForSeconds` is not a whole number above zero.
 */
export function pageUrls(manifest: Manifest, options: PageUrlOptions): Iterable<PageUrl> {
  return signedPages(manifest, options, systemClock.now());
}

async function withTransport<T>(act: (effects: wait.ConsumerEffects) => Promise<T>): Promise<T> {
  const transport = openTransport({ maxSockets: 1 });
  try {
    return await act({ clock: systemClock, random: systemEffects.random, transport });
  } finally {
    transport.close();
  }
}
