/** Timers are up to two milliseconds off, so the pace is up to this share faster for a second. */
const PACE_TOLERANCE = 1.05;

/** Promise 5: how many requests may start within a second, by one run or by all that may overlap, each with its share of the rate. */
export class PaceRule {
  readonly #perSecond: number;
  readonly #limit: number;
  readonly #starts: number[] = [];

  /** @param perSecond one run's share */
  constructor(perSecond: number, runs: number) {
    this.#perSecond = runs * perSecond;
    this.#limit = runs * (Math.ceil(perSecond * PACE_TOLERANCE) + 1);
  }

  /** A request starts; tells what is wrong with that. Moments come in their order. */
  start(now: number): string | undefined {
    const starts = this.#starts;
    starts.push(now);
    while ((starts[0] ?? now) <= now - 1_000) starts.shift();
    return starts.length > this.#limit
      ? `${starts.length} requests started within a second, ${this.#perSecond} may`
      : undefined;
  }
}
