import { describe, expect, test } from '@jest/globals';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { DocjobError, type Disposition } from '../../lib/domain/docjob-error.js';
import { after, millis, minutes, seconds, type EpochMs } from '../../lib/domain/units.js';
import { OPERATIONS } from '../../lib/poller/holds.js';
import type { RunReport } from '../../lib/poller/report.js';
import { Tally } from '../../lib/poller/tally.js';
import type { Lease, Outcome, SettleResult } from '../../lib/queue/pending-queue.js';
import { aJobId, aPendingJob } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

const calls = { attempts: { ci: 3, cos: 2 }, retries: 1, clockOffset: undefined };

const reportOf = (tally: Tally, now: EpochMs = START): RunReport => tally.report(now, calls, 'queue-empty');

const aLease = (firstSeenAt: EpochMs = START): Lease => ({
  kind: 'job',
  id: 'm1',
  firstSeenAt,
  until: START,
  job: aPendingJob(1),
});

const error = (disposition: Disposition, code = 'code') => new DocjobError(code, 'no', { disposition });

const resultOf = (outcome: Outcome, ok: boolean): SettleResult => {
  const settlement = { lease: aLease(), outcome };
  return ok ? { settlement, ok } : { settlement, ok, error: error('transient') };
};

describe('the report', () => {
  test('of a run that did nothing is all zeros, and no oldest job', () => {
    expect(reportOf(new Tally(START))).toEqual({
      leased: 0,
      finished: {},
      incomplete: 0,
      waiting: 0,
      returned: 0,
      deadLettered: {},
      unsettled: 0,
      errors: {},
      states: {},
      oldestAgeMs: null,
      stalestManifestMs: null,
      calls,
      durationMs: 0,
      stopped: 'queue-empty',
    });
  });

  test('says how long the run took, and nothing below zero where the clock was set back', () => {
    const tally = new Tally(START);
    expect(reportOf(tally, after(START, seconds(7))).durationMs).toBe(7_000);
    expect(reportOf(tally, after(START, seconds(-7))).durationMs).toBe(0);
  });

  test.each([
    ['the oldest comes first', [[-9, -3]]],
    ['the oldest comes last', [[-3, -9]]],
    ['the oldest comes with a later receive', [[-3], [-9], [-5]]],
    ['they are of one age', [[-9, -9]]],
  ])('says how old the oldest of all leases is when %s', (_when, receives) => {
    const tally = new Tally(START);
    for (const ages of receives) tally.lease(ages.map((age) => aLease(after(START, minutes(age)))));
    expect(reportOf(tally)).toMatchObject({ leased: receives.flat().length, oldestAgeMs: minutes(9) });
    expect(tally.leased).toBe(receives.flat().length);
  });

  test.each([
    [[3, 9, 5], 9_000],
    [[9, null], 9_000],
    [[null, 0], 0],
    [[null], null],
  ])('of manifests written %j seconds after their jobs’ ends tells the stalest', (ages, stalest) => {
    const tally = new Tally(START);
    for (const age of ages) tally.wrote(age === null ? null : seconds(age));
    expect(reportOf(tally).stalestManifestMs).toBe(stalest);
  });

  test('counts what CI answered', () => {
    const tally = new Tally(START);
    const missing = { kind: 'missing', jobId: aJobId(1), requestId: undefined } as const;
    for (let times = 0; times < 3; times += 1) tally.answered(missing);
    expect(reportOf(tally).states).toEqual({ Missing: 3 });
  });

  test.each<[Outcome, Partial<RunReport>]>([
    [{ kind: 'look-again', delay: millis(0) }, { waiting: 2 }],
    [{ kind: 'dead-letter', reason: 'too-old', detail: '' }, { deadLettered: { 'too-old': 2 } }],
    [{ kind: 'done' }, { finished: { Success: 2 }, incomplete: 1 }],
  ])('counts a settled %j once the queue has it, and else among what is not settled', (outcome, counts) => {
    const none = reportOf(new Tally(START));
    for (const ok of [true, false]) {
      const tally = new Tally(START);
      for (const complete of [true, false])
        tally.settled(
          resultOf(outcome, ok),
          outcome.kind === 'done' ? { state: 'Success', complete } : undefined,
        );
      expect(reportOf(tally)).toEqual({ ...none, ...(ok ? counts : { unsettled: 2 }) });
    }
  });

  test('counts no job as finished where none is named', () => {
    const tally = new Tally(START);
    tally.settled(resultOf({ kind: 'done' }, true), undefined);
    expect(reportOf(tally)).toEqual(reportOf(new Tally(START)));
  });

  test('counts what was handed back by itself, and where that failed among what is not settled', () => {
    const tally = new Tally(START);
    for (const ok of [true, true, true, false, false])
      tally.returned(resultOf({ kind: 'look-again', delay: millis(0) }, ok));
    expect(reportOf(tally)).toMatchObject({ returned: 3, unsettled: 2, waiting: 0 });
  });
});

test('a run is in vain whose leases all went back without a look', () => {
  const leases = [aLease(), aLease()];
  const inVain = (returned: number, looks: number, leased = leases): boolean => {
    const tally = new Tally(START);
    tally.lease(leased);
    for (let n = 0; n < looks; n += 1) tally.startLook();
    for (let n = 0; n < returned; n += 1) tally.handBack();
    return tally.isInVain;
  };
  expect(inVain(2, 0)).toBe(true);
  expect(inVain(1, 0)).toBe(false);
  expect(inVain(2, 1)).toBe(false);
  expect(inVain(0, 0, [])).toBe(false);
});

describe.each(OPERATIONS)('whether a run could do its work, by its attempts to %s', (operation) => {
  const broken = (errors: readonly DocjobError[], isSuccess = false): DocjobError | undefined => {
    const tally = new Tally(START);
    for (const one of errors) tally.failed(operation, one);
    if (isSuccess) tally.succeeded(operation);
    return tally.broken;
  };
  const times = (count: number, one: DocjobError) => Array.from({ length: count }, () => one);

  test.each<[string, DocjobError, number]>([
    ['closed to us', error('configuration'), 1],
    ['down', error('transient'), 3],
    ['of another time', error('skewed'), 3],
  ])('not with one that is %s, as soon as so many jobs have met it', (_what, one, enough) => {
    expect(broken(times(enough - 1, one))).toBeUndefined();
    expect(broken(times(enough, one))).toBe(one);
    expect(broken(times(enough + 1, one))).toBe(one);
    expect(broken(times(enough + 1, one), true)).toBeUndefined();
  });

  test.each<[string, DocjobError]>([
    ['asks for fewer requests', error('throttled')],
    ['refuses jobs', error('job')],
    ['gives answers that cannot be read', new UndecodableError('<html>')],
  ])('with one that only %s', (_what, one) => {
    expect(broken(times(10, one))).toBeUndefined();
  });

  test('not with one that is closed, whatever else befell it', () => {
    const closed = error('configuration');
    expect(broken([...times(3, error('transient')), closed, error('skewed')])).toBe(closed);
  });
});

test('an operation that fails is counted by what its error means', () => {
  const tally = new Tally(START);
  for (const disposition of ['job', 'throttled', 'job'] as const)
    tally.failed('describe', error(disposition));
  expect(reportOf(tally).errors).toEqual({ job: 2, throttled: 1 });
});

test('an error that speaks of no operation is counted, and breaks none', () => {
  const tally = new Tally(START);
  for (let times = 0; times < 3; times += 1) tally.erred(error('transient'));
  expect(reportOf(tally).errors).toEqual({ transient: 3 });
  expect(tally.broken).toBeUndefined();
});
