import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { after, between, epochMs, hours, millis, minutes, seconds } from '../../lib/domain/units.js';
import { leaseTerm, lookAgainSeconds, sendDelaySeconds, waitSecondsOf } from '../../lib/queue/sqs-times.js';

const ASKED = epochMs(Date.UTC(2026, 0, 1));
const durations = (most: number) => fc.double({ min: 0, max: most, noNaN: true }).map(millis);

describe('the term of a lease', () => {
  test('holds as long as was asked for, in whole seconds that SQS takes', () => {
    fc.assert(
      fc.property(durations(hours(11)), (hold) => {
        const { visibilitySeconds, until } = leaseTerm(ASKED, after(ASKED, hold));
        expect(until).toBeGreaterThanOrEqual(ASKED + hold);
        expect(Number.isInteger(visibilitySeconds)).toBe(true);
        expect(visibilitySeconds).toBeLessThanOrEqual(43_200);
      }),
    );
  });

  test('ends before the visibility does, even if SQS handed the message out the moment it was asked', () => {
    fc.assert(
      fc.property(durations(hours(30)), (hold) => {
        const { visibilitySeconds, until } = leaseTerm(ASKED, after(ASKED, hold));
        expect(until).toBeLessThanOrEqual(ASKED + visibilitySeconds * 1_000 - 1_000);
      }),
    );
  });

  test('never asks for more than twelve hours, and then says that it ends sooner', () => {
    const { visibilitySeconds, until } = leaseTerm(ASKED, after(ASKED, hours(24)));
    expect(visibilitySeconds).toBe(43_200);
    expect(between(ASKED, until)).toBeLessThan(hours(12));
  });

  test.each([0, -1, -60_000])('with %d ms left is short, not the queue’s default and not none', (left) => {
    expect(leaseTerm(ASKED, epochMs(ASKED + left))).toEqual({ visibilitySeconds: 2, until: ASKED + 1_000 });
  });
});

describe('the visibility to look again with', () => {
  test.each([
    [0, 0],
    [1, 1],
    [999, 1],
    [1_000, 1],
    [1_001, 2],
  ])('after %d ms is %d s: never too early, and at once when there is no delay', (delay, expected) => {
    expect(lookAgainSeconds(millis(delay), ASKED, ASKED)).toBe(expected);
  });

  test('stays within twelve hours of the receive', () => {
    fc.assert(
      fc.property(durations(hours(48)), durations(hours(14)), (delay, age) => {
        const given = lookAgainSeconds(delay, ASKED, after(ASKED, age));
        expect(Number.isInteger(given) && given >= 0).toBe(true);
        if (given > 0) expect(age / 1_000 + given).toBeLessThanOrEqual(43_200);
      }),
    );
  });

  test('is not shortened by the length of a run where the delay leaves room', () => {
    expect(lookAgainSeconds(hours(11), ASKED, after(ASKED, minutes(15)))).toBe(39_600);
  });

  test('is not lengthened by a clock that went back', () => {
    expect(lookAgainSeconds(hours(13), ASKED, epochMs(ASKED - 60_000))).toBe(43_190);
  });
});

test.each([
  [millis(-5), 0],
  [millis(0), 0],
  [millis(1), 1],
  [seconds(899), 899],
  [minutes(15), 900],
  [hours(2), 900],
])('a job is sent with a delay of whole seconds up to fifteen minutes: %d ms as %d s', (delay, expected) => {
  expect(sendDelaySeconds(delay)).toBe(expected);
});

test.each([
  [millis(0), 0],
  [millis(1_999), 1],
  [seconds(20), 20],
  [millis(21_000), 20],
  [minutes(5), 20],
])('SQS waits whole seconds for a message, twenty at most: %d ms as %d s', (wait, expected) => {
  expect(waitSecondsOf(wait)).toBe(expected);
});
