import { epochMs } from '../domain/units.js';
import type { CiTime } from './doc-job.js';

/** CI's `2020-07-24T17:28:47+0800`, and what else RFC 3339 has: a colon in the offset, `Z`, a fraction. */
const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d))$/;

/**
 * `text` as a time, or null if it is none: CI writes `-` for what has not happened yet. Text in any other form is null as well, and so is a date
 * that does not exist: a time only helps to schedule, and no job must be lost because of how one is written.
 */
export function parseCiTime(text: string): CiTime | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [, date = '', time = '', fraction = '', sign, offsetHour = '00', offsetMinute = '00'] = match;

  // The one form that ECMA-262 has every engine read alike. Engines differ on 31 February, though: what comes back otherwise is no date.
  const wallClock = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(wallClock) || new Date(wallClock).toISOString() !== `${date}T${time}.000Z`) return null;

  // An EpochMs holds whole milliseconds; `iso` keeps the rest.
  const milliseconds = Number(fraction.slice(1, 4).padEnd(3, '0'));
  const offsetMinutes = Number(offsetHour) * 60 + Number(offsetMinute);
  return {
    iso: `${date}T${time}${fraction}${sign === undefined ? 'Z' : `${sign}${offsetHour}:${offsetMinute}`}`,
    at: epochMs(wallClock + milliseconds - (sign === '-' ? -1 : 1) * offsetMinutes * 60_000),
  };
}
