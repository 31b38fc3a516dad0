import type { Clock } from '../domain/effects.js';
import { after, between, epochMs, millis, type EpochMs } from '../domain/units.js';

/** What is left of the rate when a host asks for less: gentler than a half, since a run is short (RFC 9438 §4.6, β of CUBIC). */
const CUT = 0.7;

/** By how much the rate grows in a second without a further cut: a cut is made good in four seconds, so that about one request in four seconds is refused. */
const GROWTH = 1.1;

/** One request a second always goes: it is how we hear that the host takes more again. */
const LEAST_RATE = 1;

/** The share of the latest gap in the mean of the gaps between requests: that of some ten requests, so that one pause does not count for an idle host. */
const SMOOTHING = 0.1;

/**
 * What one host, a bucket's COS or CI, takes of us as far as its refusals tell: fewer requests after each `SlowDown`, more again as time goes by
 * without one; none before its Retry-After. Other hosts go on meanwhile. Until a host asks for less only the run's own pace holds.
 */
export class HostPressure {
  readonly #clock: Clock;
  readonly #ceiling: number;
  /** The mean gap between the latest requests. */
  #gapMs: number;
  #lastAt: EpochMs | undefined;
  #cut: { readonly rate: number; readonly at: EpochMs } | undefined;
  #next: EpochMs | undefined;
  #heldUntil = epochMs(0);

  /** @param ceiling the most requests a second: the run's own pace. */
  constructor(clock: Clock, ceiling: number) {
    this.#clock = clock;
    this.#ceiling = ceiling;
    this.#gapMs = 1_000 / ceiling;
  }

  /** Requests a second that the host may be sent at present. */
  get rate(): number {
    if (this.#cut === undefined) return this.#ceiling;
    const elapsedMs = Math.max(0, between(this.#cut.at, this.#clock.now()));
    return Math.min(this.#ceiling, this.#cut.rate * GROWTH ** (elapsedMs / 1_000));
  }

  /** The moment before which the host wants nothing, as far as it is to come. */
  get heldUntil(): EpochMs | undefined {
    return this.#heldUntil <= this.#clock.now() ? undefined : this.#heldUntil;
  }

  /** The host wants nothing before `moment`. */
  hold(moment: EpochMs): void {
    this.#heldUntil = epochMs(Math.max(moment, this.#heldUntil));
  }

  /** As `Pace.turn`; at once while the host has not asked for less. */
  async turn(signal: AbortSignal, latest: EpochMs): Promise<boolean> {
    const { rate } = this;
    if (rate >= this.#ceiling) return true;
    const now = this.#clock.now();
    const start = epochMs(Math.max(now, this.#next ?? now));
    if (start > latest) return false;
    this.#next = after(start, millis(1_000 / rate));
    const wait = between(now, start);
    if (wait > 0) await this.#clock.sleep(wait, signal);
    return true;
  }

  /** A request goes out. */
  started(): void {
    const now = this.#clock.now();
    if (this.#lastAt !== undefined) {
      this.#gapMs += (Math.max(0, between(this.#lastAt, now)) - this.#gapMs) * SMOOTHING;
    }
    this.#lastAt = now;
  }

  /** The host asked for less in its answer to a request of `sentAt`. One that was sent before the last cut tells nothing new. */
  slowDown(sentAt: EpochMs): void {
    if (this.#cut !== undefined && sentAt < this.#cut.at) return;
    const taken = Math.min(this.rate, 1_000 / this.#gapMs);
    this.#cut = { rate: Math.max(LEAST_RATE, taken * CUT), at: this.#clock.now() };
  }
}
