import { readFileSync } from 'node:fs';
import { parseJobId, type JobId } from '../../lib/domain/names.js';

/** An example answer of the API document (436/121093), byte for byte. */
export interface DocumentedAnswer {
  readonly jobId: JobId;
  /** The whole body. */
  readonly body: Buffer;
  /** The `JobsDetail` element in it, for lists. */
  readonly detail: string;
}

/** 1: a document; 2: a spreadsheet. Both are about the same job ID. */
export const DOCUMENTED: Readonly<Record<1 | 2, DocumentedAnswer>> = {
  1: read('non-excel.xml'),
  2: read('excel.xml'),
};

function read(file: string): DocumentedAnswer {
  const body = readFileSync(new URL(`../documented/${file}`, import.meta.url));
  const [detail = ''] = /<JobsDetail>[\s\S]*<\/JobsDetail>/.exec(body.toString('utf8')) ?? [];
  const jobId = parseJobId(/<JobId>(.*)<\/JobId>/.exec(detail)?.[1] ?? '');
  if (jobId === undefined) throw new Error(`the documented answer ${file} names no job`);
  return { jobId, body, detail };
}
