import type { Clock } from '../../lib/domain/effects.js';
import { after, epochMs, type EpochMs, type Millis } from '../../lib/domain/units.js';

/** 2026-01-01T00:00:00Z, an arbitrary start for virtual time. */
export const START = epochMs(Date.UTC(2026, 0, 1));

/** A clock that stands still until somebody sleeps: each sleep takes no real time and moves the clock by its length. */
export class VirtualClock implements Clock {
  readonly sleeps: Millis[] = [];
  #now: EpochMs;

  constructor(start: EpochMs = START) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now;
  }

  advance(by: Millis): void {
    this.#now = after(this.#now, by);
  }

  sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    this.sleeps.push(delay);
    this.advance(delay);
    return Promise.resolve();
  }
}
