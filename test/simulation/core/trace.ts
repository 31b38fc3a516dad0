import type { Process } from './process.js';

/** What happened, for whoever reads about a seed that failed. Off, it costs nothing: a seed is run once more to read its trace. */
export class Trace {
  readonly isOn: boolean;
  readonly #start: number;
  readonly #lines: string[] = [];

  constructor(isOn: boolean, start: number) {
    this.isOn = isOn;
    this.#start = start;
  }

  add(now: number, owner: Process | undefined, kind: string, what: string): void {
    if (!this.isOn) return;
    const who = owner === undefined ? 'platform' : `run ${owner.id}`;
    this.#lines.push(
      `${((now - this.#start) / 1_000).toFixed(3).padStart(11)} s  ${who.padEnd(9)} ${kind.padEnd(5)} ${what}`,
    );
  }

  /** The last so many lines, each with its virtual time since the start. */
  last(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}
