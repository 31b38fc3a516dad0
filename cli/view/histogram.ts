/** Each bin is so much wider than the one before: a quantile is right to within half of that. */
const GROWTH = 1.05;

/** Durations by their size, in bins that grow with it: as many as there are sizes, however many durations there are. */
export class Histogram {
  readonly #bins = new Map<number, number>();
  #count = 0;
  #most = 0;

  get count(): number {
    return this.#count;
  }

  /** The greatest, exactly; 0 of none. */
  get most(): number {
    return this.#most;
  }

  /** Takes a duration of zero or more. */
  add(durationMs: number): void {
    const bin = Math.round(Math.log1p(durationMs) / Math.log(GROWTH));
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
    this.#count += 1;
    this.#most = Math.max(this.#most, durationMs);
  }

  /** Takes all that another one holds. */
  merge(other: Histogram): void {
    for (const [bin, count] of other.#bins) this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + count);
    this.#count += other.#count;
    this.#most = Math.max(this.#most, other.#most);
  }

  /** The duration that this share of all does not exceed, to within a few per cent; null of none. */
  quantile(share: number): number | null {
    let left = Math.ceil(this.#count * share);
    for (const [bin, count] of [...this.#bins].sort(([one], [other]) => one - other)) {
      left -= count;
      if (left <= 0) return Math.min(valueOf(bin), this.#most);
    }
    return null;
  }

  /** How many are below each of the ascending limits and not below the one before, and how many are beyond the last. */
  between(limitsMs: readonly number[]): readonly number[] {
    const counts = Array<number>(limitsMs.length + 1).fill(0);
    for (const [bin, count] of this.#bins) {
      const at = limitsMs.findIndex((limit) => valueOf(bin) < limit);
      const index = at < 0 ? limitsMs.length : at;
      counts[index] = (counts[index] ?? 0) + count;
    }
    return counts;
  }
}

function valueOf(bin: number): number {
  return Math.round(Math.expm1(bin * Math.log(GROWTH)));
}
