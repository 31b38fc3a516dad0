import { ServiceError } from '../cos/errors/service-error.js';
import { UndecodableError } from '../cos/errors/undecodable-error.js';
import type {
  DescribeAnswer,
  EndedJob,
  PageInfo,
  SucceededJob,
  UnendedJob,
  UnrecognizedJob,
} from '../doc-jobs/doc-job.js';
import { brief } from '../domain/brief.js';
import type { DocjobError } from '../domain/docjob-error.js';
import type { WrittenTime } from '../domain/rfc3339.js';
import {
  after,
  between,
  days,
  epochMs,
  hours,
  millis,
  minutes,
  type EpochMs,
  type Millis,
} from '../domain/units.js';
import type { DeadLetterReason, LastError, PendingJob } from '../queue/pending-queue.js';
import { delayBeforeNextLook, type SchedulePolicy } from './schedule.js';

/** When a job is looked at again, and when it is given up. */
export interface DecisionPolicy {
  readonly schedule: SchedulePolicy;
  /** A job that has not ended this long after the queue first saw it is given up. */
  readonly maxAge: Millis;
  /** A job that CI does not know is given up after this long: a fresh one may lag behind its creation. */
  readonly unknownJobGrace: Millis;
}

/** Three days: a conversion takes five minutes at most (CI 1250/109275), so this is a queue that stood still over a weekend. CI keeps records for a month. */
export const DEFAULT_MAX_AGE: Millis = days(3);

/** SQS keeps a message 14 days: this leaves room for {@link OUTAGE_GRACE} and for a redrive. */
export const LONGEST_MAX_AGE: Millis = days(10);

/** Long enough for a listing that lags and an operator's mistake, short enough to tell the submitter the same day. */
export const DEFAULT_UNKNOWN_JOB_GRACE: Millis = hours(1);

/** How long after `EndTime` a `Success` with fewer pages than counted may still be filling (DESIGN). */
export const FILL_GRACE: Millis = minutes(10);

/** A look that could not be made is no verdict: an outage at the maximum age delays giving up by this much. */
export const OUTAGE_GRACE: Millis = days(1);

/** A moment further in the future than any two clocks that can sign for each other (15 minutes, COS "RequestTimeTooSkewed") is not believed. */
const CLOCK_TOLERANCE: Millis = minutes(15);

/** What asking CI about a job brought. */
export type Observation =
  /** CI answered. */
  | { readonly kind: 'answered'; readonly answer: DescribeAnswer }
  /** CI's answer could not be had or read. */
  | { readonly kind: 'unanswered'; readonly error: DocjobError };

/** What is known about a pending job beside the observation. */
export interface Circumstances {
  readonly pending: PendingJob;
  /** The queue's own record, or ours where it keeps none: never a claim. */
  readonly firstSeenAt: EpochMs;
  readonly now: EpochMs;
  /** In [0, 1). */
  readonly random: number;
}

/** The job is not settled by a manifest now. */
export type Postponement =
  | { readonly kind: 'look-again'; readonly delay: Millis }
  | {
      readonly kind: 'give-up';
      readonly reason: DeadLetterReason;
      readonly detail: string;
      readonly lastError?: LastError;
    };

/** What to do about a job. */
export type Decision =
  /** Write the manifest; `complete` is false when pages that were counted never came. */
  { readonly kind: 'finish'; readonly job: EndedJob; readonly complete: boolean } | Postponement;

/**
 * Decides about one job. Pure. `State` comes first: a job that has ended gets its manifest at any age. The delay goes by the job's age; giving
 * up goes by the time since the queue first saw it, or since it was last redriven.
 */
export function decide(observation: Observation, about: Circumstances, policy: DecisionPolicy): Decision {
  switch (observation.kind) {
    case 'answered':
      return decideOnAnswer(observation.answer, about, policy);
    case 'unanswered':
      return decideOnFailedLook(observation.error, about, policy);
  }
}

/** Decides about a job whose look failed, so that nothing is known of it. Pure. */
export function decideOnFailedLook(
  error: DocjobError,
  about: Circumstances,
  policy: DecisionPolicy,
): Postponement {
  return decideOnError('look-failed', error, ageOf(null, about), about, policy);
}

/**
 * Decides about a job that a list of ended jobs does not show. Pure. That is no answer, so it can only wait; undefined at the maximum age, when the job
 * must be asked about.
 */
export function decideOnAbsence(about: Circumstances, policy: DecisionPolicy): Postponement | undefined {
  return giveUpAge(about) < policy.maxAge ? lookAgain(ageOf(null, about), about, policy) : undefined;
}

/** Decides about a job that has ended and whose manifest could not be written. Pure. */
export function decideOnFailedWrite(
  error: DocjobError,
  job: EndedJob,
  about: Circumstances,
  policy: DecisionPolicy,
): Postponement {
  return decideOnError('manifest-failed', error, ageOf(job.creationTime, about), about, policy);
}

/** Decides about a job whose manifest is there, created at `creationTime`, of which the notice could not be sent. Pure. */
export function decideOnFailedNotice(
  error: DocjobError,
  creationTime: WrittenTime | null,
  about: Circumstances,
  policy: DecisionPolicy,
): Postponement {
  return decideOnError('notice-failed', error, ageOf(creationTime, about), about, policy);
}

function decideOnAnswer(answer: DescribeAnswer, about: Circumstances, policy: DecisionPolicy): Decision {
  if (answer.kind === 'missing') {
    return giveUpAge(about) < policy.unknownJobGrace
      ? lookAgain(ageOf(null, about), about, policy)
      : giveUp(
          'unknown-job',
          `CI knows no job ${answer.jobId} in ${about.pending.bucket} (${about.pending.region})`,
        );
  }
  const { job } = answer;
  switch (job.state) {
    case 'Failed':
    case 'Cancel':
      return { kind: 'finish', job, complete: true };
    case 'Success':
      if (isWhole(job)) return { kind: 'finish', job, complete: true };
      return decideOnFilling(job, about, policy);
    case 'Submitted':
    case 'Running':
    case 'Pause':
    case 'Unrecognized':
      return decideOnUnended(job, about, policy);
  }
}

function decideOnUnended(
  job: UnendedJob | UnrecognizedJob,
  about: Circumstances,
  policy: DecisionPolicy,
): Decision {
  if (giveUpAge(about) < policy.maxAge) return lookAgain(ageOf(job.creationTime, about), about, policy);
  return job.state === 'Unrecognized'
    ? giveUp('unknown-state', `the job is in the unknown state ${JSON.stringify(brief(job.reportedState))}`)
    : giveUp('too-old', `the job is still ${job.state} at the maximum age`);
}

function decideOnError(
  reason: DeadLetterReason,
  error: DocjobError,
  age: Millis,
  about: Circumstances,
  policy: DecisionPolicy,
): Postponement {
  const limit = isOutage(error) ? millis(policy.maxAge + OUTAGE_GRACE) : policy.maxAge;
  if (giveUpAge(about) < limit) return lookAgain(age, about, policy);
  const { code, message, requestId } = error;
  return { kind: 'give-up', reason, detail: message, lastError: { code, message, requestId } };
}

/**
 * Whether the service could not be asked, as against an answer that makes no sense: only the second is a verdict on the job. A refusal that names no
 * reason may be our key's or our clock's, so it is none either.
 */
function isOutage(error: DocjobError): boolean {
  if (error instanceof UndecodableError) return false;
  if (error instanceof ServiceError && error.isUnexplained) return true;
  return ['transient', 'throttled', 'skewed', 'credentials'].includes(error.disposition);
}

/**
 * Whether all pages that CI counted are there: as many different ones, since a list that repeats a page lacks another. Where CI did not count them,
 * a success without a single page is not believed.
 */
function isWhole({ pages, counts }: SucceededJob): boolean {
  const counted = counts.succeeded ?? 1;
  return new Set(pages.map(identityOf)).size >= counted;
}

function identityOf({ pageNo, picIndex, picNum, sheetPics, tgtUri }: PageInfo): string {
  return JSON.stringify([pageNo, picIndex, picNum, sheetPics, tgtUri]);
}

/**
 * A success whose pages are not all there. While it fills, the delay goes by the time since its end: the missing pages are seconds away, not a share
 * of the job's age. Without an `EndTime`, or with one from the future, nobody can say how long ago the job ended: then the maximum age ends the wait.
 */
function decideOnFilling(job: SucceededJob, about: Circumstances, policy: DecisionPolicy): Decision {
  const endedAt = credible(job.endTime?.at, about.now);
  const mayStillFill =
    endedAt === undefined ? giveUpAge(about) < policy.maxAge : about.now < after(endedAt, FILL_GRACE);
  if (!mayStillFill) return { kind: 'finish', job, complete: false };
  const age = endedAt === undefined ? ageOf(job.creationTime, about) : since(endedAt, about);
  return lookAgain(age, about, policy);
}

/** The time that giving up counts from: never a claim, and a `redrivenAt` only if our own clocks could have set it. */
function giveUpAge({ pending, firstSeenAt, now }: Circumstances): Millis {
  const { redrivenAt } = pending;
  const believed = credible(redrivenAt, now) ?? firstSeenAt;
  return between(epochMs(Math.max(firstSeenAt, believed)), now);
}

/** The moment; undefined where it lies in the future by more than {@link CLOCK_TOLERANCE}, or there is none. */
function credible(moment: EpochMs | undefined, now: EpochMs): EpochMs | undefined {
  return (moment ?? Number.POSITIVE_INFINITY) <= after(now, CLOCK_TOLERANCE) ? moment : undefined;
}

/**
 * How old the job is: by CI's word, else by the submitter's claim, else since the queue first saw it. No job is younger than its place in the
 * queue, so a claim from the future cannot keep the delays short.
 */
function ageOf(creationTime: WrittenTime | null, about: Circumstances): Millis {
  const created = creationTime?.at ?? about.pending.createdAt ?? about.firstSeenAt;
  return since(epochMs(Math.min(created, about.firstSeenAt)), about);
}

function since(moment: EpochMs, { now }: Circumstances): Millis {
  return millis(Math.max(0, between(moment, now)));
}

function lookAgain(age: Millis, { random }: Circumstances, policy: DecisionPolicy): Postponement {
  return { kind: 'look-again', delay: delayBeforeNextLook(age, random, policy.schedule) };
}

function giveUp(reason: DeadLetterReason, detail: string): Postponement {
  return { kind: 'give-up', reason, detail };
}
