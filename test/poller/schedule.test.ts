import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { days, hours, millis, minutes, seconds } from '../../lib/domain/units.js';
import { LONGEST_MAX_AGE, OUTAGE_GRACE } from '../../lib/poller/decide.js';
import {
  DEFAULT_SCHEDULE,
  delayBeforeNextLook,
  MAX_LOOKS,
  worstCaseLooks,
  type SchedulePolicy,
} from '../../lib/poller/schedule.js';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const age = fc.integer({ min: 0, max: 40 * 24 * 3_600_000 }).map(millis);

describe('the delay before the next look', () => {
  test.each([
    ['a fresh job', seconds(0), 0, 10_000],
    ['a minute old', minutes(1), 0, 15_000],
    ['a minute old, chance at its most', minutes(1), 0.999_999, 11_250],
    ['an hour old', hours(1), 0, 900_000],
    ['a day old', days(1), 0, 1_800_000],
    ['a day old, chance at its most', days(1), 0.999_999, 1_350_000],
  ])('%s', (_name, jobAge, random, delay) => {
    expect(delayBeforeNextLook(jobAge, random, DEFAULT_SCHEDULE)).toBe(delay);
  });

  test('stays between the floor less its jitter and the ceiling, whatever the age', () => {
    fc.assert(
      fc.property(age, chance, (jobAge, random) => {
        const delay = delayBeforeNextLook(jobAge, random, DEFAULT_SCHEDULE);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(DEFAULT_SCHEDULE.floor * (1 - DEFAULT_SCHEDULE.jitter));
        expect(delay).toBeLessThanOrEqual(DEFAULT_SCHEDULE.ceiling);
      }),
    );
  });

  test('never grows shorter as a job grows older', () => {
    fc.assert(
      fc.property(age, age, chance, (one, other, random) => {
        const [young, old] = one < other ? [one, other] : [other, one];
        expect(delayBeforeNextLook(young, random, DEFAULT_SCHEDULE)).toBeLessThanOrEqual(
          delayBeforeNextLook(old, random, DEFAULT_SCHEDULE),
        );
      }),
    );
  });

  test('F1: is jittered at the ceiling too', () => {
    const [low, high] = [0.1, 0.9].map((random) => delayBeforeNextLook(days(2), random, DEFAULT_SCHEDULE));
    expect(low).not.toBe(high);
  });

  test('F4: no delay overflows a timer', () => {
    expect(delayBeforeNextLook(millis(Number.MAX_SAFE_INTEGER), 0, DEFAULT_SCHEDULE)).toBeLessThan(2 ** 31);
  });
});

describe('the worst-case number of looks', () => {
  test('stays below 800 at the longest maximum age, the grace for an outage included', () => {
    expect(worstCaseLooks(DEFAULT_SCHEDULE, millis(LONGEST_MAX_AGE + OUTAGE_GRACE))).toBeLessThan(MAX_LOOKS);
  });

  test('is counted, not guessed: it agrees with a job that is looked at whenever it is due', () => {
    const steady: SchedulePolicy = { share: 0, floor: seconds(60), ceiling: seconds(60), jitter: 0.5 };
    expect(worstCaseLooks(steady, hours(1))).toBe(120);
  });

  test('is bounded itself for a schedule without sense', () => {
    const hectic: SchedulePolicy = { share: 0, floor: millis(0), ceiling: millis(0), jitter: 0 };
    expect(worstCaseLooks(hectic, minutes(1))).toBe(10 * MAX_LOOKS);
  });
});
