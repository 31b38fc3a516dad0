import { after, between, hours, millis, seconds, type EpochMs, type Millis } from '../domain/units.js';

/** A message can be kept invisible for this long, counted from its receive (SQS Developer Guide, "Visibility timeout": 12 hours in all). */
export const MAX_VISIBILITY = hours(12);

/** The longest delay of a message that is sent (SQS API Reference, SendMessage: DelaySeconds up to 900). */
export const MAX_SEND_DELAY = seconds(900);

/** The longest that SQS waits for a message (SQS API Reference, ReceiveMessage: WaitTimeSeconds up to 20). */
const MAX_WAIT = seconds(20);

/** What a lease is asked for beyond the moment that it must hold until; half of it is kept back from the holder. */
const LEASE_MARGIN = seconds(2);

/** A call takes its time too: a visibility that would end exactly at the limit would be refused. */
const LIMIT_MARGIN = seconds(10);

/** The visibility to receive with, and until when a lease may be used. */
export interface LeaseTerm {
  readonly visibilitySeconds: number;
  readonly until: EpochMs;
}

/**
 * A lease that is asked for at `askedAt` and must hold until `holdUntil`. SQS counts from the moment it hands the message out, which is later
 * than `askedAt` (by the wait of a long poll, perhaps), so counting from `askedAt` errs on the safe side. A run without time left gets the
 * shortest lease, never the queue's default one; beyond twelve hours the lease ends before `holdUntil`.
 */
export function leaseTerm(askedAt: EpochMs, holdUntil: EpochMs): LeaseTerm {
  const hold = Math.max(0, between(askedAt, holdUntil)) + LEASE_MARGIN;
  const visibility = seconds(Math.ceil(Math.min(hold, MAX_VISIBILITY) / 1_000));
  return {
    visibilitySeconds: visibility / 1_000,
    until: after(askedAt, millis(visibility - LEASE_MARGIN / 2)),
  };
}

/** The visibility to give back with, in whole seconds: not before `delay` is over, save where the twelve hours since `receivedAt` end sooner. */
export function lookAgainSeconds(delay: Millis, receivedAt: EpochMs, now: EpochMs): number {
  const room = MAX_VISIBILITY - LIMIT_MARGIN - Math.max(0, between(receivedAt, now));
  return Math.max(0, Math.min(Math.ceil(delay / 1_000), Math.floor(room / 1_000)));
}

/** The delay to send with, in whole seconds. */
export function sendDelaySeconds(delay: Millis): number {
  return Math.ceil(Math.min(Math.max(0, delay), MAX_SEND_DELAY) / 1_000);
}

/** How long to let SQS wait for a message, in whole seconds. */
export function waitSecondsOf(wait: Millis): number {
  return Math.floor(Math.min(wait, MAX_WAIT) / 1_000);
}
