import type { Clock } from '../../lib/domain/effects.js';
import { after, epochMs, seconds, type EpochMs, type Millis } from '../../lib/domain/units.js';
import { LINGER } from '../../lib/poller/settler.js';

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

/** Whether a sleep is one of the timers that a run keeps in the background: the end of its work, and how long settlements wait for more. */
export const isBackground = (delay: Millis): boolean => delay >= seconds(10) || delay === LINGER;

/** Ends with the signal and not before. */
export function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Virtual time for runs: their timers in the background take for ever, as long as they are not cancelled. */
export class RunClock extends VirtualClock {
  override sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    return isBackground(delay) ? untilAborted(signal) : super.sleep(delay, signal);
  }
}
