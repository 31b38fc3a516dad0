import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_RETRY_BUDGET, RetryBudget } from '../../lib/cos/retry-budget.js';

describe('the retry budget of a run', () => {
  test('lets a small run retry before its requests have earned anything', () => {
    const budget = new RetryBudget({ share: 0, initial: 2 });
    expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
  });

  test('earns a share with every request', () => {
    const budget = new RetryBudget({ share: 0.5, initial: 0 });
    budget.earn();
    expect(budget.spend()).toBe(false);
    budget.earn();
    expect(budget.spend()).toBe(true);
    expect(budget.spend()).toBe(false);
  });

  test('is ten at first and one more for five requests, unless told otherwise', () => {
    const budget = new RetryBudget(DEFAULT_RETRY_BUDGET);
    const spent = (): number => {
      let retries = 0;
      while (retries < 100 && budget.spend()) retries += 1;
      return retries;
    };
    expect(spent()).toBe(10);
    for (let n = 0; n < 5; n += 1) budget.earn();
    expect(spent()).toBe(1);
  });

  test('never allows more than the initial retries and the share of the requests, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (steps) => {
        const budget = new RetryBudget({ share: 0.25, initial: 10 });
        let requests = 0;
        let retries = 0;
        for (const isRequest of steps) {
          if (isRequest) {
            requests += 1;
            budget.earn();
          } else if (budget.spend()) retries += 1;
          expect(retries).toBeLessThanOrEqual(10 + 0.25 * requests);
        }
      }),
    );
  });
});
