import type { CosResponse } from '../cos/requester.js';
import { parseXml, type XmlElement } from '../cos/xml.js';
import type { JobId } from '../domain/names.js';
import { decodeJobsDetail } from './decode-job.js';
import type { DescribeAnswer, DocJob } from './doc-job.js';

/**
 * The largest answer that is decoded. A document has 5,000 pages at most (CI 1250/109275) and a COS key 850 bytes, so a single job stays
 * below 6 MiB; a usual one below 1 MiB.
 */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Between IDs. One by one they would make millions of empty strings of an answer that is full of them. */
// Stryker disable next-line Regex: no test tells one separator from several, but for the memory.
const SEPARATORS = /[\s,;]{1,999}/;

/**
 * What an answer to DescribeDocProcessJob says about the job that was asked for.
 *
 * @throws UndecodableError if it is not a well-formed `Response`, is about another job or several, contradicts itself, or names the job neither
 * as existing nor as unknown; and whenever `decodeJobsDetail` does.
 */
export function decodeDescribe(response: CosResponse, asked: JobId): DescribeAnswer {
  const root = parseXml(response, 'Response', MAX_ANSWER_BYTES);
  const unknown = namesUnknown(root, asked);
  // An empty one beside NonExistJobIds is how a service with fixed response structures would write "none".
  if (root.children('JobsDetail').some((detail) => !detail.isEmpty)) {
    const job = onlyJob(root);
    if (job.jobId !== asked) throw root.undecodable(`is about the job ${job.jobId}, not about ${asked}`);
    if (unknown) throw root.undecodable(`describes the job ${asked} and says that there is none`);
    return { kind: 'found', job, requestId: response.requestId };
  }
  if (!unknown) throw root.undecodable(`says nothing about the job ${asked}`);
  return { kind: 'missing', jobId: asked, requestId: response.requestId };
}

/**
 * The job that an answer to CreateDocProcessJobs says was made.
 *
 * @throws UndecodableError if it is not a well-formed `Response` with exactly one job, and whenever `decodeJobsDetail` does.
 */
export function decodeCreated(response: CosResponse): DocJob {
  return onlyJob(parseXml(response, 'Response', MAX_ANSWER_BYTES));
}

function onlyJob(root: XmlElement): DocJob {
  const detail = root.child('JobsDetail');
  if (detail === null) throw root.undecodable('has no JobsDetail');
  return decodeJobsDetail(detail);
}

/**
 * Whether `NonExistJobIds` names the job. It is documented as a string for a list and never shown, so it may hold one ID, be repeated, or separate
 * several by commas or white space.
 */
function namesUnknown(root: XmlElement, asked: JobId): boolean {
  return root
    .children('NonExistJobIds')
    .some((element) => element.value?.split(SEPARATORS).includes(asked) === true);
}
