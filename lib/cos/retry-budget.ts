/** How much a run may add to the service's load by retrying. */
export interface RetryBudgetPolicy {
  /** Retries for each request that is not one, at most. */
  readonly share: number;
  /** What a run may spend before its first requests have earned anything. */
  readonly initial: number;
}

/** A fifth on top, as gRPC's and Finagle's retry budgets have it; the initial ten let a small run retry at all. */
export const DEFAULT_RETRY_BUDGET: RetryBudgetPolicy = { share: 0.2, initial: 10 };

/**
 * Bounds the retries of a whole run, so that a service in trouble is not asked more than `1 + share` times as often (DESIGN promise 5):
 * over any number n of requests at most `initial + share·n` retries.
 */
export class RetryBudget {
  #tokens: number;
  readonly #share: number;

  constructor(policy: RetryBudgetPolicy) {
    this.#tokens = policy.initial;
    this.#share = policy.share;
  }

  /** A first attempt is made: it earns its share. */
  earn(): void {
    this.#tokens += this.#share;
  }

  /** Whether one more retry may be made; if so it is spent. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
