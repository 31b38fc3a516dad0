/** The promises of DESIGN.md, and 0 for what no promise says but any program must keep. */
export type PromiseNumber = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** A promise that was broken. */
export interface Violation {
  readonly promise: PromiseNumber;
  readonly what: string;
}

/** Gathers what is broken. Nothing is thrown: it would be thrown into the code under test, which might swallow it. */
export class Violations {
  readonly #found: Violation[] = [];

  add(promise: PromiseNumber, what: string): void {
    if (this.#found.length < 20) this.#found.push({ promise, what });
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  get all(): readonly Violation[] {
    return this.#found;
  }
}
