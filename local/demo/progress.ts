/** How far the demo is. */
export interface Progress {
  readonly settled: number;
  readonly total: number;
  readonly manifests: number;
  readonly deadLetters: number;
  readonly runs: number;
  readonly elapsedMs: number;
}

/** Where progress goes: a terminal gets one line that is written over, anything else a plain line for each change. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Leaves room for the words on a terminal of 80 columns. */
const BAR_WIDTH = 16;

/** Shows progress as it comes in. */
export class ProgressDisplay {
  readonly #output: ProgressOutput;
  #last = '';

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  show(progress: Progress): void {
    const text = lineOf(progress);
    if (this.#output.isTTY === true) {
      this.#output.write(
        `\r\u001b[2K${`${barOf(progress)} ${text}`.slice(0, (this.#output.columns ?? 80) - 1)}`,
      );
      this.#last = text;
    } else if (changeOf(progress) !== this.#last) {
      this.#output.write(`${text}\n`);
      this.#last = changeOf(progress);
    }
  }

  /** Ends the line that is written over, so that what follows begins on its own. */
  end(): void {
    if (this.#output.isTTY === true && this.#last !== '') this.#output.write('\n');
    this.#last = '';
  }
}

function lineOf({ settled, total, manifests, deadLetters, runs, elapsedMs }: Progress): string {
  return (
    `${settled}/${total} settled: ${manifests} manifests, ${deadLetters} dead letters; ` +
    `${runs} runs, ${Math.round(elapsedMs / 1_000)} s`
  );
}

function changeOf({ settled, manifests, deadLetters }: Progress): string {
  return `${settled} ${manifests} ${deadLetters}`;
}

function barOf({ settled, total }: Progress): string {
  const filled = total === 0 ? 0 : Math.round((BAR_WIDTH * settled) / total);
  return `[${'='.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}]`;
}
