import { hours, type EpochMs } from '../domain/units.js';

/** CI's clock is Beijing's. */
const OFFSET = hours(8);

/** A moment as CI writes and reads times (`2020-07-20T10:43:17+0800`): in whole seconds, what is below them cut off. */
export function writeCiTime(moment: EpochMs): string {
  return `${new Date(moment + OFFSET).toISOString().slice(0, 19)}+0800`;
}
