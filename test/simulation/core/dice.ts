import { seededRandom } from '../../../local/faults/seeded-random.js';

/** All chance of a simulation. What is drawn depends on the seed and on the draws before, on nothing else. */
export class Dice {
  /** In [0, 1). */
  readonly random: () => number;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.random = seededRandom(seed);
  }

  /** Dice of their own for one purpose, so that a draw more for one thing does not change all others. */
  fork(purpose: string): Dice {
    // FNV-1a, mixed once more: seeds that follow each other must not give alike streams.
    let hash = 0x811c9dc5 ^ this.#seed;
    for (let at = 0; at < purpose.length; at += 1)
      hash = Math.imul(hash ^ purpose.charCodeAt(at), 0x01000193);
    return new Dice(Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ this.#seed);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** A whole number, both ends included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.random() * items.length)] ?? items[0];
  }

  /** Of log-normal distribution: Box and Muller's normal number, as an exponent. */
  logNormal(median: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
    return median * Math.exp(sigma * normal);
  }
}
