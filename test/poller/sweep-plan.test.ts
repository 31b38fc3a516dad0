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
    expect(sizesOf(windowsOfEnded(backlog.slice(0, 101), NOW, DEFAULT_SWEEP))).toEqual([101]);
  });

  test.each([
    [5_000, [3_001]],
    [5_050, [3_000]],
  ])('a window goes on over a gap of 99 settled jobs, and ends at one of a hundred: %d ms', (gap, sizes) => {
    // Alone, the first job is not worth a list.
    const first = job(before(NOW, millis(hours(1) + gap)));
    expect(sizesOf(windowsOfEnded([first, ...backlog], NOW, DEFAULT_SWEEP))).toEqual(sizes);
  });

  test('how densely jobs were submitted is told by the hundred after a gap, not by what came much later', () => {
    const dense = submitted(200, before(NOW, hours(1)), 50);
    const sparse = submitted(200, before(NOW, minutes(50)), 2_000);
    const first = submitted(150, before(NOW, minutes(61)), 10);
    // In the minute before the dense ones a thousand jobs were settled at their rate, and some twenty at the later one.
    expect(sizesOf(windowsOfEnded([...first, ...dense, ...sparse], NOW, DEFAULT_SWEEP))[0]).toBe(150);
  });

  test('a gap before the last few jobs ends a window as well', () => {
    const policy = { ...DEFAULT_SWEEP, pageSize: 10 };
    const younger = submitted(30, before(NOW, minutes(50)), 50);
    expect(sizesOf(windowsOfEnded([...backlog, ...younger], NOW, policy))).toEqual([3_000, 30]);
  });

  test('jobs of a burst count as created within a second, as whole seconds say no more', () => {
    const burst = submitted(150, before(NOW, hours(1)), 0);
    const [near, far] = [500, 1_500].map((gap) => job(before(NOW, millis(hours(1) + gap))));
    if (near === undefined || far === undefined) throw new Error('there are two');
    expect(sizesOf(windowsOfEnded([near, ...burst], NOW, DEFAULT_SWEEP))).toEqual([151]);
    expect(sizesOf(windowsOfEnded([far, ...burst], NOW, DEFAULT_SWEEP))).toEqual([150]);
  });

  test('the settled jobs of all gaps of a window are expected on its pages', () => {
    // Sixty of them in each of three gaps, so one page more, which may be two.
    const bursts = [0, 1, 2, 3].flatMap((burst) =>
      submitted(150, after(before(NOW, hours(1)), millis(burst * 149 * 50 + burst * 3_050)), 50),
    );
    const oneDue = bursts.map((each, index) => ({ ...each, isDue: index === 0 }));
    const windows = windowsOfEnded(oneDue, NOW, DEFAULT_SWEEP);
    expect(sizesOf(windows)).toEqual([600]);
    expect(windows[0]?.maxPages).toBe(4);
  });

  test.each([
    ['in lists of others', 1, 97],
    ['in lists that must be worth more', 2, 94],
    ['by looks where lists are not worth it', 20, 75],
  ])('of the looks that a window spares go those for words that are due, %s', (_how, worth, looks) => {
    const policy = { pageSize: 10, worth, firstWord: DEFAULT_SWEEP.firstWord };
    const jobs = backlog
      .slice(0, 100)
      .map((each, index) => (index < 25 ? { ...each, lookedAt: undefined } : each));
    expect(windowsOfEnded(jobs, NOW, policy)[0]?.maxPages).toBe(looks);
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

describe('the pages of a window of unended jobs', () => {
  const policy = { ...DEFAULT_SWEEP, pageSize: 10 };
  const jobs = submitted(40, before(NOW, hours(1)), 1_000);

  test('hold those that are not wanted as well', () => {
    const wanted = new Set([...jobs.slice(0, 12), ...jobs.slice(21)]);
    const [window] = windowsOfUnended(jobs, (each) => (wanted.has(each) ? 0.2 : undefined), policy);
    // Thirty-one and nine among them on four pages, or twice as many.
    expect(window?.maxPages).toBe(8);
  });

  test('must each be worth a call', () => {
    expect(windowsOfUnended(jobs.slice(0, 15), () => 0, policy)).toEqual([]);
    expect(sizesOf(windowsOfUnended(jobs.slice(0, 15), () => 0.04, policy))).toEqual([15]);
  });
});

describe('a look that a list may spare', () => {
  test.each([
    ['none where the job is not due', { isDue: false }, 0],
    ['one where it was due before', {}, 1],
    ['none in its first minute, since it has probably ended', { firstSeenAt: before(NOW, minutes(1)) }, 0],
    ['one after that', { firstSeenAt: before(NOW, seconds(61)) }, 1],
  ])('%s', (_name, facts, expected) => {
    expect(looksDue(job(before(NOW, hours(1)), facts), NOW)).toBe(expected);
  });
});

describe('a word about a job that no list shows', () => {
  test.each([
    ['not before five minutes', minutes(4), minutes(3), false],
    ['not in the first ones, however much older it has become', minutes(3), minutes(1), false],
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
