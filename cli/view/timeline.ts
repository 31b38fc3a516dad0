import { epochMs, millis, type EpochMs, type Millis } from '../../lib/domain/units.js';

/** The lengths that a step can have: each holds the one before a whole number of times. Beyond the last they double. */
const STEPS_SECONDS = [1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_419_200];

/** More steps than this do not fit into a plot that can be read. */
const MOST_STEPS = 60;

/** What happened, step by step of equal length. The steps become longer as the period does, so that there are never more than {@link MOST_STEPS}. */
export class Timeline<T> {
  readonly #make: () => T;
  readonly #merge: (into: T, from: T) => void;
  #steps = new Map<number, T>();
  #size = 0;

  /** @param merge adds what the second holds to the first. */
  constructor(make: () => T, merge: (into: T, from: T) => void) {
    this.#make = make;
    this.#merge = merge;
  }

  /** How long a step is. */
  get step(): Millis {
    const last = STEPS_SECONDS.at(-1) ?? 1;
    const length = STEPS_SECONDS[this.#size] ?? last * 2 ** (this.#size - STEPS_SECONDS.length + 1);
    return millis(length * 1_000);
  }

  /** The step that a moment is in. */
  at(moment: EpochMs): T {
    for (;;) {
      const index = Math.floor(moment / this.step);
      const known = this.#steps.get(index);
      if (known !== undefined) return known;
      const all = [...this.#steps.keys(), index];
      if (Math.max(...all) - Math.min(...all) < MOST_STEPS) {
        const made = this.#make();
        this.#steps.set(index, made);
        return made;
      }
      this.#lengthen();
    }
  }

  /** All steps from the first to the last, those in which nothing happened included. */
  steps(): readonly { readonly from: EpochMs; readonly value: T }[] {
    const indexes = [...this.#steps.keys()];
    if (indexes.length === 0) return [];
    const first = Math.min(...indexes);
    return Array.from({ length: Math.max(...indexes) - first + 1 }, (_, offset) => ({
      from: epochMs((first + offset) * this.step),
      value: this.#steps.get(first + offset) ?? this.#make(),
    }));
  }

  #lengthen(): void {
    const before = this.step;
    this.#size += 1;
    const old = this.#steps;
    this.#steps = new Map();
    for (const [index, value] of old) {
      const longer = Math.floor((index * before) / this.step);
      const there = this.#steps.get(longer);
      if (there === undefined) this.#steps.set(longer, value);
      else this.#merge(there, value);
    }
  }
}
