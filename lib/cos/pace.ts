import { after, between, epochMs, millis, type EpochMs } from '../domain/units.js';
import type { Clock } from '../domain/effects.js';

/** Spaces the starts of requests evenly, so that no second sees more than the set number of them (DESIGN promise 5). */
export class Pace {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #next: EpochMs | undefined;

  /** @param perSecond how many requests may start in a second; retries count like first attempts. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#intervalMs = 1_000 / perSecond;
  }

  /**
   * Resolves with true when the next request may start; at once with false, and without a place in the line, when that would be after `latest`. Rejects with
   * the signal's reason when that aborts first.
   */
  async turn(signal: AbortSignal, latest: EpochMs): Promise<boolean> {
    const now = this.#clock.now();
    const start = epochMs(Math.max(now, this.#next ?? now));
    if (start > latest) return false;
    this.#next = after(start, millis(this.#intervalMs));
    const wait = between(now, start);
    if (wait > 0) await this.#clock.sleep(wait, signal);
    return true;
  }
}
