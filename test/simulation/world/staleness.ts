import { millis } from '../../../lib/domain/units.js';
import { delayBeforeNextLook } from '../../../lib/poller/schedule.js';
import type { Scenario } from '../scenario.js';

/** A run that nothing befalls needs no longer than this for all it finds: some sixteen jobs, a long poll, a few dozen short calls. */
export const CALM_RUN_MS = 10_000;

/** The longest delay that the schedule gives at an age. */
export function longestDelayAt(ageMs: number, { policy }: Scenario): number {
  return delayBeforeNextLook(millis(ageMs), 0, policy.decisions.schedule);
}

/**
 * The bound of a queue that keeps each delay to the second: one delay, drawn at the age that the job had when it could be finished, at its longest and rounded up
 * to whole seconds; plus one tick; plus what two runs take, the one that decided the delay and the one that writes.
 */
export function boundByExactDelays(ageMs: number, scenario: Scenario): number {
  const delay = longestDelayAt(ageMs, scenario);
  return Math.ceil(delay / 1_000) * 1_000 + scenario.platform.tickMs + 2 * CALM_RUN_MS;
}
