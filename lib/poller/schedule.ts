import { millis, minutes, seconds, type Millis } from '../domain/units.js';

/** How the delay before the next look grows with a job's age. */
export interface SchedulePolicy {
  /** The delay as a share of the age: a job is found within this share of the time that it took. */
  readonly share: number;
  /** No delay is drawn from less than this. */
  readonly floor: Millis;
  /** No delay is longer than this. */
  readonly ceiling: Millis;
  /** The share of a delay that chance may take off, at the ceiling too, so that jobs of one batch do not stay in step. */
  readonly jitter: number;
}

/**
 * A quarter of the age: a five-minute conversion is found at most 75 s late, after about a dozen looks. Ten seconds because nothing converts
 * much faster and a timer ticks slower. The ceiling keeps the worst case of {@link worstCaseLooks} under {@link MAX_LOOKS} at the longest
 * maximum age that can be configured.
 */
export const DEFAULT_SCHEDULE: SchedulePolicy = {
  share: 0.25,
  floor: seconds(10),
  ceiling: minutes(30),
  jitter: 0.25,
};

/**
 * On SQS every look is a receive, and a message that was received `maxReceiveCount` = 1000 times is taken away by the queue's own redrive.
 * A fifth of that stays free for looks that ended early (a killed run, a lease handed back).
 */
export const MAX_LOOKS = 800;

/**
 * The delay before the next look at a job of `age`. Pure: a crash forgets nothing, and any queue will do.
 *
 * @param random in [0, 1)
 * @returns whole milliseconds between `(1 − jitter)` times the bounded share of the age, and all of it
 */
export function delayBeforeNextLook(age: Millis, random: number, policy: SchedulePolicy): Millis {
  const share = Math.min(policy.ceiling, Math.max(policy.floor, age * policy.share));
  return millis(Math.round(share * (1 - policy.jitter * random)));
}

/**
 * The most looks that a job can get until it reaches `maxAge`: every delay drawn as short as chance allows, every look made the moment that it
 * is due. Stops counting at ten times {@link MAX_LOOKS}.
 */
export function worstCaseLooks(policy: SchedulePolicy, maxAge: Millis): number {
  let looks = 0;
  for (let age = 0; age < maxAge && looks < 10 * MAX_LOOKS; looks += 1) {
    age += Math.max(1, delayBeforeNextLook(millis(age), 1, policy));
  }
  return looks;
}
