import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoffDelay, DEFAULT_BACKOFF, parseHttpDate, parseRetryAfter } from '../../lib/cos/backoff.js';
import { epochMs } from '../../lib/domain/units.js';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait between attempts', () => {
  test.each([
    [1, 0.5, 50],
    [2, 0.5, 100],
    [3, 0.5, 200],
    [6, 0.5, 1_600],
    [7, 0.5, 2_500],
    [40, 0.5, 2_500],
    [1, 0, 0],
  ])('retry %d with chance %d waits %d ms', (retry, chance, delay) => {
    expect(backoffDelay(DEFAULT_BACKOFF, retry, false, chance)).toBe(delay);
  });

  test('throttling starts from a longer wait', () => {
    expect(backoffDelay(DEFAULT_BACKOFF, 1, true, 0.5)).toBe(250);
  });

  test('no wait is longer than the cap, and none is negative', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.boolean(), random, (retry, throttled, chance) => {
        const delay = backoffDelay(DEFAULT_BACKOFF, retry, throttled, chance);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(DEFAULT_BACKOFF.cap);
      }),
    );
  });

  test('F1, F11: there is full jitter at the cap too', () => {
    const delays = [0, 0.1, 0.5, 0.9].map((chance) => backoffDelay(DEFAULT_BACKOFF, 50, false, chance));
    expect(delays).toEqual([0, 500, 2_500, 4_500]);
  });
});

describe('Retry-After', () => {
  const now = epochMs(Date.UTC(2026, 0, 1, 12, 0, 0));

  test('in seconds', () => {
    expect(parseRetryAfter('120', undefined, now)).toBe(120_000);
    expect(parseRetryAfter(' 0 ', undefined, now)).toBe(0);
  });

  test('as an HTTP date, against our clock where the answer has none', () => {
    expect(parseRetryAfter('Thu, 01 Jan 2026 12:00:30 GMT', undefined, now)).toBe(30_000);
  });

  test("as an HTTP date, against the answer's own clock where it has one", () => {
    const serverDate = epochMs(now + 3_600_000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 13:00:05 GMT', serverDate, now)).toBe(5_000);
  });

  test('a date that has passed asks for no wait', () => {
    expect(parseRetryAfter('Thu, 01 Jan 2026 11:00:00 GMT', undefined, now)).toBe(0);
  });

  test.each(['', '-1', '1.5', 'soon', '1e3', 'Thu, 99 Jan 2026 12:00:30 GMT', '2026-01-01T12:00:30Z'])(
    '%j is ignored',
    (value) => {
      expect(parseRetryAfter(value, undefined, now)).toBeUndefined();
    },
  );

  test('an absent header is ignored', () => {
    expect(parseRetryAfter(undefined, undefined, now)).toBeUndefined();
  });
});

describe('an HTTP date', () => {
  test('is read to the second', () => {
    expect(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(784_111_777_000);
  });

  test.each([
    undefined,
    '',
    'yesterday',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 GMT+0800',
    'not before Sun, 06 Nov 1994 08:49:37 GMT',
  ])('%j is none', (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  });
});
