import type { XmlElement } from '../cos/xml.js';
import { parseJobId } from '../domain/names.js';
import { parseRfc3339, type WrittenTime } from '../domain/rfc3339.js';
import type { DocJob, JobFacts, JobOutput, PageCounts, PageInfo } from './doc-job.js';

/** CI's whole numbers: digits and nothing else, so no sign, no exponent, no fraction; no more of them than a safe integer has, leading zeros aside. */
const DIGITS = /^\d{1,99}$/;

/**
 * A `JobsDetail` as a job. Elements that are not known are ignored; those that say nothing (absent, empty) are null.
 *
 * @throws UndecodableError if the job ID or the state is missing, a known element is repeated or of the wrong kind, a number is none, or a page
 * has no number or no key.
 */
export function decodeJobsDetail(detail: XmlElement): DocJob {
  const facts = decodeFacts(detail);
  const state = detail.requiredText('State');
  switch (state) {
    case 'Success':
      return { ...facts, state, ...decodeResult(detail) };
    case 'Failed':
    case 'Cancel':
    case 'Submitted':
    case 'Running':
    case 'Pause':
      return { ...facts, state };
    default:
      return { ...facts, state: 'Unrecognized', reportedState: state };
  }
}

function decodeFacts(detail: XmlElement): JobFacts {
  const operation = detail.child('Operation');
  const jobId = parseJobId(detail.requiredText('JobId'));
  if (jobId === undefined) throw detail.undecodable('has a JobId that is no job ID');
  return {
    jobId,
    code: detail.text('Code'),
    message: detail.text('Message'),
    tag: detail.text('Tag'),
    queueId: detail.text('QueueId'),
    inputObject: detail.child('Input')?.text('Object') ?? null,
    output: decodeOutput(operation?.child('Output') ?? null),
    userData: operation?.text('UserData') ?? null,
    creationTime: timeOf(detail, 'CreationTime'),
    startTime: timeOf(detail, 'StartTime'),
    endTime: timeOf(detail, 'EndTime'),
  };
}

function timeOf(detail: XmlElement, name: string): WrittenTime | null {
  // Stryker disable next-line StringLiteral: any text that is no time does as well.
  return parseRfc3339(detail.text(name) ?? '');
}

/** Null unless it says where the pictures are. */
function decodeOutput(output: XmlElement | null): JobOutput | null {
  if (output === null) return null;
  const bucket = output.text('Bucket');
  const region = output.text('Region');
  if (bucket === null || region === null) return null;
  return { bucket, region, object: output.text('Object') ?? '' };
}

/** `DocProcessResult` is documented for every success; without one nothing was counted and no page is known. */
function decodeResult(detail: XmlElement): {
  readonly counts: PageCounts;
  readonly pages: readonly PageInfo[];
} {
  const result = detail.child('Operation')?.child('DocProcessResult') ?? null;
  return {
    counts: {
      total: countOf(result, 'TotalPageCount'),
      succeeded: countOf(result, 'SuccPageCount'),
      // One page of 2020 prints `FailCount`.
      failed: countOf(result, 'FailPageCount') ?? countOf(result, 'FailCount'),
      sheets: countOf(result, 'TotalSheetCount'),
    },
    pages: (result?.children('PageInfo') ?? []).map(decodePage),
  };
}

function decodePage(page: XmlElement): PageInfo {
  const pageNo = countOf(page, 'PageNo');
  if (pageNo === null) throw page.undecodable('has no PageNo');
  return {
    pageNo,
    tgtUri: page.requiredText('TgtUri'),
    picIndex: countOf(page, 'PicIndex'),
    picNum: countOf(page, 'PicNum'),
    sheetPics: countOf(page, 'X-SheetPics'),
  };
}

function countOf(element: XmlElement | null, name: string): number | null {
  if (element === null) return null;
  const text = element.text(name);
  if (text === null) return null;
  const count = Number(text);
  if (!DIGITS.test(text) || !Number.isSafeInteger(count))
    throw element.undecodable(`has a ${name} that is no count`);
  return count;
}
