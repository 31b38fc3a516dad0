import { parseJobId, type JobId } from '../../lib/domain/names.js';
import type { EpochMs } from '../../lib/domain/units.js';
import { writeElement, type XmlNode } from '../xml/write.js';
import { writeCiTime } from './ci-time.js';
import { DOCUMENTED, type DocumentedAnswer } from './documented.js';
import type { Job, JobView } from './job.js';
import type { Page } from './pages.js';

/**
 * The one job code that comes near: the file-preview error for an encrypted file. No document lists the codes of failed jobs.
 */
const FAILURE = { code: '-3006', message: 'The file is encrypted and cannot be parsed' };

/** The documented example that stands for this job, once it has ended. */
export function documentedAnswerOf(job: Job, view: JobView): DocumentedAnswer | undefined {
  return job.script.documented === undefined || view.endedAt === undefined
    ? undefined
    : DOCUMENTED[job.script.documented];
}

/** A job's `JobsDetail`, its elements in the order of their names as in every documented example. */
export function writeJobsDetail(job: Job, view: JobView): string {
  return documentedAnswerOf(job, view)?.detail ?? writeElement(jobsDetail(job, view));
}

/** A job's `JobsDetail` without what it made. */
export function writeWithoutResult(job: Job, view: JobView): string {
  return writeElement(
    jobsDetail(
      job,
      view,
      operation(job, view).filter(([name]) => name !== 'DocProcessResult'),
    ),
  );
}

/** The ID in a path, if it can be one. */
export function jobIdIn(subject: string | undefined): JobId | undefined {
  return parseJobId(subject ?? '');
}

function jobsDetail(job: Job, view: JobView, inOperation = operation(job, view)): XmlNode {
  const hasFailed = view.state === 'Failed';
  return [
    'JobsDetail',
    [
      // "Success" from the beginning: only the state tells progress.
      ['Code', hasFailed ? FAILURE.code : 'Success'],
      ['CreationTime', writeCiTime(job.createdAt)],
      ['EndTime', timeOrDash(view.endedAt)],
      [
        'Input',
        [
          ['BucketId', job.bucket],
          ['Object', job.request.object],
          ['Region', job.region],
        ],
      ],
      ['JobId', job.id],
      ['Message', hasFailed ? FAILURE.message : ''],
      ['Operation', inOperation],
      ['QueueId', job.queueId],
      ['StartTime', timeOrDash(view.startedAt)],
      ['State', view.state],
      ['Tag', 'DocProcess'],
    ],
  ];
}

function operation(job: Job, view: JobView): readonly XmlNode[] {
  const { docProcess, jobLevel, output, userData } = job.request;
  return [
    ['DocProcess', docProcess],
    ...(view.state === 'Success' ? [['DocProcessResult', docProcessResult(job, view)] as const] : []),
    ['JobLevel', jobLevel],
    [
      'Output',
      [
        ['Bucket', output.bucket],
        ['Object', output.object],
        ['Region', output.region],
      ],
    ],
    ...(userData === undefined ? [] : [['UserData', userData] as const]),
  ];
}

function docProcessResult({ result, script, request }: Job, { shownPages }: JobView): readonly XmlNode[] {
  const slash = script.tgtUriLeadingSlash === true ? '/' : '';
  return [
    ['FailPageCount', String(result.failed)],
    ...result.pages.slice(0, shownPages).map((page): XmlNode => ['PageInfo', pageInfo(page, slash)]),
    ['SuccPageCount', String(result.pages.length)],
    ['TaskId', ''],
    ['TgtType', request.targetType],
    ['TotalPageCount', String(result.total)],
    ...(result.sheets === undefined ? [] : [['TotalSheetCount', String(result.sheets)] as const]),
  ];
}

function pageInfo({ pageNo, key, inSheet }: Page, slash: string): readonly XmlNode[] {
  const tgtUri: XmlNode = ['TgtUri', `${slash}${key}`];
  if (inSheet === undefined) return [['PageNo', String(pageNo)], tgtUri];
  return [
    ['PageNo', String(pageNo)],
    ['PicIndex', String(inSheet.picIndex)],
    ['PicNum', String(inSheet.picNum)],
    tgtUri,
    ['X-SheetPics', String(inSheet.sheetPics)],
  ];
}

function timeOrDash(moment: EpochMs | undefined): string {
  return moment === undefined ? '-' : writeCiTime(moment);
}
