import type { CosRequester } from '../cos/requester.js';
import { writeXml, type XmlPart } from '../cos/xml-writer.js';
import { DocjobError } from '../domain/docjob-error.js';
import type { BucketName, Region } from '../domain/names.js';
import { readOptions, type DocJobOptions } from './create-options.js';
import { decodeCreated } from './decode.js';
import type { JobSource } from './describe.js';
import type { DocJob } from './doc-job.js';
import { objectKeyProblem } from './object-key.js';
import { templateProblems } from './output-template.js';
import { sourceKindOf } from './source-types.js';

/** Where the pictures of a job go. */
export interface NewJobOutput {
  readonly bucket: BucketName;
  readonly region: Region;
  /** The key template: `${Number}` or `${Page}` stands for the page; for spreadsheets `${SheetID}` for the sheet. */
  readonly object: string;
}

/** A document to transcode, and where to put the pictures. */
export interface NewDocJob extends DocJobOptions {
  /** The source document's key in the bucket that is asked. */
  readonly object: string;
  readonly output: NewJobOutput;
}

/** What is wrong with a document and its options, so that it was not submitted. Lists everything, and quotes no value. */
export class DocumentError extends DocjobError {
  override readonly name = 'DocumentError';
  readonly problems: readonly string[];

  constructor(object: string, problems: readonly string[]) {
    super(
      'bad-document',
      `${JSON.stringify(object.slice(0, 200))} was not submitted: ${problems.join('; ')}`,
      {
        disposition: 'job',
      },
    );
    this.problems = problems;
  }
}

/** Everything that is wrong with where a new job reads and writes, one clause each. */
export function placeProblems(
  object: string,
  template: string,
  { sourceType, targetType }: Pick<DocJobOptions, 'sourceType' | 'targetType'>,
): readonly string[] {
  const keyProblem = objectKeyProblem(object);
  const use = { kind: sourceKindOf(object, sourceType), isOneFile: targetType === 'pdf' };
  return [
    ...(keyProblem === undefined ? [] : [`object ${keyProblem}`]),
    ...templateProblems(template, use).map((problem) => `output.object ${problem}`),
  ];
}

/**
 * Submits a document (CreateDocProcessJobs, 1045/47932) and returns the job as CI made it: its ID, creation time and state. Not idempotent: sent
 * again, it makes a second job, so after an error nobody knows whether there is one.
 *
 * @throws DocumentError for a document or options that CI would refuse or misread; then nothing was sent. UndecodableError if the answer does not
 * name one job, and whatever `requester` throws.
 */
export async function createDocProcessJob(
  requester: CosRequester,
  { bucket, region }: JobSource,
  job: NewDocJob,
): Promise<DocJob> {
  const { object, output, ...options } = job;
  const problems = [
    ...placeProblems(object, output.object, options),
    ...readOptions(object, options).problems,
  ];
  if (problems.length > 0) throw new DocumentError(job.object, problems);
  const body = writeXml(requestOf(job));
  const headers = { 'content-type': 'application/xml' };
  return requester.send(
    { family: 'ci', bucket, region, method: 'POST', path: '/doc_jobs', headers, body },
    decodeCreated,
  );
}

/** The elements of `DocProcess`, and the options that they carry. */
const DOC_PROCESS = [
  ['SrcType', 'sourceType'],
  ['TgtType', 'targetType'],
  ['StartPage', 'startPage'],
  ['EndPage', 'endPage'],
  ['SheetId', 'sheetId'],
  ['PaperDirection', 'paperDirection'],
  ['PaperSize', 'paperSize'],
  ['ImageParams', 'imageParams'],
  ['DocPassword', 'docPassword'],
  ['Comments', 'comments'],
  ['Quality', 'quality'],
  ['Zoom', 'zoom'],
  ['ImageDpi', 'imageDpi'],
  ['PicPagination', 'picPagination'],
  ['PageRanges', 'pageRanges'],
] as const satisfies readonly (readonly [element: string, option: keyof DocJobOptions])[];

function requestOf(job: NewDocJob): XmlPart {
  const { output, callBackMqConfig: mq } = job;
  const operation: readonly XmlPart[] = [
    ['DocProcess', DOC_PROCESS.flatMap(([element, option]) => optional(element, job[option]))],
    [
      'Output',
      [
        ['Region', output.region],
        ['Bucket', output.bucket],
        ['Object', output.object],
      ],
    ],
    ...optional('UserData', job.userData),
    ...optional('JobLevel', job.jobLevel),
  ];
  const mqConfig: readonly XmlPart[] = mq === undefined ? [] : [['CallBackMqConfig', mqParts(mq)]];
  return [
    'Request',
    [
      ['Tag', 'DocProcess'],
      ['Input', [['Object', job.object]]],
      ['Operation', operation],
      ...optional('QueueId', job.queueId),
      ...optional('CallBack', job.callBack),
      ...optional('CallBackFormat', job.callBackFormat),
      ...optional('CallBackType', job.callBackType),
      ...mqConfig,
    ],
  ];
}

function mqParts({
  mqRegion,
  mqMode,
  mqName,
}: NonNullable<DocJobOptions['callBackMqConfig']>): readonly XmlPart[] {
  return [
    ['MqRegion', mqRegion],
    ['MqMode', mqMode],
    ['MqName', mqName],
  ];
}

function optional(name: string, value: string | number | undefined): readonly XmlPart[] {
  return value === undefined ? [] : [[name, String(value)]];
}
