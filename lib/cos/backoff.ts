import { between, epochMs, millis, seconds, type EpochMs, type Millis } from '../domain/units.js';

/** How long to wait between the attempts of one request. */
export interface BackoffPolicy {
  /** The most that the first retry waits; doubles with each further one. */
  readonly base: Millis;
  /** The same after the service asked for fewer requests. */
  readonly throttledBase: Millis;
  /** No retry waits longer than this by our own choice. */
  readonly cap: Millis;
  /** No `Retry-After` is honoured beyond this: a wrong one must not stall a run, or overflow a timer (Azure/azure-sdk-for-js#39793). */
  readonly retryAfterCap: Millis;
}

/** Bases and cap as the AWS SDKs' standard retry mode has them (100 and 500 ms, 20 s there); our cap is lower since a run is short. */
export const DEFAULT_BACKOFF: BackoffPolicy = {
  base: millis(100),
  throttledBase: millis(500),
  cap: seconds(5),
  retryAfterCap: seconds(20),
};

/**
 * Full jitter: uniform between zero and the exponential bound, at the cap too, so that clients that failed together do not return together
 * (AWS Architecture Blog, "Exponential Backoff And Jitter").
 *
 * @param retry which retry this is, from 1
 * @param random in [0, 1)
 */
export function backoffDelay(
  policy: BackoffPolicy,
  retry: number,
  throttled: boolean,
  random: number,
): Millis {
  const base = throttled ? policy.throttledBase : policy.base;
  const bound = Math.min(policy.cap, base * 2 ** Math.min(retry - 1, 30));
  return millis(Math.round(bound * random));
}

/**
 * What a `Retry-After` header asks for, in either of its forms (RFC 9110 §10.2.3): whole seconds, or an HTTP date, which is read against the
 * answer's own `Date` where it has one, so that our clock does not matter. Undefined for anything else; never negative; not yet clamped.
 */
export function parseRetryAfter(
  value: string | undefined,
  serverDate: EpochMs | undefined,
  now: EpochMs,
): Millis | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) return seconds(Number(text));
  const date = parseHttpDate(text);
  return date === undefined ? undefined : millis(Math.max(0, between(serverDate ?? now, date)));
}

/** An HTTP date in its one current form, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), or undefined. */
export function parseHttpDate(header: string | undefined): EpochMs | undefined {
  const text = String(header); // an absent one has no date's form either
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : epochMs(parsed);
}
