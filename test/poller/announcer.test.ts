import { describe, expect, test } from '@jest/globals';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { after, before, days, hours, seconds, type EpochMs } from '../../lib/domain/units.js';
import type { Notice } from '../../lib/notices/notice.js';
import type { NoticeQueue } from '../../lib/notices/notice-queue.js';
import { allInState, errorOf, eventsOf, jobs, setUp } from './run-setting.js';
import { MemoryQueue } from '../support/memory-queue.js';
import { aPendingJob } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

/** A queue for notices in memory, which can be told to fail. */
class MemoryNotices implements NoticeQueue {
  readonly sent: Notice[] = [];
  readonly batches: number[] = [];
  readonly untils: EpochMs[] = [];
  /** What goes wrong with a notice. */
  errorFor: (notice: Notice) => DocjobError | undefined = () => undefined;
  onSend: (notice: Notice) => void = () => undefined;

  send(notices: readonly Notice[], until: EpochMs): Promise<readonly (DocjobError | undefined)[]> {
    this.batches.push(notices.length);
    this.untils.push(until);
    return Promise.resolve(
      notices.map((notice) => {
        const error = this.errorFor(notice);
        if (error === undefined) this.sent.push(notice);
        this.onSend(notice);
        return error;
      }),
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const refusal = new DocjobError('queue-access-denied', 'we may not', {
  disposition: 'configuration',
  requestId: 'r1',
});
const outage = new DocjobError('queue-unavailable', 'no answer', {
  disposition: 'transient',
  requestId: 'r2',
});

describe('a run that tells of manifests', () => {
  test('does so once a manifest is there, before its job is acknowledged, and ten jobs a call', async () => {
    const queue = new MemoryQueue(jobs(20));
    const notices = new MemoryNotices();
    const { go, service } = setUp(queue, allInState('Success'), { notices });
    const [manifestsThen, settledThen]: number[][] = [[], []];
    notices.onSend = () => {
      manifestsThen?.push(service.manifests.size);
      settledThen?.push(queue.settled.length);
    };
    await expect(go()).resolves.toMatchObject({ finished: { Success: 20 } });
    expect(notices.batches).toEqual([10, 10]);
    expect(notices.sent.map(({ jobId }) => jobId).sort()).toEqual(jobs(20).map(({ jobId }) => jobId));
    expect(manifestsThen?.[0]).toBeGreaterThanOrEqual(10);
    expect(settledThen?.[0]).toBe(0);
  });

  test.each(['Failed', 'Cancel', 'Success'])('tells of a job that ended as %s', async (state) => {
    const notices = new MemoryNotices();
    await setUp(new MemoryQueue(jobs(1)), allInState(state), { notices }).go();
    expect(notices.sent).toEqual([expect.objectContaining({ jobId: aPendingJob(1).jobId, state })]);
  });

  test('tells nothing of what has not ended, nor of what is given up', async () => {
    const notices = new MemoryNotices();
    const queue = new MemoryQueue([aPendingJob(1), 'no job']);
    await setUp(queue, allInState('Running'), { notices }).go();
    expect([notices.batches, queue.outcomesOf('dead-letter')]).toEqual([[], ['m2']]);
  });

  test('leaves sending a second after the last look, and the acknowledgement its own', async () => {
    const notices = new MemoryNotices();
    await setUp(new MemoryQueue(jobs(1)), allInState('Success'), { notices }).go();
    expect(notices.untils).toEqual([after(START, seconds(60 - 3 + 1))]);
  });

  test('looks again at a job whose notice was not sent, and acknowledges the others', async () => {
    const queue = new MemoryQueue(jobs(3));
    const notices = new MemoryNotices();
    notices.errorFor = ({ jobId }) => (jobId === aPendingJob(2).jobId ? outage : undefined);
    const { go, lines, service } = setUp(queue, allInState('Success'), { notices });
    await expect(go()).resolves.toMatchObject({
      finished: { Success: 2 },
      waiting: 1,
      errors: { transient: 1 },
    });
    expect(service.manifests.size).toBe(3);
    expect(queue.outcomesOf('done').sort()).toEqual(['m1', 'm3']);
    expect(queue.outcomesOf('look-again')).toEqual(['m2']);
    expect(eventsOf(lines, 'notice-failed')).toEqual([
      expect.objectContaining({
        level: 'warn',
        jobId: aPendingJob(2).jobId,
        code: 'queue-unavailable',
        message: 'no answer',
        requestId: 'r2',
      }),
    ]);
  });

  test('leaves sending no longer than the shortest of the leases leaves it', async () => {
    const queue = new MemoryQueue(jobs(3));
    const lease = queue.lease.bind(queue);
    queue.lease = async (request) =>
      (await lease(request)).map((one) =>
        one.id === 'm2' ? { ...one, until: after(START, seconds(30)) } : one,
      );
    const notices = new MemoryNotices();
    await setUp(queue, allInState('Success'), { notices }).go();
    expect(notices.untils).toEqual([after(START, seconds(30 - 3 + 1))]);
  });

  test.each([
    ['a refusal at the maximum age of three days', refusal, days(3), 'notice-failed'],
    ['a refusal before it', refusal, days(2.9), undefined],
    ['an outage at the maximum age: it gets a day more', outage, days(3), undefined],
    ['an outage a day later', outage, days(4), 'notice-failed'],
  ])('gives up a job for %s', async (_what, error, age, reason) => {
    const queue = new MemoryQueue(jobs(1), before(START, age));
    const notices = new MemoryNotices();
    notices.errorFor = () => error;
    const { go, lines } = setUp(queue, allInState('Success'), { notices });
    await go().catch(() => undefined);
    const [settled] = queue.settled;
    expect(settled?.outcome.kind).toBe(reason === undefined ? 'look-again' : 'dead-letter');
    expect(eventsOf(lines, 'dead-letter').map((line) => line['reason'])).toEqual(
      reason === undefined ? [] : [reason],
    );
  });
});

describe('a queue for notices', () => {
  test('that refuses us is told of once and not asked again; manifests are written, and the run fails', async () => {
    const queue = new MemoryQueue(jobs(25));
    const notices = new MemoryNotices();
    notices.errorFor = () => refusal;
    const { go, lines, service } = setUp(queue, allInState('Success'), { notices });
    const error = await errorOf(go());
    expect(error).toMatchObject({
      code: 'run-failed',
      requestId: 'r1',
      report: { waiting: 25, errors: { configuration: 25 } },
    });
    expect(notices.batches).toEqual([10]);
    expect(eventsOf(lines, 'notices-held-back')).toEqual([
      expect.objectContaining({
        level: 'error',
        code: 'queue-access-denied',
        message: 'we may not',
        requestId: 'r1',
      }),
    ]);
    expect(eventsOf(lines, 'notice-failed')).toEqual([]);
    expect(service.manifests.size).toBe(25);
    expect(queue.outcomesOf('look-again')).toHaveLength(25);
  });

  test('that finds our key wrong is not asked again either', async () => {
    const notices = new MemoryNotices();
    const error = new DocjobError('queue-key', 'a wrong key', { disposition: 'credentials' });
    notices.errorFor = () => error;
    const { go } = setUp(new MemoryQueue(jobs(20)), allInState('Success'), { notices });
    await expect(errorOf(go())).resolves.toMatchObject({ code: 'run-failed', disposition: 'credentials' });
    expect(notices.batches).toEqual([10]);
  });

  test('that fails twice, takes one, and fails twice again is asked each time', async () => {
    const notices = new MemoryNotices();
    notices.errorFor = () => (notices.batches.length === 3 ? undefined : outage);
    const { go, lines } = setUp(new MemoryQueue(jobs(50)), allInState('Success'), { notices });
    await expect(go()).resolves.toMatchObject({ finished: { Success: 10 }, waiting: 40 });
    expect(notices.batches).toHaveLength(5);
    expect(eventsOf(lines, 'notices-held-back')).toEqual([]);
  });

  test('that fails three times in a row is left alone for the rest of the run', async () => {
    const notices = new MemoryNotices();
    notices.errorFor = () => outage;
    const { go, lines } = setUp(new MemoryQueue(jobs(60)), allInState('Success'), { notices });
    await expect(errorOf(go())).resolves.toMatchObject({
      code: 'run-failed',
      disposition: 'transient',
      report: { waiting: 60, errors: { transient: 60 } },
    });
    expect(notices.batches).toEqual([10, 10, 10]);
    expect(eventsOf(lines, 'notices-held-back')).toHaveLength(1);
    expect(eventsOf(lines, 'notice-failed')).toHaveLength(30);
  });

  test('that takes a notice in between is not down, and the run does not fail', async () => {
    const notices = new MemoryNotices();
    let count = 0;
    notices.errorFor = () => ((count += 1) % 10 === 0 ? undefined : outage);
    const { go } = setUp(new MemoryQueue(jobs(60), before(START, hours(1))), allInState('Success'), {
      notices,
    });
    await expect(go()).resolves.toMatchObject({ finished: { Success: 6 }, waiting: 54 });
    expect(notices.batches).toHaveLength(6);
  });
});
