/**
 * Chance that can be had again: a case is a function of its seed and its number (SplitMix32 steps of Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", 2014, with the 32-bit finalizer of MurmurHash3).
 */
export class Random {
  #state: number;

  constructor(seed: number, number: number) {
    this.#state = mixed(mixed(seed) ^ Math.imul(number + 1, 0x9e37_79b9));
  }

  /** A whole number in [0, bound). */
  below(bound: number): number {
    this.#state = (this.#state + 0x9e37_79b9) | 0;
    return Math.floor((mixed(this.#state) / 2 ** 32) * bound);
  }

  /** True once in `times` on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }
}

function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
