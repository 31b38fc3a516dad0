import { epochMs, type EpochMs } from './units.js';

/** A time as somebody wrote it: `iso` in RFC 3339 with the writer's own offset kept, and the moment it names. */
export interface WrittenTime {
  readonly iso: string;
  readonly at: EpochMs;
}

/** RFC 3339 with a `T`; the offset also without its colon, as CI writes it (`2020-07-24T17:28:47+0800`). */
const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d))$/;

/** `text` as a time, or null when it is written otherwise, names no offset, or names a date or a time of day that does not exist. */
export function parseRfc3339(text: string): WrittenTime | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [, date = '', time = '', fraction = '', sign, offsetHour = '00', offsetMinute = '00'] = match;

  // Engines differ on 31 February: what does not come back as it went in is no date.
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
