import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  after,
  before,
  between,
  days,
  epochMs,
  hours,
  minutes,
  seconds,
  type EpochMs,
} from '../../lib/domain/units.js';
import { nextLookOrWord, nextLookTime, type Waiting } from '../../lib/poller/look-times.js';
import { DEFAULT_SCHEDULE, type SchedulePolicy } from '../../lib/poller/schedule.js';
import { DEFAULT_SWEEP } from '../../lib/poller/sweep-plan.js';
import { START } from '../support/virtual-clock.js';

const waiting = (changes: Partial<Waiting> = {}): Waiting => ({
  seed: 'd1',
  firstSeenAt: START,
  seenAt: START,
  ...changes,
});

/** The look times from the first on. */
function lookTimes(one: Waiting, until: EpochMs, policy: SchedulePolicy = DEFAULT_SCHEDULE): EpochMs[] {
  const times: EpochMs[] = [];
  let at = nextLookTime(one, before(one.seenAt, seconds(1)), policy);
  for (; at <= until; at = nextLookTime(one, at, policy)) {
    expect(at).toBeGreaterThan(times.at(-1) ?? before(one.seenAt, seconds(1)));
    times.push(at);
  }
  return times;
}

const aPolicy = fc
  .record({
    share: fc.double({ min: 0.01, max: 1, noNaN: true }),
    floorSeconds: fc.integer({ min: 1, max: 3_600 }),
    ceilingSeconds: fc.integer({ min: 1, max: 43_200 }),
    jitter: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
  })
  .filter(({ floorSeconds, ceilingSeconds }) => floorSeconds <= ceilingSeconds)
  .map(({ share, floorSeconds, ceilingSeconds, jitter }) => ({
    share,
    floor: seconds(floorSeconds),
    ceiling: seconds(ceilingSeconds),
    jitter,
  }));

describe('look times', () => {
  test('begin when the job was put in', () => {
    expect(lookTimes(waiting(), START)).toEqual([START]);
  });

  test('keep to the schedule at any age, under any policy', () => {
    fc.assert(
      fc.property(aPolicy, fc.string(), fc.integer({ min: 0, max: days(3) }), (policy, seed, olderBy) => {
        const bornAt = epochMs(START - olderBy);
        const one = waiting({ seed, createdAt: bornAt });
        let at = nextLookTime(one, before(START, seconds(1)), policy);
        for (let look = 0; look < 200; look += 1) {
          const next = nextLookTime(one, at, policy);
          const share = Math.min(policy.ceiling, Math.max(policy.floor, between(bornAt, at) * policy.share));
          // Two moments that are each rounded to a millisecond.
          expect(next - at).toBeLessThanOrEqual(share + 1);
          expect(next - at).toBeGreaterThanOrEqual(share * (1 - policy.jitter) - 1);
          at = next;
        }
      }),
      { numRuns: 50 },
    );
  });

  test('are the same wherever one begins to look', () => {
    fc.assert(
      fc.property(aPolicy, fc.integer({ min: 0, max: days(1) }), (policy, offset) => {
        const since = epochMs(START + offset);
        const next = nextLookTime(waiting(), since, policy);
        expect(next).toBeGreaterThan(since);
        expect(nextLookTime(waiting(), epochMs(next - 1), policy)).toBe(next);
      }),
      { numRuns: 200 },
    );
  });

  test('at the ceiling are on average as far apart as the schedule has them', () => {
    const times = lookTimes(waiting(), after(START, days(30))).filter((at) => between(START, at) > hours(3));
    const mean = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / (times.length - 1);
    expect(mean / (DEFAULT_SCHEDULE.ceiling * (1 - DEFAULT_SCHEDULE.jitter / 2))).toBeCloseTo(1, 2);
  });

  test('from the age on that brings the ceiling are moved from a grid by a quarter of the jitter at most', () => {
    const { ceiling, share, jitter } = DEFAULT_SCHEDULE;
    const moves = Array.from({ length: 50 }, (_, number) => {
      const one = waiting({ seed: `d${number}`, createdAt: epochMs(START - ceiling / share) });
      return lookTimes(one, after(START, hours(5))).map((at, index) =>
        index === 0 ? 0 : (between(START, at) - index * ceiling * (1 - jitter / 2)) / (ceiling * jitter),
      );
    }).flat();
    expect(Math.max(...moves)).toBeLessThanOrEqual(0.2501);
    expect(Math.min(...moves)).toBeGreaterThanOrEqual(-0.2501);
    // And make use of it.
    expect(Math.max(...moves) - Math.min(...moves)).toBeGreaterThan(0.4);
  });

  test('of jobs that were put in together spread', () => {
    const ages = Array.from({ length: 200 }, (_, number) =>
      between(START, nextLookTime(waiting({ seed: `d${number}` }), after(START, hours(5)), DEFAULT_SCHEDULE)),
    );
    const quarters = new Set(
      ages.map((age) => Math.floor(((age - hours(5)) / DEFAULT_SCHEDULE.ceiling) * 4)),
    );
    expect(quarters.size).toBeGreaterThanOrEqual(3);
  });

  test('go by the older of what the submitter claims and what the queue saw', () => {
    const claimed = waiting({ createdAt: epochMs(START - hours(10)) });
    expect(between(START, nextLookTime(claimed, START, DEFAULT_SCHEDULE))).toBeGreaterThan(minutes(20));
    const future = waiting({ createdAt: epochMs(START + hours(10)) });
    expect(nextLookTime(future, START, DEFAULT_SCHEDULE)).toBe(
      nextLookTime(waiting(), START, DEFAULT_SCHEDULE),
    );
  });

  test('of an object that appears late come soon: within a quarter of the time that it was late', () => {
    for (const late of [seconds(5), minutes(2), minutes(20), hours(1)]) {
      const next = nextLookTime(waiting(), after(START, late), DEFAULT_SCHEDULE);
      expect(between(after(START, late), next)).toBeLessThanOrEqual(Math.max(seconds(10), late / 4));
    }
  });

  test('of a job that is years old are found without a step for each', () => {
    const steps: number[] = [];
    const counting: SchedulePolicy = {
      ...DEFAULT_SCHEDULE,
      get share() {
        steps.push(1);
        return DEFAULT_SCHEDULE.share;
      },
    };
    nextLookTime(waiting(), after(START, days(3_000)), counting);
    expect(steps.length).toBeLessThan(100);
  });
});

describe('look times beside lists', () => {
  const claim = before(START, days(30));
  const next = (changes: Partial<Waiting>, since: EpochMs, sweep = DEFAULT_SWEEP) =>
    between(START, nextLookOrWord(waiting(changes), since, DEFAULT_SCHEDULE, sweep));

  test.each([
    ['at five minutes', minutes(1), minutes(5)],
    ['at ten', minutes(5), minutes(10)],
    ['and whenever its time in the queue has doubled', minutes(12), minutes(20)],
  ])('are no later than the word about a job: %s', (_name, since, expected) => {
    expect(next({ createdAt: claim }, after(START, since))).toBe(expected);
  });

  test('are the usual ones where these come sooner', () => {
    const since = after(START, seconds(30));
    const usual = nextLookTime(waiting({ createdAt: START }), since, DEFAULT_SCHEDULE);
    expect(next({ createdAt: START }, since)).toBe(between(START, usual));
  });

  test('are the usual ones without lists, and of a job that lists cannot be asked about', () => {
    const since = after(START, hours(10));
    const usual = nextLookTime(waiting({ createdAt: claim }), since, DEFAULT_SCHEDULE);
    expect(nextLookOrWord(waiting({ createdAt: claim }), since, DEFAULT_SCHEDULE, undefined)).toBe(usual);
    const early = after(START, minutes(9.9));
    const sweep = { ...DEFAULT_SWEEP, firstWord: minutes(10) };
    expect(next({ createdAt: START }, early, sweep)).toBe(minutes(10));
    expect(next({}, early, sweep)).toBe(between(START, nextLookTime(waiting(), early, DEFAULT_SCHEDULE)));
    expect(next({}, early, sweep)).not.toBe(minutes(10));
  });
});
