import * as v from 'valibot';
import { parseBucketName, parseJobId, parseRegion } from '../lib/domain/names.js';
import { millis, type Millis } from '../lib/domain/units.js';

/** What operands and options can be. Each schema's message says what was expected. */

/** A text that `parse` can make something of. */
export function text<T>(expected: string, parse: (text: string) => T | undefined) {
  return v.pipe(
    v.string(expected),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const value = parse(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: expected });
      return NEVER;
    }),
  );
}

export const jobId = text('a job ID', parseJobId);
export const bucket = text('a bucket name with its APPID, such as docs-1250000000', parseBucketName);
export const region = text('a region such as ap-beijing', parseRegion);

/** A flag that was given or not. */
export const flag = v.optional(v.boolean(), false);

/** A whole number of a range. */
export function wholeNumber(min: number, max: number) {
  return text(`a whole number from ${min} to ${max}`, (digits) => {
    const value = Number(digits);
    return /^\d{1,15}$/.test(digits) && value >= min && value <= max ? value : undefined;
  });
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration such as `90s`, `5m` or `2h`; at least a second and at most a day, as no timer of Node's lasts longer than 24 days. */
export const duration = text('a duration from 1s to 1d, such as 90s, 5m or 2h', parseDuration);

function parseDuration(written: string): Millis | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(written);
  if (match === null) return undefined;
  const [, digits, unit] = match;
  // One of them, by the pattern.
  const value = Number(digits) * UNITS[unit as keyof typeof UNITS];
  return value >= UNITS.s && value <= UNITS.d ? millis(value) : undefined;
}
