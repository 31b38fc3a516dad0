import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../lib/domain/effects.js';
import { seconds, type EpochMs, type Millis } from '../lib/domain/units.js';

/** Longer than any wait between two requests; what waits longer waits for the end of a run, which never comes here. */
const LONGEST_PAUSE = seconds(30);

/** A clock that only the bench moves, for counting what does not depend on time's passing within a run. */
export class CountingClock implements Clock {
  #now: EpochMs;

  constructor(start: EpochMs) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now;
  }

  /** Moves to a moment; never back. */
  moveTo(moment: EpochMs): void {
    if (moment > this.#now) this.#now = moment;
  }

  /** A pause takes as long as it says, and none of this clock's time; the wait for a deadline ends with its signal. */
  sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (delay <= LONGEST_PAUSE) return wait(delay, undefined, signal === undefined ? {} : { signal });
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }
}
