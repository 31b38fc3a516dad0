import type { EndedJob, SucceededJob } from '../../lib/doc-jobs/doc-job.js';
import { parseJobId } from '../../lib/domain/names.js';
import { epochMs } from '../../lib/domain/units.js';
import { aBucket, aRegion } from '../support/pending-jobs.js';

/** The bucket that the documented requests are sent to. */
export const DOCUMENTED_SOURCE = {
  bucket: aBucket('examplebucket-1250000000'),
  region: aRegion('ap-beijing'),
};

const jobId = parseJobId('d13cfd584cd9011ea820b597ad1785a2f');
if (jobId === undefined) throw new Error('the documented job ID is not taken for one');

const ciTime = (iso: string) => ({ iso, at: epochMs(Date.parse(iso)) });

/** DescribeDocProcessJob, example 1, "Response for a non-Excel file". */
export const documentedPages: SucceededJob = {
  state: 'Success',
  jobId,
  code: 'Success',
  message: null,
  tag: 'DocProcess',
  queueId: 'p50882922b848464fadd222d771438328',
  userData: null,
  inputObject: '1.doc',
  output: { bucket: 'examplebucket-1250000000', region: 'ap-chongqing', object: 'big/test-${Number}' },
  creationTime: ciTime('2020-07-24T17:28:47+08:00'),
  startTime: null,
  endTime: ciTime('2020-07-24T17:28:49+08:00'),
  counts: { total: 2, succeeded: 1, failed: 0, sheets: null },
  pages: [{ pageNo: 2, tgtUri: 'big/test-1', picIndex: null, picNum: null, sheetPics: null }],
};

/** DescribeDocProcessJob, example 2, "Response for an Excel file". */
export const documentedSheets: SucceededJob = {
  ...documentedPages,
  queueId: 'p5fdbba9a9b83479f84538d5beb*****',
  inputObject: '1.xlsx',
  output: {
    bucket: 'markjrzhang-1251704708',
    region: 'ap-chongqing',
    object: 'mark/${SheetID}/pic-${Page}.jpg',
  },
  creationTime: ciTime('2020-12-03T19:54:10+08:00'),
  endTime: ciTime('2020-12-03T19:54:13+08:00'),
  counts: { total: 6, succeeded: 6, failed: 0, sheets: 3 },
  pages: [
    { pageNo: 1, picIndex: 1, picNum: 1, tgtUri: 'mark2/1/test-1.jpg', sheetPics: 2 },
    { pageNo: 1, picIndex: 2, picNum: 2, tgtUri: 'mark2/1/test-2.jpg', sheetPics: 2 },
  ],
};

/** The documentation shows no job that failed; this is example 1 without its result, and with CI's code for an encrypted document. */
export const failedJob: EndedJob = {
  state: 'Failed',
  jobId,
  code: '-3006',
  message: 'the document is encrypted',
  tag: documentedPages.tag,
  queueId: documentedPages.queueId,
  userData: 'order 7',
  inputObject: documentedPages.inputObject,
  output: documentedPages.output,
  creationTime: documentedPages.creationTime,
  startTime: ciTime('2020-07-24T17:28:48+08:00'),
  endTime: documentedPages.endTime,
};

/** A cancelled job about which CI says as little as it can. */
export const cancelledJob: EndedJob = {
  state: 'Cancel',
  jobId,
  code: null,
  message: null,
  tag: null,
  queueId: null,
  userData: null,
  inputObject: null,
  output: null,
  creationTime: null,
  startTime: null,
  endTime: null,
};
