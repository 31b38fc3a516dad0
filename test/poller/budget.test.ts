import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { after, between, millis, minutes, seconds } from '../../lib/domain/units.js';
import {
  gatherUntil,
  leaseProblem,
  leasesAtATime,
  listUntil,
  looksAtATime,
  lookUntil,
  mayStart,
  planRun,
  SETTLE_TIME,
  timeForALook,
} from '../../lib/poller/budget.js';
import { START } from '../support/virtual-clock.js';

const attempt = seconds(5);

describe('the gate before a run', () => {
  test('refuses a run in which not one look would fit, and says what to change', () => {
    expect(planRun(START, after(START, seconds(12)), attempt)).toEqual({
      kind: 'refuse',
      problem:
        'the run has 12000 ms, but one look needs up to 13000 ms: ' +
        'give the function a longer timeout, or lower REQUEST_TIMEOUT_MS (now 5000)',
    });
  });

  test.each([13_000, 22_999])(
    'warns where little more than one look fits, and says what to change: %d ms',
    (length) => {
      const gate = planRun(START, after(START, millis(length)), attempt);
      const problem: unknown = expect.stringMatching(
        new RegExp(`${length} ms.*13000 ms.*give the function a longer timeout`),
      );
      const budget = { workUntil: after(START, millis(length - SETTLE_TIME)), lookTime: 10_000 };
      expect(gate).toEqual({ kind: 'warn', problem, budget });
    },
  );

  test('lets a run with room go', () => {
    expect(planRun(START, after(START, seconds(23)), attempt)).toEqual({
      kind: 'run',
      budget: { workUntil: after(START, seconds(20)), lookTime: 10_000 },
    });
  });

  test('F7: no time left is not the same as no limit', () => {
    expect(planRun(START, START, attempt).kind).toBe('refuse');
    expect(planRun(START, after(START, millis(-1)), attempt).kind).toBe('refuse');
  });
});

describe('whether a look may be started', () => {
  const deadline = after(START, seconds(60));
  const gate = planRun(START, deadline, attempt);
  const budget = gate.kind === 'refuse' ? undefined : gate.budget;
  if (budget === undefined) throw new Error('the gate refused a whole minute');

  test('only while it can end before the work does', () => {
    expect(mayStart(after(START, seconds(47)), deadline, budget)).toBe(true);
    expect(mayStart(after(START, millis(47_001)), deadline, budget)).toBe(false);
  });

  test('F6: only while its lease holds, by whole moments and not by parts of a second', () => {
    const leaseUntil = after(START, seconds(20));
    expect(mayStart(after(START, seconds(7)), leaseUntil, budget)).toBe(true);
    expect(mayStart(after(START, millis(7_001)), leaseUntil, budget)).toBe(false);
    expect(mayStart(after(START, seconds(60)), leaseUntil, budget)).toBe(false);
  });

  test('and so must end with whichever of work and lease ends first', () => {
    expect(lookUntil(after(START, seconds(20)), budget)).toBe(after(START, seconds(17)));
    expect(lookUntil(deadline, budget)).toBe(after(START, seconds(57)));
    expect(lookUntil(after(START, seconds(600)), budget)).toBe(after(START, seconds(57)));
  });

  test('what is started can always end and be settled before the deadline', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 900_000 }),
        fc.integer({ min: 0, max: 900_000 }),
        (length, at) => {
          const end = after(START, millis(length));
          const plan = planRun(START, end, attempt);
          const now = after(START, millis(at));
          if (plan.kind === 'refuse' || !mayStart(now, end, plan.budget)) return;
          expect(between(after(now, plan.budget.lookTime), end)).toBeGreaterThanOrEqual(SETTLE_TIME);
        },
      ),
    );
  });
});

describe('leases at a time', () => {
  const exclusive = { showsAll: false, leasesAsLongAsAsked: true };

  test.each([
    ['as many as could be looked at singly in the time left', exclusive, seconds(57), 50, 1_425],
    ['at least one', exclusive, millis(5), 1, 1],
    ['ten thousand, whatever the rate', exclusive, minutes(15), 1_000, 10_000],
    ['few where leases are short', { ...exclusive, leasesAsLongAsAsked: false }, seconds(57), 50, 100],
    ['ten thousand where nobody waits for them', { ...exclusive, showsAll: true }, seconds(57), 50, 10_000],
  ])('%s', (_name, capabilities, timeLeft, rate, expected) => {
    expect(leasesAtATime(capabilities, timeLeft, rate)).toBe(expected);
  });
});

test.each([
  ['a quarter of what two looks leave', seconds(60), 9_250],
  ['no time in a run that is short of it', seconds(23), 0],
  ['nor in one that has less than two looks need', seconds(15), 0],
])('further leases are taken for %s', (_name, length, expected) => {
  const gate = planRun(START, after(START, length), attempt);
  if (gate.kind === 'refuse') throw new Error(gate.problem);
  expect(between(START, gatherUntil(START, gate.budget))).toBe(expected);
});

test('lists end early enough for two looks, one after the other, before the lease or the work does', () => {
  const gate = planRun(START, after(START, seconds(60)), attempt);
  if (gate.kind === 'refuse') throw new Error(gate.problem);
  expect(between(START, listUntil(after(START, seconds(60)), gate.budget))).toBe(37_000);
  expect(between(START, listUntil(after(START, seconds(30)), gate.budget))).toBe(7_000);
});

describe('a lease', () => {
  const deadline = after(START, seconds(60));
  const budget = { workUntil: after(START, seconds(57)), lookTime: millis(10_000) };
  const problemOf = (leaseLength: number, now = START): string | undefined =>
    leaseProblem(now, after(now, millis(leaseLength)), deadline, budget);

  test('that is too short for a look from the beginning is a problem, and says what to change', () => {
    expect(timeForALook(attempt)).toBe(13_000);
    expect(problemOf(13_000)).toBeUndefined();
    const problem = problemOf(12_999) ?? '';
    expect(problem).toMatch(/leases of 12999 ms.*up to 13000 ms/);
    expect(problem).toMatch(/longer visibility timeout.*REQUEST_TIMEOUT_MS/);
  });

  test('is no problem where it is the run that has no time for a look any more', () => {
    expect(problemOf(5_000, after(START, seconds(47)))).toContain('leases of 5000 ms');
    expect(problemOf(5_000, after(START, millis(47_001)))).toBeUndefined();
  });
});

test.each([
  ['as many as set where the pace feeds more', 4, 100, 4],
  ['as many as the pace feeds within one attempt', 16, 0.8, 4],
  ['whole ones only', 16, 0.99, 4],
  ['one where the pace feeds less than one', 16, 0.1, 1],
  ['as many as set without a pace', 16, Number.POSITIVE_INFINITY, 16],
])('looks at a time: %s', (_what, concurrency, requestsPerSecond, looks) => {
  expect(looksAtATime(concurrency, { requestsPerSecond, attemptTimeout: attempt })).toBe(looks);
});
