import { DocjobError } from '../domain/docjob-error.js';

/** What was given to `readManifest` is not a manifest that it can read. */
export class ManifestError extends DocjobError {
  override readonly name = 'ManifestError';
  /** Where the first wrong field is, as in `pages.3.pageNo`; undefined where the trouble is not with one field. */
  readonly path: string | undefined;

  constructor(message: string, details: { readonly path?: string; readonly cause?: unknown } = {}) {
    super('unreadable-manifest', message, { disposition: 'job', cause: details.cause });
    this.path = details.path;
  }
}
