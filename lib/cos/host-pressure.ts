import type { Clock } from '../domain/effects.js';
import { after, between, epochMs, millis, seconds, type EpochMs, type Millis } from '../domain/units.js';

/** By how much less a host is sent that takes nearly what it was sent: little, since a share as large is not used until it is made good. */
const CUT = 0.15;

/** And one that has taken nothing since the last cut: it is far from what it takes, and each step there costs a refused request. */
const STEEP_CUT = 0.5;

/**
 * After so long without a further refusal a cut is made good. Steeply at first, slowly near the rate that was refused, and ever faster beyond it: the curve of
 * CUBIC (RFC 9438 §4.2), for what it is made for: to stay close to a limit, and to find out soon that there is none any more.
 */
const REGAIN: Millis = seconds(4);

/** One request a second always goes: it is how we hear that the host takes more again. */
const LEAST_RATE = 1;

/** The gap at that rate. A longer one is a pause, and tells nothing of the rate. */
const LONGEST_GAP: Millis = seconds(1);

/** The share of the latest gap in the mean of the gaps between requests: that of some ten requests, so that one pause does not count for an idle host. */
const SMOOTHING = 0.1;

interface Cut {
  /** Requests a second that were too many. */
  readonly refused: number;
  readonly share: number;
  readonly at: EpochMs;
}

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
  #cut: Cut | undefined;
  /** Whether the host has taken something that was sent after the cut. */
  #takes = true;
  /** Ends when the last one in the line has had its turn. */
  #line: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #lastTurn = epochMs(0);
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
    const { refused, share, at } = this.#cut;
    const elapsed = Math.max(0, between(at, this.#clock.now()));
    const rate = refused * (1 + share * (elapsed / REGAIN - 1) ** 3);
    return Math.min(this.#ceiling, Math.max(LEAST_RATE, rate));
  }

  /** When the host last asked for less. A turn from before that is none any more. */
  get cutAt(): EpochMs | undefined {
    return this.#cut?.at;
  }

  /** The moment before which the host wants nothing, as far as it is to come. */
  get heldUntil(): EpochMs | undefined {
    return this.#heldUntil <= this.#clock.now() ? undefined : this.#heldUntil;
  }

  /** The host wants nothing before `moment`. */
  hold(moment: EpochMs): void {
    this.#heldUntil = epochMs(Math.max(moment, this.#heldUntil));
  }

  /** As `Pace.turn`; at once while the host has not asked for less. One after the other, so that each waits by the rate of its own turn, not by what it was when it came. */
  async turn(signal: AbortSignal, latest: EpochMs): Promise<boolean> {
    const { rate } = this;
    if (this.#waiting === 0 && rate >= this.#ceiling) return true;
    if (after(this.#clock.now(), millis((1_000 * this.#waiting) / rate)) > latest) return false;
    this.#waiting += 1;
    const turn = this.#line.then(() => this.#first(signal, latest));
    this.#line = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The turn of the first one in the line. */
  async #first(signal: AbortSignal, latest: EpochMs): Promise<boolean> {
    const now = this.#clock.now();
    const gap = 1_000 / this.rate;
    // A clock that has stepped back makes nobody wait for longer than a gap.
    const wait = millis(Math.min(gap, Math.max(0, this.#lastTurn + gap - now)));
    const start = after(now, wait);
    if (start > latest) return false;
    if (wait > 0) await this.#clock.sleep(wait, signal);
    this.#lastTurn = start;
    return true;
  }

  /** A request goes out. */
  started(): void {
    const now = this.#clock.now();
    if (this.#lastAt !== undefined) {
      const gap = Math.min(LONGEST_GAP, Math.max(0, between(this.#lastAt, now)));
      this.#gapMs += (gap - this.#gapMs) * SMOOTHING;
    }
    this.#lastAt = now;
  }

  /** The host took a request of `sentAt`. */
  taken(sentAt: EpochMs): void {
    if (this.#cut !== undefined && sentAt >= this.#cut.at) this.#takes = true;
  }

  /** The host asked for less in its answer to a request of `sentAt`. One that was sent before the last cut tells nothing new. */
  slowDown(sentAt: EpochMs): void {
    if (this.#cut !== undefined && sentAt < this.#cut.at) return;
    const refused = Math.min(this.rate, 1_000 / this.#gapMs);
    this.#cut = { refused, share: this.#takes ? CUT : STEEP_CUT, at: this.#clock.now() };
    this.#takes = false;
  }
}
