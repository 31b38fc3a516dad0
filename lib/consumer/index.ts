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

/** {@inheritDoc wait.fetchManifest} */
export async function fetchManifest(options: ManifestPlace & ManifestAccess): Promise<Manifest | undefined> {
  return withTransport((effects) => wait.fetchManifest(options, effects));
}

/** {@inheritDoc wait.waitForManifest} */
export async function waitForManifest(options: WaitOptions): Promise<Manifest> {
  return withTransport((effects) => wait.waitForManifest(options, effects));
}

/** {@inheritDoc signedPages} */
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
