import { after, between, millis, type EpochMs, type Millis } from '../domain/units.js';

/** A smaller difference is not the reason why a signature was refused: `Date` has whole seconds, and a signature is valid from a minute before (30 s is also what Tencent's own SDK takes). */
const WORTH_REPAIRING: Millis = millis(30_000);

/** The service's clock as far as we know it: ours, corrected at most once in a run from an answer's `Date`. */
export class ServerClock {
  readonly #now: () => EpochMs;
  #offset: Millis | undefined;

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  /** What our clock was corrected by; undefined as long as it was not. */
  get correction(): Millis | undefined {
    return this.#offset;
  }

  /** The current moment by the service's clock. */
  now(): EpochMs {
    return after(this.#now(), this.#offset ?? millis(0));
  }

  /** Takes the service's word for the time, the first time that it differs enough to matter. Returns the correction that was made. */
  repair(serverDate: EpochMs): Millis | undefined {
    if (this.#offset !== undefined) return undefined;
    const offset = between(this.#now(), serverDate);
    if (Math.abs(offset) < WORTH_REPAIRING) return undefined;
    this.#offset = offset;
    return offset;
  }
}
