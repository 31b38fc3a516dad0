import type { JobId } from '../domain/names.js';
import type { WrittenTime } from '../domain/rfc3339.js';

/** Where CI put the pictures (`Operation.Output`), as reported: not yet checked against what we may write to. */
export interface JobOutput {
  readonly bucket: string;
  readonly region: string;
  /** The key template, such as `big/test-${Number}`. Never compute a page's key from it: `TgtUri` does not need to match. */
  readonly object: string;
}

/** One picture of the result: CI's five `PageInfo` fields. */
export interface PageInfo {
  /** `PageNo`: the page, or for a spreadsheet the sheet; so it can repeat. */
  readonly pageNo: number;
  /** `TgtUri` as given: the picture's object key, sometimes with a leading slash. */
  readonly tgtUri: string;
  /** `PicIndex`: spreadsheets only, the picture's number in the whole file. */
  readonly picIndex: number | null;
  /** `PicNum`: spreadsheets only, the picture's number within its sheet. */
  readonly picNum: number | null;
  /** `X-SheetPics`: spreadsheets only, how many pictures the sheet has. */
  readonly sheetPics: number | null;
}

/** The counts of `DocProcessResult` as reported; they need not add up. Null where CI did not say. */
export interface PageCounts {
  readonly total: number | null;
  readonly succeeded: number | null;
  readonly failed: number | null;
  readonly sheets: number | null;
}

/** What CI says about a job whatever its state; null where it said nothing. */
export interface JobFacts {
  readonly jobId: JobId;
  /** Job-level code, opaque. `Success` even on a job that was only just submitted: only `state` tells progress. */
  readonly code: string | null;
  readonly message: string | null;
  readonly tag: string | null;
  readonly queueId: string | null;
  /** The source document's key. */
  readonly inputObject: string | null;
  readonly output: JobOutput | null;
  readonly userData: string | null;
  /** Null also where the time is written in a form that we do not know: a time only helps to schedule, and no job must be lost over one. */
  readonly creationTime: WrittenTime | null;
  readonly startTime: WrittenTime | null;
  readonly endTime: WrittenTime | null;
}

/** A job that ended well, perhaps with some pages failed, perhaps with its list of pages still filling. */
export interface SucceededJob extends JobFacts {
  readonly state: 'Success';
  readonly counts: PageCounts;
  /** In the order of the answer. */
  readonly pages: readonly PageInfo[];
}

/** A job that ended without a result. */
interface UnsuccessfulJob extends JobFacts {
  readonly state: 'Failed' | 'Cancel';
}

/** A job that has not ended; `Pause` can resume. */
export interface UnendedJob extends JobFacts {
  readonly state: 'Submitted' | 'Running' | 'Pause';
}

/** A job in a state that the documentation does not know: treated as not ended, counted, and given up at the maximum age. */
export interface UnrecognizedJob extends JobFacts {
  readonly state: 'Unrecognized';
  readonly reportedState: string;
}

/** A job that has ended and gets a manifest. */
export type EndedJob = SucceededJob | UnsuccessfulJob;

/** A CI document job, closed on CI's own `State`. */
export type DocJob = EndedJob | UnendedJob | UnrecognizedJob;

/** What a describe found: the job, or that CI knows no such job (`NonExistJobIds` or 404). */
export type DescribeAnswer =
  | { readonly kind: 'found'; readonly job: DocJob; readonly requestId: string | undefined }
  | { readonly kind: 'missing'; readonly jobId: JobId; readonly requestId: string | undefined };
