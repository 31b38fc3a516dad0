import type { CosRequester } from '../../lib/cos/requester.js';
import { after } from '../../lib/domain/units.js';
import { readManifest, type ManifestLocation } from '../../lib/manifest/index.js';
import { presignedLinks, type LinkPolicy } from './page-links.js';
import { viewPage } from './view-page.js';

/**
 * Reads a manifest and makes its page, with links that are signed now.
 *
 * @throws ManifestError when the object is not a manifest, and whatever the requester throws: a ServiceError with status 404 where there is none.
 */
export async function openView(
  requester: CosRequester,
  { bucket, region, key }: ManifestLocation,
  policy: LinkPolicy,
): Promise<string> {
  const bytes = await requester.send(
    { family: 'cos', bucket, region, method: 'GET', path: `/${key}` },
    ({ body }) => body,
  );
  const manifest = readManifest(bytes);
  const linksUntil = after(policy.now, policy.validFor);
  return viewPage(manifest, presignedLinks(manifest, policy), { now: policy.now, linksUntil });
}
