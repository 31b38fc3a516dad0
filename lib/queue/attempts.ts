import { backoffDelay, DEFAULT_BACKOFF } from '../cos/backoff.js';
import type { Clock, RandomSource } from '../domain/effects.js';
import { after, between, millis, type EpochMs, type Millis } from '../domain/units.js';
import type { QueueError } from './queue-error.js';

/** A call is tried this often, as the AWS SDK does: what fails then stays in the queue, and the next run tries again. */
const ATTEMPTS = 3;

/** Less time than this is not worth an attempt: a TLS handshake and a round trip within a region take about this long. */
export const LEAST_ATTEMPT = millis(100);

/** A call that failed. */
export interface FailedCall {
  readonly error: QueueError;
  /** How many attempts were made. */
  readonly attempts: number;
  /** No attempt outlives this moment. */
  readonly deadline: EpochMs;
  /** Only a call that the service said it did not take is tried again: for a send that would breed copies. */
  readonly once?: boolean | undefined;
}

/** How long to wait before the next attempt, with full jitter; undefined when there should be none. */
export function waitBeforeRetry(
  { error, attempts, deadline, once }: FailedCall,
  { clock, random }: { readonly clock: Clock; readonly random: RandomSource },
): Millis | undefined {
  if (attempts >= ATTEMPTS) return undefined;
  const isThrottled = error.disposition === 'throttled';
  if (!isThrottled && (error.disposition !== 'transient' || once === true)) return undefined;
  const wait = backoffDelay(DEFAULT_BACKOFF, attempts, isThrottled, random());
  const restart = after(clock.now(), wait);
  return between(restart, deadline) < LEAST_ATTEMPT ? undefined : wait;
}
