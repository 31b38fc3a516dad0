import {
  after,
  before,
  between,
  epochMs,
  millis,
  seconds,
  type EpochMs,
  type Millis,
} from '../domain/units.js';
import type { QueueCapabilities } from '../queue/pending-queue.js';

/**
 * What is kept free at the end of a run for settling: a dead letter, or a notice, and its acknowledgement, each of which gets a second (QUEUE_REQUEST_TIMEOUT), and
 * one more for the closing log line. A queue that needs retries beyond that costs no job: its leases come back.
 */
export const SETTLE_TIME: Millis = seconds(3);

/** A look is a describe and a manifest's PUT; each may take a whole attempt's time. */
const ATTEMPTS_IN_A_LOOK = 2;

/** A run that has room for fewer looks one after the other than this is worth a warning. */
const COMFORTABLE_LOOKS = 2;

/** The time limits of one run. */
export interface RunBudget {
  /** No request outlives this moment; from here on leases are only settled. */
  readonly workUntil: EpochMs;
  /** What must be left for a look to be started: enough to finish it, each attempt at its longest. */
  readonly lookTime: Millis;
}

/** Whether a run has time to do anything. */
export type Gate =
  | { readonly kind: 'run'; readonly budget: RunBudget }
  | { readonly kind: 'warn'; readonly budget: RunBudget; readonly problem: string }
  | { readonly kind: 'refuse'; readonly problem: string };

/** What a single look may take with its settling, each attempt at its longest: the least that a run, or a lease, must have. */
export function timeForALook(attemptTimeout: Millis): Millis {
  return millis(ATTEMPTS_IN_A_LOOK * attemptTimeout + SETTLE_TIME);
}

/**
 * Plans a run that starts now and is killed at `deadline`: refused when not one look would fit, since leases taken then would only come back;
 * warned about when little more than one fits.
 */
export function planRun(now: EpochMs, deadline: EpochMs, attemptTimeout: Millis): Gate {
  const remaining = between(now, deadline);
  const least = timeForALook(attemptTimeout);
  const lookTime = millis(least - SETTLE_TIME);
  const budget = { workUntil: before(deadline, SETTLE_TIME), lookTime };
  if (remaining < least) {
    return {
      kind: 'refuse',
      problem:
        `the run has ${remaining} ms, but one look needs up to ${least} ms: ` +
        `give the function a longer timeout, or lower REQUEST_TIMEOUT_MS (now ${attemptTimeout})`,
    };
  }
  if (remaining < SETTLE_TIME + COMFORTABLE_LOOKS * lookTime) {
    return {
      kind: 'warn',
      budget,
      problem: `the run has ${remaining} ms, little more than one look may need (${least} ms): give the function a longer timeout`,
    };
  }
  return { kind: 'run', budget };
}

/** When a look must have ended: before the run's work does, and while the lease still holds for long enough to be settled. */
export function lookUntil(leaseUntil: EpochMs, budget: RunBudget): EpochMs {
  return epochMs(Math.min(budget.workUntil, before(leaseUntil, SETTLE_TIME)));
}

/** When lists must have ended: comfortably before a look must. A run in which they took a look's time would hand its jobs back, and the next one too. */
export function listUntil(leaseUntil: EpochMs, budget: RunBudget): EpochMs {
  return before(lookUntil(leaseUntil, budget), millis(COMFORTABLE_LOOKS * budget.lookTime));
}

/** Of the time that two looks leave, so much goes into taking leases at most: what is taken is worth nothing without its lists and looks. */
const GATHERING_SHARE = 0.25;

/**
 * Until when further leases are taken before the next looks. A run that is short of time takes none: if it took a look's time, all would be handed back, and the
 * next run would do the same.
 */
export function gatherUntil(now: EpochMs, { workUntil, lookTime }: RunBudget): EpochMs {
  const spare = between(now, workUntil) - COMFORTABLE_LOOKS * lookTime;
  return after(now, millis(Math.max(0, Math.floor(GATHERING_SHARE * spare))));
}

/** Whether a look may be started at `now`: it must be able to end in time, each attempt at its longest. */
export function mayStart(now: EpochMs, leaseUntil: EpochMs, budget: RunBudget): boolean {
  return between(now, lookUntil(leaseUntil, budget)) >= budget.lookTime;
}

/** Leases that a run plans over at a time, so that its memory does not grow with the backlog; some ten megabytes. */
const MOST_AT_A_TIME = 10_000;

/** As many where leases are short: none may run out while the others are taken. */
const FEW_AT_A_TIME = 100;

/**
 * How many leases to take before the next looks. More of them are asked about by fewer lists; but what is hidden from other runs meanwhile must not be more than
 * could be looked at singly in the time that is left, each look being a describe and a PUT.
 */
export function leasesAtATime(
  { showsAll, leasesAsLongAsAsked }: Pick<QueueCapabilities, 'showsAll' | 'leasesAsLongAsAsked'>,
  timeLeft: Millis,
  requestsPerSecond: number,
): number {
  if (showsAll) return MOST_AT_A_TIME;
  if (!leasesAsLongAsAsked) return FEW_AT_A_TIME;
  const looks = Math.floor((timeLeft * requestsPerSecond) / (1_000 * ATTEMPTS_IN_A_LOOK));
  return Math.max(1, Math.min(MOST_AT_A_TIME, looks));
}

/** What is wrong with a lease that is too short for a look from the beginning, though the run has time for one; undefined when nothing is. */
export function leaseProblem(
  now: EpochMs,
  leaseUntil: EpochMs,
  deadline: EpochMs,
  budget: RunBudget,
): string | undefined {
  if (mayStart(now, leaseUntil, budget) || !mayStart(now, deadline, budget)) return undefined;
  return (
    `the queue gives leases of ${between(now, leaseUntil)} ms, but one look needs up to ${budget.lookTime + SETTLE_TIME} ms: ` +
    'give the queue a longer visibility timeout, or lower REQUEST_TIMEOUT_MS'
  );
}

/**
 * As many looks at a time as the pace can feed: with more, every PUT would wait in line behind all the describes, and none would be in time. So no
 * request waits for its turn longer than one attempt may take.
 */
export function looksAtATime(
  concurrency: number,
  pace: { readonly requestsPerSecond: number; readonly attemptTimeout: Millis },
): number {
  const fed = Math.floor((pace.requestsPerSecond * pace.attemptTimeout) / 1_000);
  return Math.max(1, Math.min(concurrency, fed));
}
