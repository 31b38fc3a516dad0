import type { EpochMs } from '../../lib/domain/units.js';
import type { Operation } from '../operation.js';
import type { Fault, Throttling } from './fault.js';

/** The limit of each host that a throttle strikes: a bucket's COS or CI. */
export class Throttle {
  readonly #fault: Throttling;
  readonly #hosts = new Map<string, TokenBucket>();

  constructor(fault: Throttling) {
    this.#fault = fault;
  }

  /** Counts a request to a host; the refusal where it is one too many: of status 429 by the table of CI's error codes, 503 by COS's (436/7730), both `SlowDown`. */
  refusalFor({ family, bucket, region }: Operation, now: EpochMs): Fault | undefined {
    const { perSecond, burst = Math.ceil(perSecond), retryAfterSeconds, retryAfterForm } = this.#fault;
    const name = `${family} ${bucket ?? ''} ${region}`;
    const host = this.#hosts.get(name) ?? new TokenBucket(perSecond, burst, now);
    this.#hosts.set(name, host);
    if (host.take(now)) return undefined;
    const status = family === 'ci' ? 429 : 503;
    return { kind: 'status', status, code: 'SlowDown', retryAfterSeconds, retryAfterForm };
  }
}

/** Full at first; holds so many requests, and so many more come in a second. A refused request takes none. */
class TokenBucket {
  readonly #perSecond: number;
  readonly #size: number;
  #tokens: number;
  #filledAt: EpochMs;

  constructor(perSecond: number, size: number, now: EpochMs) {
    this.#perSecond = perSecond;
    this.#size = size;
    this.#tokens = size;
    this.#filledAt = now;
  }

  take(now: EpochMs): boolean {
    const grown = (Math.max(0, now - this.#filledAt) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#size, this.#tokens + grown);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
