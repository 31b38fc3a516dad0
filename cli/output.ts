import type { Clock } from '../lib/domain/effects.js';
import { between, seconds, type EpochMs, type Millis } from '../lib/domain/units.js';
import type { Environment } from '../lib/env-reader.js';
import type { ToldError } from './errors.js';
import { hasColours, safe, safeLines, styleOf, type Style } from './style.js';

/** Where text goes: a standard stream, or what a test gives for one. */
export interface TextStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** How often progress is told where it is no terminal that could show it. */
const PLAIN_PROGRESS: Millis = seconds(10);

/** Takes back the line that is being written over (ECMA-48, "Erase in Line"). */
const ERASE_LINE = '\r\u001b[2K';

/** What output goes by. */
export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Environment;
  readonly clock: Pick<Clock, 'now'>;
  readonly isJson: boolean;
}

/**
 * What a command says: results on standard output, everything else on standard error. For people or, with `--json`, for machines: then standard
 * output is one JSON document, or one a line where the command's help says so, and each line of standard error is a JSON object.
 */
export class Output {
  readonly isJson: boolean;
  /** For results. */
  readonly style: Style;
  readonly #errorStyle: Style;
  readonly #stdout: TextStream;
  readonly #stderr: TextStream;
  readonly #clock: Pick<Clock, 'now'>;
  #isLineOpen = false;
  #toldAt: EpochMs | undefined;

  constructor({ stdout, stderr, env, clock, isJson }: OutputOptions) {
    this.isJson = isJson;
    this.style = styleOf(hasColours(env, stdout.isTTY));
    this.#errorStyle = styleOf(hasColours(env, stderr.isTTY));
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#clock = clock;
  }

  /** The one result of a command: `value` as a JSON document, or what `inWords` makes of it. */
  result(value: unknown, inWords: (style: Style) => string): void {
    this.#write(this.#stdout, this.isJson ? JSON.stringify(value, null, 2) : inWords(this.style));
  }

  /** One of many results: `value` as a line of JSON, or `inWords`, one line. */
  item(value: unknown, inWords: (style: Style) => string): void {
    this.#write(this.#stdout, this.isJson ? JSON.stringify(value) : inWords(this.style));
  }

  /** A word to the user that is no result. */
  note(text: string): void {
    this.#write(this.#stderr, this.isJson ? JSON.stringify({ note: text }) : safeLines(text));
  }

  warn(text: string): void {
    const inWords = (): string => `${this.#errorStyle.yellow('warning:')} ${safeLines(text)}`;
    this.#write(this.#stderr, this.isJson ? JSON.stringify({ warning: text }) : inWords());
  }

  /** A line of the log, JSON already. */
  logLine(line: string): void {
    this.#write(this.#stderr, line);
  }

  error({ code, message, requestId, hint, exitCode }: ToldError): void {
    if (this.isJson) {
      const error = { code, message, requestId: requestId ?? null, hint: hint ?? null, exitCode };
      this.#write(this.#stderr, JSON.stringify({ error }));
      return;
    }
    // Most messages of the services have it already.
    const id = requestId === undefined || message.includes(requestId) ? '' : ` (request ID ${requestId})`;
    const advice = hint === undefined ? '' : `${message.includes('\n') ? '\n' : '; '}${hint}`;
    const { red, dim } = this.#errorStyle;
    this.#write(
      this.#stderr,
      `${red('docjob:')} ${safeLines(message + id)}${advice} ${dim(`[${safe(code)}]`)}`,
    );
  }

  /** A stack, for `--debug` only. */
  stack(text: string): void {
    this.#write(this.#stderr, this.isJson ? JSON.stringify({ stack: text }) : safeLines(text));
  }

  /** How far it is: one line that is written over on a terminal, a plain line now and then elsewhere. */
  progress(text: string): void {
    if (this.#stderr.isTTY === true) {
      this.#stderr.write(ERASE_LINE + safe(text).slice(0, (this.#stderr.columns ?? 80) - 1));
      this.#isLineOpen = true;
      return;
    }
    const now = this.#clock.now();
    this.#toldAt ??= now;
    if (between(this.#toldAt, now) < PLAIN_PROGRESS) return;
    this.#toldAt = now;
    this.note(text);
  }

  /** Takes back the line of progress: what it said is over. */
  endProgress(): void {
    if (this.#isLineOpen) this.#stderr.write(ERASE_LINE);
    this.#isLineOpen = false;
  }

  #write(stream: TextStream, text: string): void {
    this.endProgress();
    stream.write(text.endsWith('\n') ? text : `${text}\n`);
  }
}

/** Names and values below each other, the values in a column; what has no value is left out. */
export function fieldLines(
  fields: readonly (readonly [name: string, value: unknown])[],
  style: Style,
): string {
  const shown = fields.filter(([, value]) => value !== undefined && value !== null);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${style.dim(name.padEnd(width))}  ${safe(String(value))}`).join('\n');
}
