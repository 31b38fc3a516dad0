import { describe, expect, test } from '@jest/globals';
import { after, minutes, type EpochMs } from '../../lib/domain/units.js';
import { jobKey, successorOf, Successors } from '../../lib/queue/cmq-successors.js';
import type { JobLease, Lease, PendingJob } from '../../lib/queue/pending-queue.js';
import { aBucket, aPendingJob, aRegion } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

const LATER = after(START, minutes(1));
const leaseOf = (job: PendingJob, firstSeenAt: EpochMs = START): JobLease => ({
  kind: 'job',
  id: 'm1',
  firstSeenAt,
  until: after(START, minutes(2)),
  job,
});
const NO_JOB: Lease = { kind: 'not-a-job', id: 'm2', problem: '', firstSeenAt: START, until: LATER };

describe('what a run remembers of its jobs', () => {
  test.each([
    ['ID', aPendingJob(2)],
    ['bucket', aPendingJob(1, { bucket: aBucket('other-1250000000') })],
    ['region', aPendingJob(1, { region: aRegion('ap-shanghai') })],
  ])('is of one job alone: another %s is another job', (_what, other) => {
    const successors = new Successors();
    const job = aPendingJob(1);
    successors.done(leaseOf(job));
    successors.sent(job, successors.next());
    expect(successors.isDone(leaseOf({ ...job, redrivenAt: LATER }))).toBe(true);
    expect(successors.isDone(leaseOf(other))).toBe(false);
    expect(successors.hasSuccessor(leaseOf(job), 0)).toBe(true);
    expect(successors.hasSuccessor(leaseOf(other), 0)).toBe(false);
    expect(jobKey(other)).not.toBe(jobKey(job));
  });

  test('is in order', () => {
    const successors = new Successors();
    const order = [successors.next(), successors.next(), successors.next()];
    expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
  });

  test.each([
    [1, true],
    [2, false],
    [3, false],
  ])('is of a successor sent as the second for a copy received as number %d: %s', (order, expected) => {
    const successors = new Successors();
    successors.sent(aPendingJob(1), 2);
    expect(successors.hasSuccessor(leaseOf(aPendingJob(1)), order)).toBe(expected);
  });

  test.each([
    ['a redrive', { redrivenAt: START }, {}, false],
    ['a redrive', { redrivenAt: START }, { redrivenAt: START }, true],
    ['a redrive', { redrivenAt: LATER }, { redrivenAt: START }, false],
    ['a redrive', { redrivenAt: START }, { redrivenAt: LATER }, true],
    ['no redrive', {}, { redrivenAt: START }, true],
  ])(
    'counts for a copy with %s only where the successor knows of it: %j, %j',
    (_what, copy, sent, expected) => {
      const successors = new Successors();
      successors.sent(aPendingJob(1, sent), 2);
      expect(successors.hasSuccessor(leaseOf(aPendingJob(1, copy)), 1)).toBe(expected);
    },
  );

  test.each([
    ['arrives', () => undefined],
    [
      'fails',
      () => {
        throw new Error('no answer');
      },
    ],
  ])(
    'holds a successor that is on its way until it %s, whichever of the jobs it is of',
    async (_how, end) => {
      const successors = new Successors();
      const wanted = [NO_JOB, leaseOf(aPendingJob(2)), leaseOf(aPendingJob(1))];
      expect(successors.onItsWay(wanted)).toBeUndefined();
      successors.sending(aPendingJob(1), Promise.resolve().then(end));
      expect(successors.onItsWay([NO_JOB, leaseOf(aPendingJob(2))])).toBeUndefined();
      const sending = successors.onItsWay(wanted);
      expect(sending).toBeDefined();
      await sending;
      expect(successors.onItsWay(wanted)).toBeUndefined();
    },
  );
});

describe('the successor of the copies of a job', () => {
  test('says what any of them knew: first seen and created at the first, redriven at the last', () => {
    const copies = [
      leaseOf(aPendingJob(1, { createdAt: LATER, redrivenAt: LATER }), LATER),
      leaseOf(aPendingJob(1, { queueId: 'p1', createdAt: START, redrivenAt: START }), START),
      leaseOf(aPendingJob(1), LATER),
    ] as const;
    const known = { queueId: 'p1', createdAt: START, redrivenAt: LATER };
    expect(successorOf(copies)).toStrictEqual({ ...aPendingJob(1, known), firstSeenAt: START });
  });

  test('says nothing that none of them knew', () => {
    const copy = leaseOf(aPendingJob(1));
    expect(successorOf([copy, copy])).toStrictEqual({ ...aPendingJob(1), firstSeenAt: START });
  });
});
