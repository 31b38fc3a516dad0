import { UndecodableError } from '../cos/errors/undecodable-error.js';
import type { CosRequester, CosResponse } from '../cos/requester.js';
import { parseXml, type XmlElement } from '../cos/xml.js';
import { parseJobId, type JobId } from '../domain/names.js';
import { after, before, seconds, type EpochMs } from '../domain/units.js';
import { writeCiTime } from './ci-time.js';
import { decodeJobsDetail } from './decode-job.js';
import { MAX_ANSWER_BYTES } from './decode.js';
import type { JobSource } from './describe.js';
import type { DocJob } from './doc-job.js';

/** The most entries that a page can be asked for (1045/47934). */
export const MAX_PAGE_SIZE = 100;

/** A state that can be asked for; `All`, CI's default, is to name none. */
export type ListedState = 'Submitted' | 'Running' | 'Success' | 'Failed' | 'Pause' | 'Cancel';

/** Which jobs of a bucket to list; what is left out, does not narrow the list. */
export interface JobListQuery {
  /** The CI queue; older pages of the document require it, newer ones list all queues without. */
  readonly queueId?: string;
  /**
   * By creation time. CI's default is `descending`. Nothing should rest on it: pages differ in how the two words are written, so a service may not
   * know ours.
   */
  readonly order?: 'ascending' | 'descending';
  /** The page's token as the page before named it; absent for the first. */
  readonly nextToken?: string;
  /** Entries of a page, 1 to {@link MAX_PAGE_SIZE}; CI's default is 10. */
  readonly size?: number;
  /** At least one, if given. */
  readonly states?: readonly ListedState[];
  /** Jobs created at this moment or later. */
  readonly createdFrom?: EpochMs;
  /** Jobs created at this moment or earlier. */
  readonly createdTo?: EpochMs;
}

/** One entry of a page: a job, or one that could not be decoded with as much as could be read of it. */
export type JobListEntry =
  | { readonly kind: 'job'; readonly job: DocJob }
  | {
      readonly kind: 'undecodable';
      readonly error: UndecodableError;
      /** Undefined where it could not be read. */
      readonly jobId: JobId | undefined;
      /** Null where there is none, undefined where it could not be read. */
      readonly userData: string | null | undefined;
    };

/** One page of a list, its entries in the order of the answer. A page may repeat or skip a job: absence from a list proves nothing. */
export interface JobPage {
  readonly entries: readonly JobListEntry[];
  /** Undefined on the last page. */
  readonly nextToken: string | undefined;
  readonly requestId: string | undefined;
}

/** A time of CI has whole seconds, and bounds are documented both as open and as closed: so much is added on either side. */
const GRAIN = seconds(1);

/**
 * A page of the jobs of a bucket (DescribeDocProcessJobs, 1045/47934). The window of creation times is widened by a second on both sides, so jobs from
 * just outside it can be among the entries.
 *
 * @throws RangeError if the query cannot be asked; UndecodableError if the answer is not a well-formed `Response` (one entry that cannot be decoded
 * does not spoil a page); and whatever `requester` throws.
 */
export async function listDocJobs(
  requester: CosRequester,
  { bucket, region }: JobSource,
  query: JobListQuery,
): Promise<JobPage> {
  return requester.send(
    { family: 'ci', bucket, region, method: 'GET', path: '/doc_jobs', query: parametersOf(query) },
    decodePage,
  );
}

function parametersOf(query: JobListQuery): Readonly<Record<string, string>> {
  const { queueId, order, nextToken, size, states, createdFrom, createdTo } = query;
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= MAX_PAGE_SIZE)) {
    throw new RangeError(`a page of ${size} jobs cannot be asked for: 1 to ${MAX_PAGE_SIZE} can`);
  }
  if (states?.length === 0) throw new RangeError('a list of jobs in no state cannot be asked for');
  return {
    tag: 'DocProcess',
    ...(queueId === undefined ? {} : { queueId }),
    ...(order === undefined ? {} : { orderByTime: order === 'ascending' ? 'Asc' : 'Desc' }),
    ...(nextToken === undefined ? {} : { nextToken }),
    ...(size === undefined ? {} : { size: String(size) }),
    ...(states === undefined ? {} : { states: states.join(',') }),
    ...(createdFrom === undefined ? {} : { startCreationTime: writeCiTime(before(createdFrom, GRAIN)) }),
    ...(createdTo === undefined ? {} : { endCreationTime: writeCiTime(after(createdTo, GRAIN)) }),
  };
}

function decodePage(response: CosResponse): JobPage {
  const root = parseXml(response, 'Response', MAX_ANSWER_BYTES);
  return {
    entries: root
      .children('JobsDetail')
      .filter((detail) => !detail.isEmpty)
      .map(decodeEntry),
    nextToken: root.text('NextToken') ?? undefined,
    requestId: response.requestId,
  };
}

function decodeEntry(detail: XmlElement): JobListEntry {
  const job = attempt(() => decodeJobsDetail(detail));
  if (!(job instanceof UndecodableError)) return { kind: 'job', job };
  const jobId = attempt(() => parseJobId(detail.requiredText('JobId')));
  const userData = attempt(() => detail.child('Operation')?.text('UserData') ?? null);
  return {
    kind: 'undecodable',
    error: job,
    jobId: jobId instanceof UndecodableError ? undefined : jobId,
    userData: userData instanceof UndecodableError ? undefined : userData,
  };
}

function attempt<T>(read: () => T): T | UndecodableError {
  try {
    return read();
  } catch (error) {
    // Stryker disable next-line ConditionalExpression: whatever else is thrown is a bug, which no answer can bring about.
    if (error instanceof UndecodableError) return error;
    throw error;
  }
}
