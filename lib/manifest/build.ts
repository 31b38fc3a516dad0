import type { EndedJob, PageCounts, PageInfo } from '../doc-jobs/doc-job.js';
import type { BucketName, Region } from '../domain/names.js';
import { MAJOR_VERSION, type Manifest, type ManifestPage } from './schema.js';

const MINOR_VERSION = 0;

const NO_COUNTS: PageCounts = { total: null, succeeded: null, failed: null, sheets: null };

/**
 * The manifest of a job that has ended: a function of the job alone (no clock, no run ID, whatever the order of the pages in the answer), so
 * that two writers write the same bytes (DESIGN promise 2).
 *
 * @param source the bucket whose CI host answered for the job.
 * @param complete whether the list of pages is all that will come. A job that did not succeed has no pages to wait for: always complete.
 */
export function buildManifest(
  job: EndedJob,
  source: { readonly bucket: BucketName; readonly region: Region },
  complete: boolean,
): Manifest {
  const result =
    job.state === 'Success'
      ? { counts: job.counts, complete, pages: job.pages.map(toPage).sort(comparePages) }
      : { counts: NO_COUNTS, complete: true, pages: [] };
  const { total, succeeded, failed, sheets } = result.counts;
  return {
    schemaVersion: `${MAJOR_VERSION}.${MINOR_VERSION}`,
    job: {
      jobId: job.jobId,
      state: job.state,
      code: job.code,
      message: job.message,
      tag: job.tag,
      queueId: job.queueId,
      userData: job.userData,
      source: { bucket: source.bucket, region: source.region, object: job.inputObject },
      output:
        job.output === null
          ? null
          : { bucket: job.output.bucket, region: job.output.region, object: job.output.object },
      creationTime: job.creationTime?.iso ?? null,
      startTime: job.startTime?.iso ?? null,
      endTime: job.endTime?.iso ?? null,
    },
    counts: { total, succeeded, failed, sheets },
    complete: result.complete,
    pages: result.pages,
  };
}

/**
 * A manifest as it is stored: JSON in UTF-8, indented, with a final newline. The order of the fields is that in which {@link buildManifest}
 * makes them. What UTF-8 cannot express (half of a surrogate pair) stays an escape.
 */
export function manifestBytes(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

function toPage({ pageNo, picIndex, picNum, sheetPics, tgtUri }: PageInfo): ManifestPage {
  const key = tgtUri.startsWith('/') ? tgtUri.slice(1) : tgtUri;
  return { pageNo, picIndex, picNum, sheetPics, tgtUri, key };
}

/** Pages in reading order. The last two rungs only matter to answers that repeat a page: they make the order total. */
function comparePages(a: ManifestPage, b: ManifestPage): number {
  return (
    a.pageNo - b.pageNo ||
    compareNullable(a.picIndex, b.picIndex) ||
    compareNullable(a.picNum, b.picNum) ||
    compareText(a.tgtUri, b.tgtUri) ||
    compareNullable(a.sheetPics, b.sheetPics)
  );
}

/** Null comes first: no count is negative. */
function compareNullable(a: number | null, b: number | null): number {
  return (a ?? -1) - (b ?? -1);
}

/** By code unit: a locale must not matter. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
