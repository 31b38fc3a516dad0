/**
 * Times and durations as branded numbers, so that seconds never meet milliseconds and a moment never meets a duration.
 * Every value inside docjob is in milliseconds; seconds exist only at the border (signatures, queues) and are converted there.
 */

declare const unit: unique symbol;

/** A moment: milliseconds since the Unix epoch. */
export type EpochMs = number & { readonly [unit]: 'EpochMs' };

/** A duration in milliseconds. */
export type Millis = number & { readonly [unit]: 'Millis' };

// The casts below are the one place where plain numbers become branded ones.

/** The moment `value` milliseconds after the Unix epoch. */
export const epochMs = (value: number): EpochMs => value as EpochMs;

/** A duration of `value` milliseconds. */
export const millis = (value: number): Millis => value as Millis;

/** A duration of `value` seconds. */
export const seconds = (value: number): Millis => millis(value * 1_000);

/** A duration of `value` minutes. */
export const minutes = (value: number): Millis => seconds(value * 60);

/** A duration of `value` hours. */
export const hours = (value: number): Millis => minutes(value * 60);

/** A duration of `value` days of 24 hours. */
export const days = (value: number): Millis => hours(value * 24);

/** The moment `delay` after `moment`; a negative delay gives an earlier one. */
export const after = (moment: EpochMs, delay: Millis): EpochMs => epochMs(moment + delay);

/** The moment `delay` before `moment`. */
export const before = (moment: EpochMs, delay: Millis): EpochMs => epochMs(moment - delay);

/** How long it is from `from` until `to`: negative when `to` is the earlier. */
export const between = (from: EpochMs, to: EpochMs): Millis => millis(to - from);
