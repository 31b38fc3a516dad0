import type { Manifest, ManifestLocation } from '../manifest/index.js';
import type { Notice } from './schema.js';

export type { Notice } from './schema.js';

/** The version that this code writes. A new minor version only adds fields. */
const SCHEMA_VERSION = '1.0';

/** The notice of a manifest at its place: a function of the job alone, so that a second one of the same manifest says the same. */
export function buildNotice(
  { job: { jobId, state, source }, complete, pages }: Manifest,
  { bucket, region, key }: ManifestLocation,
): Notice {
  return {
    schemaVersion: SCHEMA_VERSION,
    jobId,
    source: { bucket: source.bucket, region: source.region },
    state,
    complete,
    manifest: { bucket, region, key },
    pages: pages.length,
  };
}

/** A notice as the body of a message: JSON on one line. */
export function noticeText(notice: Notice): string {
  return JSON.stringify(notice);
}
