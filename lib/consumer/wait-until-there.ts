import { DocjobError } from '../domain/docjob-error.js';
import type { Clock, RandomSource } from '../domain/effects.js';
import { after, between, epochMs, millis, seconds, type EpochMs, type Millis } from '../domain/units.js';
import { delayBeforeNextLook, type SchedulePolicy } from '../poller/schedule.js';

/** However short the time for waiting is, and at its very end, a look gets so long: it is the answer to "is it there by now?". */
const LEAST_LOOK: Millis = seconds(5);

/** A tenth of the time waited so far: from twice a second for what is about to come to every fifteen seconds for what takes its time. */
const SCHEDULE: SchedulePolicy = { share: 0.1, floor: millis(500), ceiling: seconds(15), jitter: 0.25 };

/** What came of waiting; where it was in vain, what the last look failed with, if it failed. */
export type Waited<T> =
  | { readonly kind: 'there'; readonly value: T }
  | { readonly kind: 'timeout'; readonly lastError: DocjobError | undefined };

/** For how long to wait, and what ends it. */
interface Patience {
  readonly timeout: Millis;
  readonly signal: AbortSignal;
}

/**
 * Looks for something less and less often until it is there. Passing faults of the network and of COS are waited out.
 *
 * @param look has until the moment that it is given; undefined while there is nothing
 * @throws the signal's reason when that aborts; what a look throws that will not pass by itself, at once
 */
export async function waitUntilThere<T>(
  look: (until: EpochMs) => Promise<T | undefined>,
  { timeout, signal }: Patience,
  { clock, random }: { readonly clock: Clock; readonly random: RandomSource },
): Promise<Waited<T>> {
  const startedAt = clock.now();
  const deadline = after(startedAt, timeout);
  let lastError: DocjobError | undefined;
  for (;;) {
    signal.throwIfAborted();
    try {
      const value = await look(epochMs(Math.max(deadline, after(clock.now(), LEAST_LOOK))));
      if (value !== undefined) return { kind: 'there', value };
      lastError = undefined;
    } catch (error) {
      if (!passes(error)) throw error;
      lastError = error;
    }
    const now = clock.now();
    const left = between(now, deadline);
    if (left <= 0) return { kind: 'timeout', lastError };
    const delay = delayBeforeNextLook(between(startedAt, now), random(), SCHEDULE);
    await clock.sleep(millis(Math.min(delay, left)), signal);
  }
}

/** Whether waiting may help. */
function passes(error: unknown): error is DocjobError {
  if (!(error instanceof DocjobError)) return false;
  switch (error.disposition) {
    case 'transient':
    case 'throttled':
    case 'skewed':
      return true;
    case 'credentials':
    case 'configuration':
    case 'job':
      return false;
  }
}
