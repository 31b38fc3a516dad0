import { epochMs, type EpochMs } from '../../lib/domain/units.js';

/** CI's clock is Beijing's. */
const OFFSET_MS = 8 * 3_600_000;

const CI_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([+-])(\d\d)(\d\d)$/;

/** A moment as CI writes it: whole seconds, `+0800` without a colon. */
export function writeCiTime(moment: EpochMs): string {
  return `${new Date(moment + OFFSET_MS).toISOString().slice(0, 19)}+0800`;
}

/** A moment as the filters of a list take it; undefined when it has another form than the documented one. */
export function readCiTime(text: string): EpochMs | undefined {
  const [, wallClock, sign, hours, minutes] = CI_TIME.exec(text) ?? [];
  const local = Date.parse(`${wallClock ?? ''}Z`);
  if (Number.isNaN(local)) return undefined;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return epochMs(sign === '-' ? local + offsetMs : local - offsetMs);
}

/** A moment cut to whole seconds, as every time of CI is. */
export function toSecond(moment: EpochMs): EpochMs {
  return epochMs(Math.floor(moment / 1_000) * 1_000);
}
