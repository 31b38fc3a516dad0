import { seconds, type Millis } from './domain/units.js';

/** Environment variables as the platform hands them over. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Decimal digits, a fraction perhaps: no exponents, no hexadecimal, no sign. */
const NUMBER = /^\d+(?:\.\d+)?$/;

/** Reads environment variables and gathers what is wrong with them, so that one error can list it all. A value that is only white space counts as not set. */
export class EnvReader {
  /** The variables as they are, for what is to be read later. */
  readonly env: Environment;
  readonly #problems: string[] = [];

  constructor(env: Environment) {
    this.env = env;
  }

  /** What is wrong so far, each in a sentence that says what to do. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  problem(problem: string): void {
    this.#problems.push(problem);
  }

  text(name: string): string | undefined {
    const value = this.env[name]?.trim() ?? '';
    return value === '' ? undefined : value;
  }

  /** The variable, parsed; undefined with a problem noted when it is not set or does not parse. */
  required<T>(name: string, expected: string, parse: (text: string) => T | undefined): T | undefined {
    if (this.text(name) !== undefined) return this.optional(name, expected, parse);
    this.problem(`${name} is not set: set it to ${expected}`);
    return undefined;
  }

  /** The variable, parsed; undefined when it is not set, and with a problem noted when it does not parse. */
  optional<T>(name: string, expected: string, parse: (text: string) => T | undefined): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) this.problem(`${name} is ${shown(text)}: expected ${expected}`);
    return value;
  }

  number(name: string, fallback: number, { min, max }: Range): number {
    const inRange = (text: string): number | undefined => {
      const value = NUMBER.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    };
    return this.optional(name, `a number from ${min} to ${max}`, inRange) ?? fallback;
  }

  integer(name: string, fallback: number, { min, max }: Range): number {
    const inRange = (text: string): number | undefined => {
      const value = Number(text);
      return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
    };
    return this.optional(name, `a whole number from ${min} to ${max}`, inRange) ?? fallback;
  }

  /** A duration that is set in seconds, fractions allowed. */
  seconds(name: string, fallback: Millis, range: Range): Millis {
    return seconds(this.number(name, fallback / 1_000, range));
  }

  /** Where a service is: scheme, host and port. */
  origin(name: string): URL | undefined {
    return this.optional(name, 'an http or https origin such as http://127.0.0.1:9000', parseOrigin);
  }

  oneOf<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    return (
      this.optional(name, `one of ${choices.join(', ')}`, (text) =>
        choices.find((choice) => choice === text),
      ) ?? fallback
    );
  }
}

function parseOrigin(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    url.search + url.hash + url.username + url.password === '';
  return isOrigin ? url : undefined;
}

/**
 * A value as problems show it, in quotes. They are logged, and a value can be a URL with a password or a token in it, well written or not, and meant
 * for another variable: so nothing before an `@` is shown, nor anything after a `?` or `#`.
 */
export function shown(text: string): string {
  return JSON.stringify(text.replace(/^.*@/s, '…@').replace(/([?#]).*$/s, '$1…'));
}
