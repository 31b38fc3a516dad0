import type { BucketName, JobId, Region } from '../../lib/domain/names.js';
import { epochMs, type EpochMs } from '../../lib/domain/units.js';
import type { CallbackTarget } from './callback-request.js';
import type { JobResult } from './pages.js';
import type { JobScript } from './script.js';

/** What was asked for, after the service's own defaults. */
export interface JobRequest {
  readonly object: string;
  /** The `DocProcess` elements in the order of their names, to be given back. */
  readonly docProcess: readonly (readonly [name: string, value: string])[];
  readonly targetType: 'jpg' | 'png' | 'pdf';
  readonly output: { readonly bucket: BucketName; readonly region: Region; readonly object: string };
  readonly userData: string | undefined;
  readonly jobLevel: string;
}

/** One job: all that is fixed when it is created, and the few moments that come later. Its state at any moment follows from these. */
export interface Job {
  readonly id: JobId;
  /** Counts up over all jobs of the cloud. */
  readonly sequence: number;
  readonly bucket: BucketName;
  readonly region: Region;
  readonly queueId: string;
  readonly createdAt: EpochMs;
  readonly request: JobRequest;
  readonly script: JobScript;
  /** Who is told when it has ended. */
  readonly callback: CallbackTarget | undefined;
  readonly durationMs: number;
  readonly result: JobResult;
  /** When it got its place among the running ones. */
  startedAt: EpochMs | undefined;
  cancelledAt: EpochMs | undefined;
}

/** What a job looks like from outside at one moment. */
export interface JobView {
  readonly state: string;
  readonly startedAt: EpochMs | undefined;
  /** Set once it has ended. */
  readonly endedAt: EpochMs | undefined;
  /** The pages that a describe tells of. */
  readonly shownPages: number;
}

/** Records are kept for one month (436/121093). */
const KEPT_MS = 30 * 86_400_000;

/** When the work of a job that started at `startedAt` ends; never is infinitely late. */
export function workEndsAt(job: Job, startedAt: EpochMs): number {
  const { ends, state, pauseMs = 0 } = job.script;
  if (ends === 'never' || (state !== undefined && ends === undefined)) return Number.POSITIVE_INFINITY;
  return startedAt + pauseMs + job.durationMs;
}

/** Whether the service has a record of the job at `now`. */
export function isKept(job: Job, now: EpochMs): boolean {
  return job.script.forget !== true && now < job.createdAt + KEPT_MS;
}

/** The job as it is at `now`; `waitingState` is what a job without a place among the running ones is called. */
export function viewOf(job: Job, now: EpochMs, waitingState: 'Submitted' | 'Pause'): JobView {
  const { script, startedAt, cancelledAt } = job;
  if (cancelledAt !== undefined && now >= cancelledAt) {
    return { state: 'Cancel', startedAt: undefined, endedAt: cancelledAt, shownPages: 0 };
  }
  if (startedAt === undefined || now < startedAt) {
    return { state: waitingState, startedAt: undefined, endedAt: undefined, shownPages: 0 };
  }
  const endsAt = workEndsAt(job, startedAt);
  if (now < endsAt) {
    const isPaused = now < startedAt + (script.pauseMs ?? 0);
    const state = isPaused ? 'Pause' : (script.state ?? 'Running');
    return { state, startedAt, endedAt: undefined, shownPages: 0 };
  }
  const state = endStateOf(script);
  const shownPages = state === 'Success' ? filledPages(job, now - endsAt) : 0;
  return { state, startedAt, endedAt: epochMs(endsAt), shownPages };
}

/** The state that the work ends in. */
export function endStateOf({ ends }: JobScript): 'Success' | 'Failed' | 'Cancel' {
  return ends === undefined || ends === 'never' ? 'Success' : ends;
}

function filledPages({ script: { fillMs = 0 }, result }: Job, sinceEndMs: number): number {
  const whole = result.pages.length;
  return sinceEndMs >= fillMs ? whole : Math.floor((whole * sinceEndMs) / fillMs);
}
