import type { TrueJob, TruePage } from '../world/true-job.js';

/** CI writes Beijing's time in whole seconds; a manifest has it in RFC 3339. */
function beijing(moment: number): string {
  return `${new Date(moment + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}

/**
 * The bytes that the manifest of a job must have, made from its true record, by the words of the published schema, without any code of `lib/`.
 *
 * @param shown how many of its pages CI listed
 */
export function expectedManifest(job: TrueJob, shown: number, complete: boolean): string {
  const success = job.endsAs === 'Success';
  const pages = success ? job.pages.slice(0, shown).map(expectedPage).sort(inReadingOrder) : [];
  const manifest = {
    schemaVersion: '1.0',
    job: {
      jobId: job.jobId,
      state: job.endsAs,
      code: job.code,
      message: job.message === '' ? null : job.message,
      tag: 'DocProcess',
      queueId: job.queueId,
      userData: job.userData,
      source: { bucket: job.bucket, region: job.region, object: job.inputObject },
      output: job.output,
      creationTime: beijing(job.createdAt),
      startTime: beijing(job.startsAt),
      endTime: job.saysWhenItEnded ? beijing(job.endsAt) : null,
    },
    counts: success
      ? { total: job.total, succeeded: job.succeeded, failed: job.failed, sheets: job.sheets }
      : { total: null, succeeded: null, failed: null, sheets: null },
    complete: success ? complete : true,
    pages,
  };
  return `${JSON.stringify(manifest, undefined, '  ')}\n`;
}

type ExpectedPage = Readonly<
  Record<'pageNo', number> &
    Record<'picIndex' | 'picNum' | 'sheetPics', number | null> &
    Record<'tgtUri' | 'key', string>
>;

function expectedPage({ pageNo, tgtUri, inSheet }: TruePage): ExpectedPage {
  return {
    pageNo,
    picIndex: inSheet?.picIndex ?? null,
    picNum: inSheet?.picNum ?? null,
    sheetPics: inSheet?.pics ?? null,
    tgtUri,
    key: tgtUri.replace(/^\//, ''),
  };
}

function inReadingOrder(a: ExpectedPage, b: ExpectedPage): number {
  return a.pageNo - b.pageNo || (a.picIndex ?? -1) - (b.picIndex ?? -1);
}

/** Where the manifest must go: into the output bucket, or the source bucket where CI names none. */
export function expectedPlace(job: TrueJob): {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
} {
  const { bucket, region } = job.output ?? job;
  return { bucket, region, key: `manifests/${job.jobId}.json` };
}
