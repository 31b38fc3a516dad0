import { isAfter } from '../cos/list-objects.js';
import { epochMs, type EpochMs } from '../domain/units.js';
import type { Claim } from './bucket-checkpoint.js';

/**
 * One run's way round the keys of a queue: from where the last run stopped to the last key, and then from the first key to where it began, so that
 * it sees every key once. It knows at each step what may be claimed if the run ends there. Pure.
 */
export class Round {
  readonly #prefix: string;
  readonly #origin: string;
  // Stryker disable next-line StringLiteral: its name is for the reader; it is compared with the two others.
  #leg: 'to-the-end' | 'to-the-origin' | 'over' = 'to-the-end';
  #since: EpochMs;
  #startedAt: EpochMs | undefined;
  #after: string;
  #beganAt: EpochMs | undefined;

  constructor(prefix: string, { since, pass }: Claim) {
    this.#prefix = prefix;
    // The prefix itself is no job: it is what consoles make for a folder.
    this.#origin = pass?.after ?? prefix;
    this.#since = since;
    this.#startedAt = pass?.startedAt;
    this.#after = this.#origin;
  }

  /** Every key has been seen. */
  get isOver(): boolean {
    return this.#leg === 'over';
  }

  /** The key that was passed last: the next page begins after it. */
  get position(): string {
    return this.#after;
  }

  /** Look times up to here have been served for the keys that come next. */
  get since(): EpochMs {
    return this.#since;
  }

  /** What is true if every look up to this point is made. */
  get claim(): Claim {
    if (this.isOver) return { since: this.#beganAt ?? this.#since };
    if (this.#startedAt === undefined) return { since: this.#since };
    return { since: this.#since, pass: { startedAt: this.#startedAt, after: this.#after } };
  }

  /** A page was listed at `now`. */
  arrive(now: EpochMs): void {
    // Services have many clocks: a pass began when the one that is furthest behind says so, but never before what it builds on.
    this.#beganAt = epochMs(Math.min(this.#beganAt ?? now, now));
    this.#startedAt = epochMs(Math.max(Math.min(this.#startedAt ?? now, now), this.#since));
  }

  /** Passes a key; false, and the round is over, when it was seen before. */
  pass(key: string): boolean {
    if (this.#leg === 'to-the-origin' && isAfter(key, this.#origin)) this.#leg = 'over';
    if (this.isOver) return false;
    this.#after = key;
    return true;
  }

  /** There are no further keys. */
  endOfListing(): void {
    if (this.#leg === 'to-the-origin' || this.#origin === this.#prefix) {
      this.#leg = 'over';
      return;
    }
    this.#leg = 'to-the-origin';
    this.#since = this.#startedAt ?? this.#since;
    this.#startedAt = undefined;
    this.#after = this.#prefix;
  }
}
