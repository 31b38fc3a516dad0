import { DeadlineError } from '../cos/errors/deadline-error.js';
import type { CosRequester } from '../cos/requester.js';
import { describeDocJob } from '../doc-jobs/describe.js';
import type { EndedJob } from '../doc-jobs/doc-job.js';
import { brief } from '../domain/brief.js';
import { DocjobError } from '../domain/docjob-error.js';
import type { RandomSource } from '../domain/effects.js';
import type { BucketName, Region } from '../domain/names.js';
import { between, millis, type EpochMs, type Millis } from '../domain/units.js';
import {
  buildManifest,
  manifestLocation,
  writeManifest,
  type KeyTemplate,
  type ManifestLocation,
} from '../manifest/index.js';
import { buildNotice, type Notice } from '../notices/notice.js';
import type { DeadLetterReason, JobLease, Outcome, PendingJob } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';
import type { Announcement } from './announcer.js';
import {
  decide,
  decideOnAbsence,
  decideOnFailedLook,
  decideOnFailedNotice,
  decideOnFailedWrite,
  type Circumstances,
  type DecisionPolicy,
  type Observation,
  type Postponement,
} from './decide.js';
import type { Holds, Operation } from './holds.js';
import type { FinishedJob } from './report.js';
import type { Task } from './sweep.js';
import type { Tally } from './tally.js';

/** What looks depend on; the same for all of a run, save that each look's requests end with its lease. */
export interface LookDeps {
  readonly requester: CosRequester;
  /** The service's clock as far as it is known: ages are counted by it, since ours may be wrong. */
  readonly now: () => EpochMs;
  readonly random: RandomSource;
  readonly log: Log;
  readonly tally: Tally;
  readonly holds: Holds;
  readonly policy: DecisionPolicy;
  readonly isAllowedBucket: (bucket: BucketName) => boolean;
  readonly keyTemplate: KeyTemplate;
}

/** What became of one look: how its lease ends, and which kind of job was finished if one was. */
export interface LookResult {
  readonly outcome: Outcome;
  readonly finished?: FinishedJob;
  /** What consumers are told of it before the lease is acknowledged, where they are told. */
  readonly announcement?: Announcement;
}

/** What follows from what CI says about a job. Nothing has been done about it. */
export type Assessment =
  /** Its manifest is to be written. */
  | {
      readonly kind: 'finish';
      readonly job: EndedJob;
      readonly complete: boolean;
      readonly location: ManifestLocation;
    }
  /** Its lease is to end so; never as done. */
  | { readonly kind: 'settle'; readonly outcome: Outcome };

/**
 * Looks at one leased job: asks CI, decides, and writes the manifest of a job that has ended. An outcome of `done` means that the manifest is
 * there.
 *
 * @throws what concerns more than this job: a DocjobError of disposition `credentials`, a DeadlineError, the reason of an aborted signal.
 */
export async function look(lease: JobLease, deps: LookDeps): Promise<LookResult> {
  const assessment = await assess(lease, deps);
  if (assessment.kind === 'settle') return { outcome: assessment.outcome };
  const { job: ended, complete, location } = assessment;
  const written = await write(lease.job, ended, complete, location, deps);
  const about = (): Circumstances => circumstancesOf(lease, deps);
  if (written instanceof DocjobError) {
    return { outcome: outcomeOf(decideOnFailedWrite(written, ended, about(), deps.policy)) };
  }
  const { state, creationTime } = ended;
  const ifUnsent = (error: DocjobError): Outcome =>
    outcomeOf(decideOnFailedNotice(error, creationTime, about(), deps.policy));
  return {
    outcome: { kind: 'done' },
    finished: { state, complete },
    announcement: { notice: written, ifUnsent },
  };
}

/**
 * The part of a look that changes nothing: asks CI, and decides.
 *
 * @throws as {@link look} does.
 */
export async function assess(lease: JobLease, deps: LookDeps): Promise<Assessment> {
  const { job } = lease;
  const bury = (reason: DeadLetterReason, detail: string): Assessment => {
    return { kind: 'settle', outcome: { kind: 'dead-letter', reason, detail } };
  };
  if (!deps.isAllowedBucket(job.bucket)) {
    return bury(
      'bucket-not-allowed',
      `the source bucket ${job.bucket} is not allowed: add it to ALLOWED_BUCKETS and redrive the job`,
    );
  }
  const observation = await observe(job, deps);
  const decision = decide(observation, circumstancesOf(lease, deps), deps.policy);
  if (decision.kind !== 'finish') return { kind: 'settle', outcome: outcomeOf(decision) };
  const location = manifestLocation(decision.job, job, deps.keyTemplate, deps.isAllowedBucket);
  return location.kind === 'ok' ? { ...decision, location } : bury('output-not-allowed', location.problem);
}

function circumstancesOf({ job, firstSeenAt }: JobLease, { now, random }: LookDeps): Circumstances {
  return { pending: job, firstSeenAt, now: now(), random: random() };
}

/** What a list says about a job is enough to let it wait, and for nothing else: undefined where the job is to be looked at. */
export function lookByList(task: Task, deps: LookDeps): LookResult | undefined {
  if (task.kind === 'look') return undefined;
  const about = circumstancesOf(task.lease, deps);
  if (task.kind === 'absent') {
    const decision = decideOnAbsence(about, deps.policy);
    return decision === undefined ? undefined : { outcome: outcomeOf(decision) };
  }
  const answer = { kind: 'found', job: task.job, requestId: undefined } as const;
  const decision = decide({ kind: 'answered', answer }, about, deps.policy);
  if (decision.kind !== 'look-again') return undefined;
  deps.tally.answered(answer);
  return { outcome: decision };
}

/** What becomes of a job whose look made the run stop: looked at again by its age, and given up at the maximum age like any other. */
export function failedLook(lease: JobLease, error: unknown, deps: LookDeps): LookResult {
  const known =
    error instanceof DocjobError
      ? error
      : new DocjobError('unexpected', error instanceof Error ? error.message : 'not an error', {
          disposition: 'job',
          cause: error,
        });
  deps.tally.erred(known);
  deps.log.error('look-failed', {
    ...naming(lease.job),
    code: known.code,
    message: known.message,
    requestId: known.requestId,
  });
  const about = circumstancesOf(lease, deps);
  return { outcome: outcomeOf(decideOnFailedLook(known, about, deps.policy)) };
}

async function observe(job: PendingJob, deps: LookDeps): Promise<Observation> {
  const result = await attempt('describe', job, job, deps, () =>
    describeDocJob(deps.requester, job, job.jobId),
  );
  if (!result.ok) return { kind: 'unanswered', error: result.error };
  const answer = result.value;
  deps.tally.answered(answer);
  if (answer.kind === 'found' && answer.job.state === 'Unrecognized') {
    deps.log.warn('unknown-state', {
      ...naming(job),
      state: brief(answer.job.reportedState),
      requestId: answer.requestId,
    });
  }
  return { kind: 'answered', answer };
}

/** Writes the manifest. Gives the notice of it, or what went wrong. */
async function write(
  job: PendingJob,
  ended: EndedJob,
  complete: boolean,
  location: ManifestLocation,
  deps: LookDeps,
): Promise<DocjobError | Notice> {
  const manifest = buildManifest(ended, job, complete);
  const result = await attempt('write-manifest', location, job, deps, () =>
    writeManifest(deps.requester, location, manifest),
  );
  if (!result.ok) return result.error;
  const { bucket, region, key } = location;
  const stalenessMs = stalenessOf(ended, deps.now());
  if (result.value.kind === 'written') deps.tally.wrote(stalenessMs);
  deps.log.info(result.value.kind === 'written' ? 'manifest-written' : 'manifest-kept', {
    ...naming(job),
    state: ended.state,
    complete,
    pages: manifest.pages.length,
    stalenessMs,
    manifest: { bucket, region, key },
  });
  return buildNotice(manifest, location);
}

/** From the job's end to its manifest, by the service's clock, whose `EndTime` has whole seconds; null where CI did not say when it ended. */
function stalenessOf({ endTime }: EndedJob, now: EpochMs): Millis | null {
  // A clock that is corrected by a `Date` of whole seconds can be before the end.
  return endTime === null ? null : millis(Math.max(0, between(endTime.at, now)));
}

type Attempt<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: DocjobError };

/** Does one operation on a bucket for a job, unless the bucket is known to be closed to it; counts and logs what fails. */
async function attempt<T>(
  operation: Operation,
  at: { readonly bucket: BucketName; readonly region: Region },
  job: PendingJob,
  deps: LookDeps,
  act: () => Promise<T>,
): Promise<Attempt<T>> {
  const { holds, tally, log } = deps;
  const held = holds.find(operation, at);
  if (held !== undefined) {
    tally.failed(operation, held);
    return { ok: false, error: held };
  }
  try {
    const value = await act();
    tally.succeeded(operation);
    holds.succeeded(operation, at);
    return { ok: true, value };
  } catch (error) {
    if (
      !(error instanceof DocjobError) ||
      error instanceof DeadlineError ||
      error.disposition === 'credentials'
    ) {
      throw error;
    }
    tally.failed(operation, error);
    const fields = {
      ...naming(job),
      operation,
      code: error.code,
      message: error.message,
      requestId: error.requestId,
    };
    const isClosed = holds.failed(operation, at, error);
    if (error.disposition !== 'configuration') log.warn('look-failed', fields);
    if (isClosed) {
      const event = error.disposition === 'configuration' ? 'bucket-held-back' : 'service-down';
      log.error(event, { ...fields, closed: `${at.bucket} (${at.region})` });
    }
    return { ok: false, error };
  }
}

function outcomeOf(decision: Postponement): Outcome {
  switch (decision.kind) {
    case 'look-again':
      return decision;
    case 'give-up':
      return { ...decision, kind: 'dead-letter' };
  }
}

function naming(job: PendingJob): Record<string, string> {
  return { jobId: job.jobId, bucket: job.bucket, region: job.region };
}
