import { DeadlineError } from '../cos/errors/deadline-error.js';
import type { CosRequester } from '../cos/requester.js';
import { createDocProcessJob, type NewDocJob } from '../doc-jobs/create.js';
import type { JobSource } from '../doc-jobs/describe.js';
import type { DocJob } from '../doc-jobs/doc-job.js';
import { withoutLeadingSlash } from '../doc-jobs/output-template.js';
import { DocjobError } from '../domain/docjob-error.js';
import type { Clock } from '../domain/effects.js';
import { after, before, between, seconds, type EpochMs, type Millis } from '../domain/units.js';
import { findJobs, madeJob, type MadeJob, type Wanted } from './find-job.js';
import { SubmitError } from './submit-error.js';

/** A document to make one job for. */
export interface Document {
  readonly source: JobSource;
  /** With a `userData` of its own in every case. */
  readonly job: NewDocJob & { readonly userData: string };
  /** Whether `userData` is ours, and so no other document's, or the caller's. */
  readonly isOurUserData: boolean;
  /** Of an event: its time. The job may have been made when the event came before. */
  readonly eventAt?: EpochMs;
}

/** What jobs are made through. */
export interface MakeEffects {
  readonly requester: CosRequester;
  readonly clock: Clock;
  /** The current moment by the service's clock, as far as it is known. */
  readonly serviceNow: () => EpochMs;
  /** Nothing is waited for beyond this moment: what is left of the call is for enqueueing and for the answer. */
  readonly workUntil: EpochMs;
}

/** The one job of a document. */
export interface OneJob extends MadeJob {
  /** Whether it had been made before. */
  readonly existing: boolean;
}

/** How far CI's clock may be from COS's, which dates events, and from ours. Their whole seconds the list makes up for. */
const CLOCK_SLACK = seconds(30);

/** CI's times have whole seconds. */
const GRAIN = seconds(1);

/**
 * How long after a lost answer the list is looked through, and once more: CI may still be at it, and a list may lag. No document says by how much; a list
 * that lags by more makes a second job.
 */
const LOST_ANSWER_WAITS: readonly Millis[] = [seconds(1), seconds(4)];

/** A second create, once the list has no job of the first; no third. */
const MAX_CREATES = 2;

/**
 * Makes the job of a document, once: an event's job is looked up before it is made, and one whose create was not answered is looked up before it is
 * made again.
 *
 * @throws SubmitError `look-up-failed`, `create-unknown` or `create-ambiguous` when it cannot be told whether the job is there, and whatever
 * {@link createDocProcessJob} throws when it is not.
 */
export async function makeJob(document: Document, effects: MakeEffects): Promise<OneJob> {
  const { eventAt, source, job } = document;
  if (eventAt !== undefined) {
    const [made] = await findJobs(
      effects.requester,
      source,
      wantedSince(document, eventAt, effects, 'first'),
    );
    if (made !== undefined) return { ...made, existing: true };
  }
  let lost: DocjobError | undefined;
  for (let creates = 0; creates < MAX_CREATES; creates += 1) {
    const startedAt = effects.serviceNow();
    try {
      return { ...madeJob(await createDocProcessJob(effects.requester, source, job)), existing: false };
    } catch (error) {
      if (!isLost(error)) throw error;
      lost = error;
    }
    const made = await findAfterLoss(document, startedAt, effects, lost);
    if (made !== undefined) return { ...made, existing: true };
  }
  throw unknown(document, lost, 'the list has no job of it yet');
}

/** Whether an error leaves open if CI made a job: no answer, one that cannot be read, or one of a service in trouble. */
function isLost(error: unknown): error is DocjobError {
  return (
    error instanceof DocjobError && error.disposition === 'transient' && !(error instanceof DeadlineError)
  );
}

async function findAfterLoss(
  document: Document,
  startedAt: EpochMs,
  effects: MakeEffects,
  lost: DocjobError,
): Promise<MadeJob | undefined> {
  for (const wait of LOST_ANSWER_WAITS) {
    if (between(effects.clock.now(), effects.workUntil) < wait)
      throw unknown(document, lost, 'no time was left');
    await effects.clock.sleep(wait);
    const found = await findJobs(
      effects.requester,
      document.source,
      wantedSince(document, startedAt, effects, 'all'),
    ).catch((error: unknown) => {
      throw unknown(document, lost, error instanceof Error ? error.message : 'not an error');
    });
    const [made, second] = found;
    if (made === undefined) continue;
    if (document.isOurUserData) return made;
    // A caller's UserData may be that of an earlier submission too.
    const isNew = made.createdAt !== undefined && made.createdAt > before(startedAt, GRAIN);
    if (second === undefined && isNew) return made;
    throw ambiguous(document, found);
  }
  return undefined;
}

function wantedSince(
  { job, isOurUserData }: Document,
  since: EpochMs,
  { serviceNow }: MakeEffects,
  extent: Wanted['extent'],
): Wanted {
  return {
    userData: job.userData,
    isWanted: (listed) => isJobOf(listed, { job, isOurUserData }),
    queueId: job.queueId,
    createdFrom: before(since, CLOCK_SLACK),
    createdTo: after(serviceNow(), CLOCK_SLACK),
    extent,
  };
}

/** Whether a job in a list can be the one that was asked for. */
function isJobOf(
  { userData, inputObject, output }: DocJob,
  { job, isOurUserData }: Pick<Document, 'job' | 'isOurUserData'>,
): boolean {
  const isSameObject = inputObject === null || withoutLeadingSlash(inputObject) === job.object;
  // A caller may give many documents one.
  if (userData === job.userData) return isOurUserData || isSameObject;
  // No document shows that lists have UserData. One without, of the same document to the same place, serves as well.
  const isSamePlace =
    output?.bucket === job.output.bucket &&
    withoutLeadingSlash(output.object) === withoutLeadingSlash(job.output.object);
  return userData === null && inputObject !== null && isSameObject && isSamePlace;
}

function unknown(
  { job, isOurUserData }: Document,
  lost: DocjobError | undefined,
  problem: string,
): SubmitError {
  const name = isOurUserData ? `the UserData ${job.userData}` : 'its UserData';
  return new SubmitError(
    'create-unknown',
    `whether CI made a job is not known (${lost?.message ?? 'no answer'}), and could not be found out: ${problem}. ` +
      `Look for ${name} in the list of jobs before submitting it again`,
    lost,
  );
}

function ambiguous({ job }: Document, found: readonly MadeJob[]): SubmitError {
  const ids = found.map(({ jobId }) => jobId).join(', ');
  return new SubmitError(
    'create-ambiguous',
    `the create was not answered, and the jobs ${ids} of ${JSON.stringify(job.object.slice(0, 200))} have its userData: ` +
      'one of them may be its job. None was enqueued. Give each submission a userData of its own, or none',
  );
}
