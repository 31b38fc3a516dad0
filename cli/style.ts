import type { Environment } from '../lib/env-reader.js';

/** Dresses text for a terminal, or leaves it as it is. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

/** ECMA-48, "Select Graphic Rendition": what begins and what ends each. */
const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;

/**
 * Whether to use colours: `NO_COLOR` (no-color.org: set, and not empty) forbids them, `FORCE_COLOR` asks for them (`0` and `false` forbid them, as
 * Node has it), and otherwise a terminal gets them that is not a dumb one.
 */
export function hasColours(env: Environment, isTTY: boolean | undefined): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTTY === true && env['TERM'] !== 'dumb';
}

export function styleOf(isColoured: boolean): Style {
  const dress =
    ([begin, end]: readonly [number, number]) =>
    (text: string): string =>
      isColoured ? `\u001b[${begin}m${text}\u001b[${end}m` : text;
  return {
    bold: dress(CODES.bold),
    dim: dress(CODES.dim),
    red: dress(CODES.red),
    green: dress(CODES.green),
    yellow: dress(CODES.yellow),
  };
}

/** What a terminal would obey or what turns the direction of a line: controls, and bidirectional marks. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A text that came from outside (a key, a message of the service), harmless on a terminal and on one line. */
export function safe(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same for a text that may have several lines. */
export function safeLines(text: string): string {
  return text.split('\n').map(safe).join('\n');
}
