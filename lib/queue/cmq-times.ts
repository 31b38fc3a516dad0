import {
  after,
  before,
  between,
  epochMs,
  hours,
  millis,
  seconds,
  type EpochMs,
  type Millis,
} from '../domain/units.js';

/** What the adapter must know of the queue and cannot ask: its settings are on the control plane only (CreateCmqQueue). */
export interface CmqSettings {
  /**
   * After this long without an acknowledgement, counted from sending and including the delay, the service acknowledges a message itself, and it
   * is gone (TDMQ-CMQ, "Max Message Unack Time").
   */
  readonly maxUnacked: Millis;
  /** How long a message that was handed out stays hidden; needed only where an answer does not tell. */
  readonly visibility: Millis;
}

/** The service's own defaults (CreateCmqQueue: `MsgRetentionSeconds`, `VisibilityTimeout`). */
export const DEFAULT_CMQ_SETTINGS: CmqSettings = { maxUnacked: hours(1), visibility: seconds(30) };

/** CMQ documented `delaySeconds` from 0 to 3600 (406/8128); its successor speaks of longer ones, without a limit. */
const MAX_DELAY_SECONDS = 3_600;

/** A visibility timeout is at most twelve hours (CreateCmqQueue): what is told beyond is not believed. */
const MAX_VISIBILITY = hours(12);

/** The times of CMQ have whole seconds: each may be off by almost one. */
export const GRAIN = seconds(1);

/**
 * The longest delay that a message may get: a quarter of its unacknowledged time, so that three quarters are left for it to wait for a run, for
 * runs that are killed with it, and for somebody to heed the alarm.
 */
export function longestDelay({ maxUnacked }: Pick<CmqSettings, 'maxUnacked'>): Millis {
  return seconds(Math.min(MAX_DELAY_SECONDS, Math.floor(maxUnacked / 4_000)));
}

/**
 * The age at which a message that is received at last tells that the queue falls behind: a quarter of its unacknowledged time more than the longest
 * delay that it can have been sent with. A message that its run finds in time is never so old.
 */
export function alarmingAge(settings: Pick<CmqSettings, 'maxUnacked'>): Millis {
  return millis(longestDelay(settings) + settings.maxUnacked / 4);
}

/** The delay to send with: whole seconds, not before `delay` is over, save where `longest` is sooner. */
export function delaySeconds(delay: Millis, longest: Millis): number {
  return Math.ceil(Math.min(Math.max(0, delay), longest) / 1_000);
}

/** How much sooner than its visibility timeout a lease may end for us, a long poll's wait not counted: see {@link leaseUntil}. */
export const LEASE_SLACK = seconds(2);

/** What tells how long a lease holds. */
export interface LeaseFacts {
  /** When the receive was sent, by our clock: the message was handed out later. */
  readonly sentAt: EpochMs;
  /** The answer's `nextVisibleTime`, by the service's clock. */
  readonly nextVisibleAt: EpochMs | undefined;
  /** The answer's `Date`, by the service's clock. */
  readonly serverDate: EpochMs | undefined;
}

/**
 * Until when a lease may be used, by our clock, erring on the early side. Where the answer tells both the end of the lease and its own time, the
 * difference counts, so that our clock does not matter; without its time, the end counts as far as the queue's setting bears it out; without
 * the end, the setting alone. All of it counts from before the receive was sent.
 */
export function leaseUntil({ sentAt, nextVisibleAt, serverDate }: LeaseFacts, visibility: Millis): EpochMs {
  const bySetting = before(after(sentAt, visibility), GRAIN);
  if (nextVisibleAt === undefined) return bySetting;
  if (serverDate === undefined) return epochMs(Math.min(bySetting, before(nextVisibleAt, GRAIN)));
  const told = between(serverDate, nextVisibleAt);
  return told > MAX_VISIBILITY ? bySetting : after(sentAt, millis(told - GRAIN));
}

/** A time of the service, in whole seconds. */
export function momentOf(wholeSeconds: number | undefined): EpochMs | undefined {
  return wholeSeconds === undefined ? undefined : epochMs(wholeSeconds * 1_000);
}
