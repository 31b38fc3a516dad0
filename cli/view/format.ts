import type { EpochMs } from '../../lib/domain/units.js';

/** A number as people read it. */
export function countText(count: number): string {
  return count.toLocaleString('en');
}

/** `1 page`, `2 pages`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** `3`, or `3–7`. */
export function rangeText(from: number, to: number): string {
  return from === to ? String(from) : `${from}–${to}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A duration in its two largest units: `850 ms`, `4.2 s`, `2 min 5 s`, `3 d 4 h`. */
export function durationText(durationMs: number): string {
  const whole = Math.round(durationMs);
  if (whole === 0) return '0 s';
  if (whole < 1_000) return `${whole} ms`;
  if (whole < 10_000) return `${Number((whole / 1_000).toFixed(1))} s`;
  const index = UNITS.findIndex(([, length]) => whole >= length);
  const [unit, length] = UNITS[index] ?? UNITS[3];
  const [smaller, smallerLength] = UNITS[index + 1] ?? ['', 1];
  if (smaller === '') return `${Math.round(whole / length)} ${unit}`;
  const inSmaller = Math.round(whole / smallerLength);
  const ratio = length / smallerLength;
  const rest = inSmaller % ratio;
  return `${Math.floor(inSmaller / ratio)} ${unit}${rest === 0 ? '' : ` ${rest} ${smaller}`}`;
}

/** A moment: `2026-01-01 00:00:00 UTC`. */
export function momentText(moment: EpochMs): string {
  return `${new Date(moment).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A time in RFC 3339 with a space between date, time and offset, which stays as it was given. */
export function writtenTimeText(iso: string): string {
  return iso
    .replace('T', ' ')
    .replace(/(Z|[+-]\d\d:\d\d)$/, (offset) => (offset === 'Z' ? ' UTC' : ` ${offset}`));
}

/** The part of an object key after its last slash. */
export function fileNameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
