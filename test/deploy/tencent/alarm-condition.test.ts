import { describe, expect, test } from '@jest/globals';
import {
  fitCondition,
  sameCondition,
  wordsOf,
  type OfferedMetric,
} from '../../../deploy/tencent/alarm-condition.js';
import type { AlarmRule } from '../../../deploy/tencent/alarms.js';

const ALL = { isAllNeeded: true, repeatSeconds: 3_600 };

const rule: AlarmRule = { metric: 'Backlog', operator: 'gt', value: 0, heldSeconds: 10_800 };

function offered(changes: Partial<OfferedMetric> = {}): OfferedMetric {
  return { name: 'Backlog', operators: ['gt', 'le'], periods: [60, 300], counts: [1, 2, 5], ...changes };
}

/** Period and count of each rule. */
function timesOf(rules: readonly AlarmRule[], metrics: readonly OfferedMetric[]): unknown {
  const fitted = fitCondition(ALL, { rules }, metrics);
  if (fitted.kind === 'unlisted') return fitted.why;
  return fitted.condition.Rules.map(({ Period, ContinuePeriod }) => [Period, ContinuePeriod]);
}

describe('the time that a condition is held to', () => {
  test.each([
    ['the longest there is within the one asked for', [60, 300], [1, 2, 5], 10_800, [[300, 5]]],
    ['exactly the one asked for, in the longest periods', [300, 3_600], [3, 36], 10_800, [[3_600, 3]]],
    ['never a longer one', [3_600], [1, 5], 10_800, [[3_600, 1]]],
  ])('is %s', (_what, periods, counts, heldSeconds, times) => {
    expect(timesOf([{ ...rule, heldSeconds }], [offered({ periods, counts })])).toEqual(times);
  });

  test('keeps to the period that a value is summed up over', () => {
    expect(timesOf([{ ...rule, heldSeconds: 900, periodSeconds: 60 }], [offered()])).toEqual([[60, 5]]);
    expect(timesOf([{ ...rule, periodSeconds: 3_600 }], [offered()])).toBe(
      'offers no period for Backlog within 3 hours',
    );
  });

  test('is the same for conditions that must hold together', () => {
    const rate: AlarmRule = { ...rule, metric: 'Rate', operator: 'le' };
    const metrics = [offered(), offered({ name: 'Rate', periods: [60], counts: [1, 2] })];
    expect(timesOf([rule, rate], metrics)).toEqual([
      [60, 2],
      [60, 2],
    ]);
  });

  test('is none where all that is offered is too long', () => {
    expect(timesOf([{ ...rule, heldSeconds: 30 }], [offered()])).toBe(
      'offers no period for Backlog within 30 seconds',
    );
  });
});

test('a metric goes by the name that is listed, whatever its capitals', () => {
  const fitted = fitCondition(ALL, { rules: [rule] }, [offered({ name: 'backLog' })]);
  expect(fitted).toMatchObject({ condition: { Rules: [{ MetricName: 'backLog' }] } });
});

test('a metric without the operator does not do', () => {
  expect(timesOf([rule], [offered({ operators: ['lt'] })])).toBe(
    'has no metric Backlog with the operator gt',
  );
});

describe('two conditions', () => {
  const fitted = fitCondition(ALL, { rules: [rule] }, [offered()]);
  if (fitted.kind === 'unlisted') throw new Error(fitted.why);
  const { condition } = fitted;
  const changed = (change: object): typeof condition => ({
    ...condition,
    Rules: condition.Rules.map((each) => ({ ...each, ...change })),
  });

  test('are the same in other spellings of a number, and with one rule whether all or any must hold', () => {
    expect(sameCondition(condition, { ...changed({ Value: '0.000' }), IsUnionRule: 0 })).toBe(true);
  });

  test.each([
    { Value: '1' },
    { Period: 60 },
    { ContinuePeriod: 1 },
    { Operator: 'ge' },
    { NoticeFrequency: 0 },
  ])('are not the same with %j', (change) => {
    expect(sameCondition(condition, changed(change))).toBe(false);
  });
});

test('a condition is said in words', () => {
  const rules = [rule, { ...rule, operator: 'le' as const, heldSeconds: 60 }];
  const any = fitCondition({ ...ALL, isAllNeeded: false }, { rules }, [offered()]);
  if (any.kind === 'unlisted') throw new Error(any.why);
  expect(wordsOf(any.condition)).toBe('Backlog > 0 for 25 minutes or Backlog <= 0 for 1 minute');
});
