import type { CosRequester } from '../cos/requester.js';
import type { JobSource } from '../doc-jobs/describe.js';
import type { DocJob } from '../doc-jobs/doc-job.js';
import { listPages } from '../doc-jobs/list-pages.js';
import type { JobListEntry } from '../doc-jobs/list.js';
import type { JobId } from '../domain/names.js';
import type { EpochMs } from '../domain/units.js';
import { SubmitError } from './submit-error.js';

/** A job that CI has. */
export interface MadeJob {
  readonly jobId: JobId;
  /** CI's `CreationTime`, where it could be read. */
  readonly createdAt: EpochMs | undefined;
  readonly queueId: string | undefined;
}

/** Which jobs to look for. */
export interface Wanted {
  /** Tells an entry that cannot be read whole. */
  readonly userData: string;
  readonly isWanted: (job: DocJob) => boolean;
  /** The CI queue; older documents of the list require it. */
  readonly queueId: string | undefined;
  readonly createdFrom: EpochMs;
  readonly createdTo: EpochMs;
  /** Whether one will do, or all must be known. */
  readonly extent: 'first' | 'all';
}

/** 5,000 jobs: half of what a CI queue holds (DescribeDocProcessQueues, `MaxSize`), in about as many seconds as a call has for it. */
const MAX_PAGES = 50;

/**
 * Looks for jobs through the list of a bucket's jobs. The list may lag: that none is found does not prove that there is none.
 *
 * @throws SubmitError `look-up-failed` when it cannot be told: too many jobs, a list that does not end, an entry that cannot be read, a list that is
 * refused. Never takes any of these for "none".
 */
export async function findJobs(
  requester: CosRequester,
  source: JobSource,
  wanted: Wanted,
): Promise<readonly MadeJob[]> {
  const { queueId, createdFrom, createdTo, extent } = wanted;
  const window = {
    ...(queueId === undefined ? {} : { queueId }),
    order: 'ascending' as const,
    createdFrom,
    createdTo,
  };
  const found = new Map<JobId, MadeJob>();
  let pages = 0;
  let unreadable = 0;
  try {
    for await (const page of listPages(requester, source, window)) {
      pages += 1;
      for (const job of page.entries.flatMap((entry) => madeJobIn(entry, wanted))) found.set(job.jobId, job);
      if (found.size > 0 && extent === 'first') return [...found.values()];
      unreadable += page.entries.filter((entry) => mayBe(entry, wanted.userData)).length;
      if (pages === MAX_PAGES && page.nextToken !== undefined)
        throw failed(source, `more than ${MAX_PAGES} pages of jobs were created since`);
    }
  } catch (error) {
    if (error instanceof SubmitError) throw error;
    throw failed(source, error instanceof Error ? error.message : 'not an error', error);
  }
  if (unreadable === 0) return [...found.values()];
  throw failed(source, `${unreadable} of the jobs listed could not be read`);
}

function madeJobIn(entry: JobListEntry, { userData, isWanted }: Wanted): readonly MadeJob[] {
  if (entry.kind === 'undecodable') {
    const { jobId } = entry;
    const isOurs = entry.userData === userData && jobId !== undefined;
    return isOurs ? [{ jobId, createdAt: undefined, queueId: undefined }] : [];
  }
  const { job } = entry;
  return isWanted(job) ? [madeJob(job)] : [];
}

/** Whether an entry could be a wanted job for all that we can read of it. */
function mayBe(entry: JobListEntry, userData: string): boolean {
  return entry.kind === 'undecodable' && [undefined, null, userData].includes(entry.userData);
}

/** The facts about a job that matter once it is made. */
export function madeJob({ jobId, creationTime, queueId }: DocJob): MadeJob {
  return { jobId, createdAt: creationTime?.at, queueId: queueId ?? undefined };
}

function failed({ bucket }: JobSource, problem: string, cause?: unknown): SubmitError {
  return new SubmitError(
    'look-up-failed',
    `the jobs of ${bucket} could not be looked through: ${problem}`,
    cause,
  );
}
