import { readFileSync } from 'node:fs';
import type { CosResponse } from '../../lib/cos/requester.js';
import { parseJobId, type JobId } from '../../lib/domain/names.js';

/** A job ID known to be one. */
export function jobIdOf(text: string): JobId {
  const jobId = parseJobId(text);
  if (jobId === undefined) throw new Error(`${text} is no job ID`);
  return jobId;
}

/** The job that all fixtures are about. */
export const JOB_ID = jobIdOf('d13cfd584cd9011ea820b597ad1785a2f');

/** The bytes of a fixture. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}

/** A 200 with `body`. */
export function answer(body: string | Uint8Array): CosResponse {
  return { status: 200, headers: {}, body: Buffer.from(body), requestId: 'request-7' };
}

/** A `Response` with one `JobsDetail` of the fixtures' job. */
export function jobsDetail({ state = 'Success', rest = '', result = '' } = {}): string {
  return (
    `<Response><JobsDetail><JobId>${JOB_ID}</JobId><State>${state}</State>${rest}` +
    `<Operation><DocProcessResult>${result}</DocProcessResult></Operation></JobsDetail></Response>`
  );
}

/** A `PageInfo` as of a document that is no spreadsheet. */
export function pageInfo(pageNo: number | string, tgtUri: string): string {
  return `<PageInfo><PageNo>${pageNo}</PageNo><TgtUri>${tgtUri}</TgtUri></PageInfo>`;
}
