import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  after,
  before,
  epochMs,
  hours,
  millis,
  minutes,
  seconds,
  type EpochMs,
} from '../../lib/domain/units.js';
import {
  DEFAULT_SWEEP,
  isWordDue,
  looksDue,
  windowsOfEnded,
  windowsOfUnended,
  type SweepJob,
} from '../../lib/poller/sweep-plan.js';

const NOW = epochMs(Date.UTC(2026, 0, 1, 12));

/** Jobs submitted evenly; all seen at once, all due, and last looked at a minute ago. */
function submitted(count: number, from: EpochMs, spacing: number): SweepJob[] {
  return Array.from({ length: count }, (_, index) => job(after(from, millis(index * spacing))));
}

function job(createdAt: EpochMs, facts: Partial<SweepJob> = {}): SweepJob {
  return { createdAt, firstSeenAt: createdAt, isDue: true, lookedAt: before(NOW, minutes(1)), ...facts };
}

const sizesOf = (windows: readonly { readonly jobs: readonly SweepJob[] }[]): readonly number[] =>
  windows.map(({ jobs }) => jobs.length);

describe('the windows in which to ask for jobs that have ended', () => {
  const backlog = submitted(3_000, before(NOW, hours(1)), 50);

  test('one holds a backlog, from its oldest job to its newest', () => {
    const windows = windowsOfEnded(backlog, NOW, DEFAULT_SWEEP);
    expect(windows).toMatchObject([{ from: backlog[0]?.createdAt, to: backlog.at(-1)?.createdAt }]);
    expect(sizesOf(windows)).toEqual([3_000]);
  });

  test('a stuck job does not hold the window open: the jobs submitted after it have been settled since', () => {
    const stuck = job(before(NOW, hours(1.1)));
    expect(sizesOf(windowsOfEnded([stuck, ...backlog], NOW, DEFAULT_SWEEP))).toEqual([3_000]);
  });

  test('a job that takes a little longer than those after it stays in the window', () => {
    const slow = job(before(NOW, millis(hours(1) + seconds(4))));
    expect(sizesOf(windowsOfEnded([slow, ...backlog], NOW, DEFAULT_SWEEP))).toEqual([3_001]);
  });

  test('two backlogs with settled jobs between them have a window each', () => {
    const younger = submitted(2_000, before(NOW, minutes(10)), 50);
    expect(sizesOf(windowsOfEnded([...backlog, ...younger], NOW, DEFAULT_SWEEP))).toEqual([3_000, 2_000]);
  });

  test('there is none where one page would hold all that have not ended', () => {
    expect(windowsOfEnded(backlog.slice(0, 100), NOW, DEFAULT_SWEEP)).toEqual([]);
  });

  test('there is none where it would be worth less than its pages', () => {
    const jobs = backlog.map((each, index) => ({ ...each, isDue: index === 0 }));
    expect(windowsOfEnded(jobs, NOW, { ...DEFAULT_SWEEP, worth: 1_000 })).toEqual([]);
  });

  test('a window may cost twice the pages that are expected, or as many as the looks that it spares', () => {
    expect(windowsOfEnded(backlog, NOW, DEFAULT_SWEEP)[0]?.maxPages).toBe(3_000);
    const oneDue = backlog.map((each, index) => ({ ...each, isDue: index === 0 }));
    expect(windowsOfEnded(oneDue, NOW, DEFAULT_SWEEP)[0]?.maxPages).toBe(2);
  });
});

describe('the windows in which to ask for jobs that have not ended', () => {
  const jobs = submitted(1_000, before(NOW, hours(1)), 1_000);
  const looks = (each: SweepJob): number => looksDue(each, NOW);

  test('one holds all that are wanted, where what lies between them is less than a page', () => {
    expect(sizesOf(windowsOfUnended(jobs, looks, DEFAULT_SWEEP))).toEqual([1_000]);
  });

  test('a window ends where a page of others lies before the next one that is wanted', () => {
    const wanted = new Set([...jobs.slice(0, 50), ...jobs.slice(149, 160), ...jobs.slice(260)]);
    const windows = windowsOfUnended(jobs, (each) => (wanted.has(each) ? 1 : undefined), DEFAULT_SWEEP);
    expect(sizesOf(windows)).toEqual([61, 740]);
  });

  test('a list is worth a page for each look that it spares, and for ten jobs that are found the sooner by it', () => {
    const [first, second] = jobs;
    expect(windowsOfUnended(jobs.slice(0, 9), () => 0, DEFAULT_SWEEP)).toEqual([]);
    expect(sizesOf(windowsOfUnended(jobs.slice(0, 10), () => 0, DEFAULT_SWEEP))).toEqual([10]);
    expect(
      sizesOf(
        windowsOfUnended(jobs, (each) => (each === first || each === second ? 1 : undefined), DEFAULT_SWEEP),
      ),
    ).toEqual([2]);
  });
});

describe('a look that a list may spare', () => {
  test.each([
    ['none where the job is not due', { isDue: false }, 0],
    ['one where it was due before', {}, 1],
    ['none in its first minute, since it has probably ended', { firstSeenAt: before(NOW, seconds(59)) }, 0],
  ])('%s', (_name, facts, expected) => {
    expect(looksDue(job(before(NOW, hours(1)), facts), NOW)).toBe(expected);
  });
});

describe('a word about a job that no list shows', () => {
  test.each([
    ['not before five minutes', minutes(4), minutes(3), false],
    ['at five minutes', minutes(5), minutes(4), true],
    ['not at six', minutes(6), minutes(5), false],
    ['at ten', minutes(10.5), minutes(9.5), true],
    ['at 160, though the last pass was long ago', minutes(170), minutes(90), true],
    ['not between 160 and 320', minutes(310), minutes(165), false],
  ])('%s', (_name, age, ageAtLastLook, expected) => {
    const firstSeenAt = before(NOW, age);
    const lookedAt = after(firstSeenAt, ageAtLastLook);
    expect(isWordDue(job(firstSeenAt, { lookedAt }), NOW, DEFAULT_SWEEP)).toBe(expected);
  });

  test('goes by when the queue saw the job, whatever is claimed about its creation', () => {
    const claimed = job(epochMs(0), { firstSeenAt: before(NOW, minutes(5)) });
    expect(isWordDue(claimed, NOW, DEFAULT_SWEEP)).toBe(true);
  });

  test('is due at each look where the last one is not known', () => {
    expect(isWordDue(job(NOW, { lookedAt: undefined }), NOW, DEFAULT_SWEEP)).toBe(true);
  });

  test('comes at least once while the time in the queue doubles, whenever the passes are', () => {
    const passes = fc.array(fc.integer({ min: 1, max: 3_600_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(passes, (gaps) => {
        let [last, heard] = [0, 0];
        for (const gap of gaps) {
          const now = last + gap;
          const facts = { firstSeenAt: epochMs(0), lookedAt: epochMs(last) };
          if (isWordDue(job(epochMs(0), facts), epochMs(now), DEFAULT_SWEEP)) heard = now;
          last = now;
          expect(now).toBeLessThan(Math.max(DEFAULT_SWEEP.firstWord, 2 * heard));
        }
      }),
    );
  });
});

test('windows are in order, hold each job once, and cover the creation times of their jobs', () => {
  const jobs = fc
    .array(
      fc.record({
        createdAt: fc.integer({ min: NOW - 7_200_000, max: NOW }).map(epochMs),
        isDue: fc.boolean(),
        lookedAt: fc.option(fc.constant(before(NOW, minutes(1))), { nil: undefined }),
      }),
      { maxLength: 300 },
    )
    .map((facts) =>
      facts.map((each) => job(each.createdAt, each)).sort((one, other) => one.createdAt - other.createdAt),
    );
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 100 }), (all, pageSize) => {
      const policy = { ...DEFAULT_SWEEP, pageSize };
      for (const windows of [
        windowsOfEnded(all, NOW, policy),
        windowsOfUnended(all, (each) => (each.isDue ? 1 : undefined), policy),
      ]) {
        const held = windows.flatMap((window) => window.jobs);
        expect(new Set(held).size).toBe(held.length);
        expect(held).toEqual([...held].sort((one, other) => one.createdAt - other.createdAt));
        for (const { jobs: inside, from, to, maxPages } of windows) {
          expect(maxPages).toBeGreaterThanOrEqual(1);
          for (const { createdAt } of inside) {
            expect(createdAt).toBeGreaterThanOrEqual(from);
            expect(createdAt).toBeLessThanOrEqual(to);
          }
        }
      }
    }),
  );
});
