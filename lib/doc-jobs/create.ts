import type { CosRequester } from '../cos/requester.js';
import { writeXml, type XmlPart } from '../cos/xml-writer.js';
import type { BucketName, Region } from '../domain/names.js';
import { decodeCreated } from './decode.js';
import type { JobSource } from './describe.js';
import type { DocJob } from './doc-job.js';

/** A document to transcode, and where to put the pictures. What is left out, CI decides. */
export interface NewDocJob {
  /** The source document's key in the bucket that is asked. */
  readonly object: string;
  readonly output: {
    readonly bucket: BucketName;
    readonly region: Region;
    /** The key template: `${Number}` stands for the page; for spreadsheets `${SheetID}` and `${Page}`. */
    readonly object: string;
  };
  /** CI's default is `jpg`. */
  readonly targetType?: 'jpg' | 'png' | 'pdf';
  /** From 1, CI's default. */
  readonly startPage?: number;
  /** Inclusive; -1, CI's default, is the last page. */
  readonly endPage?: number;
  /** The CI queue; CI's documents before 2024 require it. */
  readonly queueId?: string;
  /** Comes back with every answer about the job. */
  readonly userData?: string;
}

/**
 * Submits a document (CreateDocProcessJobs, 1045/47932) and returns the job as CI made it: its ID, creation time and state. Not idempotent: sent
 * again, it makes a second job, so after an error nobody knows whether there is one.
 *
 * @throws DocjobError `forbidden-character` if a text cannot be sent as XML, UndecodableError if the answer does not name one job, and whatever
 * `requester` throws.
 */
export async function createDocProcessJob(
  requester: CosRequester,
  { bucket, region }: JobSource,
  job: NewDocJob,
): Promise<DocJob> {
  const body = writeXml(requestOf(job));
  const headers = { 'content-type': 'application/xml' };
  return requester.send(
    { family: 'ci', bucket, region, method: 'POST', path: '/doc_jobs', headers, body },
    decodeCreated,
  );
}

function requestOf({
  object,
  output,
  targetType,
  startPage,
  endPage,
  queueId,
  userData,
}: NewDocJob): XmlPart {
  const process = [
    ...optional('TgtType', targetType),
    ...optional('StartPage', startPage),
    ...optional('EndPage', endPage),
  ];
  const operation: readonly XmlPart[] = [
    ['DocProcess', process],
    [
      'Output',
      [
        ['Region', output.region],
        ['Bucket', output.bucket],
        ['Object', output.object],
      ],
    ],
    ...optional('UserData', userData),
  ];
  return [
    'Request',
    [
      ['Tag', 'DocProcess'],
      ['Input', [['Object', object]]],
      ['Operation', operation],
      ...optional('QueueId', queueId),
    ],
  ];
}

function optional(name: string, value: string | number | undefined): readonly XmlPart[] {
  return value === undefined ? [] : [[name, String(value)]];
}
