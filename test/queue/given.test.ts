import { describe, expect, test } from '@jest/globals';
import { after, millis, minutes } from '../../lib/domain/units.js';
import { openGivenQueue } from '../../lib/queue/given.js';
import type { Outcome } from '../../lib/queue/pending-queue.js';
import { aJobId, aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

const request = (max: number) => ({ max, holdUntil: after(START, minutes(1)), wait: millis(0) });
const LOOK_AGAIN: Outcome = { kind: 'look-again', delay: minutes(3) };

describe('jobs that are given in a call', () => {
  test('are nobody’s alone, held as long as was asked for, and not kept for later', () => {
    expect(openGivenQueue([], SOURCE, START).capabilities).toEqual({
      exclusiveLeases: false,
      leasesAsLongAsAsked: true,
      exactDelays: false,
      maxLookAgainDelay: 0,
      maxEnqueueDelay: 0,
      showsAll: false,
    });
  });

  test('are handed out once each, however they are written, and count as first seen at the call', async () => {
    const queue = openGivenQueue([aJobId(1), JSON.stringify(aPendingJob(2)), 'no job'], SOURCE, START);
    const facts = { firstSeenAt: START, until: after(START, minutes(1)) };
    expect(await queue.lease(request(2))).toEqual([
      { kind: 'job', id: 'given-1', job: aPendingJob(1), ...facts },
      { kind: 'job', id: 'given-2', job: aPendingJob(2), ...facts },
    ]);
    expect(await queue.lease(request(10))).toMatchObject([{ kind: 'not-a-job', id: 'given-3' }]);
    expect(await queue.lease(request(10))).toEqual([]);
  });

  test('are listed with what became of each, in the order given, also where the run did not get to one', async () => {
    const queue = openGivenQueue([aJobId(1), aJobId(2), aJobId(1)], SOURCE, START);
    const [first, second] = await queue.lease(request(2));
    if (first === undefined || second === undefined) throw new Error('two were given');
    const settlements = [
      { lease: second, outcome: LOOK_AGAIN },
      { lease: first, outcome: { kind: 'done' } as const },
    ];
    expect(await queue.settle(settlements)).toEqual(
      settlements.map((settlement) => ({ settlement, ok: true })),
    );
    expect(queue.outcomes()).toEqual([
      { given: aJobId(1), outcome: { kind: 'done' } },
      { given: aJobId(2), outcome: LOOK_AGAIN },
      { given: aJobId(1) },
    ]);
  });

  test('are not stored: one to look at again does not come back', async () => {
    const queue = openGivenQueue([aJobId(1)], SOURCE, START);
    const leases = await queue.lease(request(10));
    await queue.settle(leases.map((lease) => ({ lease, outcome: LOOK_AGAIN })));
    expect(await queue.lease(request(10))).toEqual([]);
  });

  test('take no further jobs, and settle no leases of others', async () => {
    const queue = openGivenQueue([aJobId(1)], SOURCE, START);
    expect(await queue.enqueue([aPendingJob(2)], millis(0))).toMatchObject([
      {
        job: aPendingJob(2),
        ok: false,
        error: { code: 'queue-unusable', message: expect.stringContaining('no queue') },
      },
    ]);
    const [lease] = await queue.lease(request(1));
    if (lease === undefined) throw new Error('one was given');
    const foreign = { lease: { ...lease }, outcome: { kind: 'done' } as const };
    expect(await queue.settle([foreign])).toMatchObject([
      { ok: false, error: { code: 'lease-lost', message: expect.stringContaining('given-1') } },
    ]);
    expect(queue.outcomes()).toEqual([{ given: aJobId(1) }]);
    await expect(queue.close()).resolves.toBeUndefined();
  });

  test('are not handed out to a run that is over', async () => {
    const queue = openGivenQueue([aJobId(1)], SOURCE, START);
    const reason = new Error('over');
    await expect(queue.lease({ ...request(1), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await queue.lease(request(1))).toHaveLength(1);
  });
});
