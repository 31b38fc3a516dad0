import type { Manifest, ManifestLocation } from '../../lib/manifest/index.js';
import { fieldLines } from '../output.js';
import type { Style } from '../style.js';

/** What `docjob manifest --summary` says. */

/** For machines. */
export function summaryOf({ job, counts, complete, pages }: Manifest, location: ManifestLocation): unknown {
  const { jobId, state, code, message, source, output, creationTime, endTime } = job;
  const { bucket, region, key } = location;
  return {
    jobId,
    state,
    code,
    message,
    complete,
    pages: pages.length,
    counts,
    source,
    output,
    creationTime,
    endTime,
    manifest: { bucket, region, key },
  };
}

/** For people. */
export function summaryInWords(
  { job, counts, complete, pages }: Manifest,
  { bucket, region, key }: ManifestLocation,
  style: Style,
): string {
  const isSuccess = job.state === 'Success';
  return fieldLines(
    [
      ['job', job.jobId],
      ['state', job.state],
      ['code', isSuccess ? undefined : job.code],
      ['message', isSuccess ? undefined : job.message],
      ['document', `${job.source.object ?? ''} in ${job.source.bucket} (${job.source.region})`],
      [
        'pages',
        isSuccess
          ? `${pages.length} of ${counts.succeeded ?? '?'}${complete ? '' : ', incomplete'}`
          : undefined,
      ],
      ['failed pages', (counts.failed ?? 0) > 0 ? counts.failed : undefined],
      ['sheets', counts.sheets],
      [
        'pictures',
        job.output === null
          ? undefined
          : `${pages[0]?.key ?? job.output.object} … in ${job.output.bucket} (${job.output.region})`,
      ],
      ['created', job.creationTime],
      ['ended', job.endTime],
      ['manifest', `${key} in ${bucket} (${region})`],
    ],
    style,
  );
}
