import type { EpochMs, Millis } from './units.js';

/** The passage of time, injected so that tests and simulations can own it. */
export interface Clock {
  /** The current moment by the local clock. */
  now(): EpochMs;
  /**
   * Resolves after `delay`; rejects with `signal.reason` as soon as the signal aborts, leaving no timer behind.
   * `delay` must be at most 2³¹−1 ms: Node turns a longer timer into one of 1 ms.
   */
  sleep(delay: Millis, signal?: AbortSignal): Promise<void>;
}

/** A source of numbers in [0, 1), injected for the same reason. */
export type RandomSource = () => number;
