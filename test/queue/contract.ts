import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  after,
  days,
  hours,
  millis,
  minutes,
  seconds,
  type EpochMs,
  type Millis,
} from '../../lib/domain/units.js';
import type {
  Lease,
  Outcome,
  PendingJob,
  PendingQueue,
  QueueCapabilities,
} from '../../lib/queue/pending-queue.js';
import { aPendingJob } from '../support/pending-jobs.js';

/** A dead letter as its reader sees it. */
export interface SeenDeadLetter {
  readonly body: string;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
}

/** A fresh queue and what a test needs to know and to do beside its port. */
export interface QueueUnderTest {
  readonly queue: PendingQueue;
  /** The time by which the queue and its adapter go. */
  now(): EpochMs;
  advance(by: Millis): void;
  /** Puts in any body, as a foreign sender would. */
  rawSend(body: string): Promise<void>;
  /** A job as a foreign sender would write it, for queues that take no JSON. */
  rawJob?(job: PendingJob): string;
  deadLetters(): Promise<readonly SeenDeadLetter[]>;
  /** How many messages the queue still holds, in whatever state. */
  size(): Promise<number>;
  /** The next acknowledgements of done messages fail for good before they take effect. */
  refuseAcknowledgements?(): void;
  /** The next jobs that are put in arrive, but the answer does not. */
  loseEnqueueAnswers?(): void;
  close(): Promise<void>;
}

/** What the suite tests: exactly what the adapter declares, and the faults that its environment can produce. */
export interface ContractTerms {
  readonly capabilities: QueueCapabilities;
  readonly open: () => Promise<QueueUnderTest>;
  readonly faults: boolean;
}

const NOW = millis(0);
const DONE: Outcome = { kind: 'done' };
const RUN = minutes(1);

/** What any PendingQueue promises. */
export function describePendingQueue(name: string, { capabilities, open, faults }: ContractTerms): void {
  describe(`${name}, as a pending queue`, () => {
    let under: QueueUnderTest;
    let queue: PendingQueue;

    beforeEach(async () => {
      under = await open();
      queue = under.queue;
    });

    afterEach(async () => {
      await queue.close();
      await under.close();
    });

    const lease = (max = 10, hold: Millis = RUN): Promise<readonly Lease[]> =>
      queue.lease({ max, holdUntil: after(under.now(), hold), wait: NOW });

    /** Everything that is due. */
    async function leaseAll(): Promise<readonly Lease[]> {
      const all: Lease[] = [];
      for (;;) {
        const some = await lease();
        if (some.length === 0) return all;
        all.push(...some);
      }
    }

    async function leaseOne(hold?: Millis): Promise<Lease> {
      const [one] = await lease(1, hold);
      if (one === undefined) throw new Error('there is nothing to lease');
      return one;
    }

    async function settle(leases: readonly Lease[], outcome: Outcome): Promise<readonly boolean[]> {
      const results = await queue.settle(leases.map((one) => ({ lease: one, outcome })));
      return results.map(({ ok }) => ok);
    }

    async function enqueue(count: number, delay: Millis = NOW): Promise<readonly PendingJob[]> {
      const jobs = Array.from({ length: count }, (_, index) => aPendingJob(index + 1));
      expect((await queue.enqueue(jobs, delay)).every(({ ok }) => ok)).toBe(true);
      return jobs;
    }

    const jobIds = (leases: readonly Lease[]): readonly string[] =>
      leases.map((one) => (one.kind === 'job' ? one.job.jobId : one.problem)).sort();

    test('declares what it is tested for', () => {
      expect(queue.capabilities).toEqual(capabilities);
    });

    test('an empty queue gives no leases', async () => {
      expect(await lease()).toEqual([]);
    });

    test('a job comes out as it went in', async () => {
      const job = aPendingJob(1, {
        queueId: 'p532fdead78444e649e1a4467c1cd19d3',
        createdAt: under.now(),
        firstSeenAt: under.now(),
        redrivenAt: under.now(),
      });
      const [result] = await queue.enqueue([job], NOW);
      expect(result).toEqual({ job, ok: true });
      expect(await leaseOne()).toMatchObject({ kind: 'job', job, firstSeenAt: under.now() });
    });

    test('a redrive is believed to be no later than what was sent by it', async () => {
      await queue.enqueue([aPendingJob(1, { redrivenAt: after(under.now(), days(9)) })], NOW);
      const one = await leaseOne();
      const redrivenAt = one.kind === 'job' ? one.job.redrivenAt : undefined;
      // To the second: some queues know no finer time.
      expect(Math.abs(Number(redrivenAt) - under.now())).toBeLessThanOrEqual(seconds(1));
    });

    test('a bare job ID from a foreign sender is a job of the default bucket', async () => {
      const job = aPendingJob(1);
      await under.rawSend(job.jobId);
      expect(await leaseOne()).toMatchObject({ kind: 'job', job });
    });

    test('a job that is done is gone', async () => {
      await enqueue(1);
      expect(await settle(await lease(), DONE)).toEqual([true]);
      under.advance(hours(1));
      expect(await lease()).toEqual([]);
      expect(await under.size()).toBe(0);
    });

    test('never gives more leases than were asked for', async () => {
      await enqueue(5);
      expect(await lease(2)).toHaveLength(2);
    });

    test('more jobs than a batch holds go in, come out and are done', async () => {
      const jobs = await enqueue(25);
      const leases = await leaseAll();
      expect(jobIds(leases)).toEqual(jobs.map(({ jobId }) => jobId).sort());
      expect(await settle(leases, DONE)).toEqual(new Array(25).fill(true));
      expect(await under.size()).toBe(0);
    });

    test('more messages than a batch holds can end in different ways at once, each told by itself and in order', async () => {
      await enqueue(25);
      const leases = await leaseAll();
      const deadLetter: Outcome = { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' };
      const endings: readonly Outcome[] = [DONE, { kind: 'look-again', delay: NOW }, deadLetter];
      const settlements = leases.map((one, index) => ({ lease: one, outcome: endings[index % 3] ?? DONE }));
      const results = await queue.settle(settlements);
      expect(results).toEqual(settlements.map((settlement) => ({ settlement, ok: true })));
      expect(await under.deadLetters()).toHaveLength(8);
      expect(await under.size()).toBe(8);
      expect(await leaseAll()).toHaveLength(8);
    });

    if (capabilities.leasesAsLongAsAsked) {
      test('a lease holds until the moment that was asked for at least', async () => {
        await enqueue(1);
        const holdUntil = after(under.now(), RUN);
        const { until } = await leaseOne();
        expect(until).toBeGreaterThanOrEqual(holdUntil);
      });
    } else {
      test('a lease holds for the same time whatever was asked for', async () => {
        await enqueue(2);
        const [short, long] = [await leaseOne(NOW), await leaseOne(hours(1))];
        expect(short.until).toBeGreaterThan(under.now());
        expect(long.until).toBe(short.until);
      });
    }

    if (capabilities.exclusiveLeases) {
      test('a message is nobody else’s as long as its lease may be used', async () => {
        await enqueue(1);
        const { until } = await leaseOne();
        under.advance(millis(until - under.now()));
        expect(await lease()).toEqual([]);
      });
    }

    if (capabilities.exclusiveLeases && capabilities.leasesAsLongAsAsked) {
      test('a lease without time left still keeps the message from the others while it may be used', async () => {
        await enqueue(1);
        const { until } = await leaseOne(NOW);
        expect(until).toBeGreaterThan(under.now());
        expect(await lease()).toEqual([]);
        // A queue's default, which would hold for half a minute, must not have taken the place of zero.
        under.advance(seconds(5));
        expect(await lease()).toHaveLength(1);
      });
    }

    test('a lease that nobody settles comes back', async () => {
      await enqueue(1);
      await lease();
      under.advance(minutes(2));
      expect(await lease()).toHaveLength(1);
    });

    test('a lease that has ended is recognised: it neither moves the message nor takes it from another run', async () => {
      await enqueue(1);
      const mine = await leaseOne();
      under.advance(minutes(2));
      const theirs = await leaseOne();
      expect(await settle([mine], { kind: 'look-again', delay: NOW })).toEqual([false]);
      expect(await settle([mine], { kind: 'dead-letter', reason: 'too-old', detail: 'late' })).toEqual([
        false,
      ]);
      expect(await under.deadLetters()).toEqual([]);
      expect(await settle([theirs], DONE)).toEqual([true]);
      expect(await under.size()).toBe(0);
    });

    test('a message to look at again at once is back at once', async () => {
      await enqueue(1);
      expect(await settle(await lease(), { kind: 'look-again', delay: NOW })).toEqual([true]);
      expect(await lease()).toHaveLength(1);
    });

    if (capabilities.exactDelays) {
      test.each([seconds(1), millis(1_500), minutes(30)])(
        'a message to look at again after %d ms is not there before, and is then',
        async (delay) => {
          await enqueue(1);
          expect(await settle(await lease(), { kind: 'look-again', delay })).toEqual([true]);
          under.advance(millis(delay - 1));
          expect(await lease()).toEqual([]);
          under.advance(millis(1_000));
          expect(await lease()).toHaveLength(1);
        },
      );

      test('a look-again that is too late for the queue comes earlier instead of failing', async () => {
        await enqueue(1);
        const leases = await lease();
        under.advance(seconds(30));
        const delay = millis(capabilities.maxLookAgainDelay + hours(1));
        expect(await settle(leases, { kind: 'look-again', delay })).toEqual([true]);
        under.advance(capabilities.maxLookAgainDelay);
        expect(await lease()).toHaveLength(1);
      });

      test('a job put in with a delay is not there before, and is then', async () => {
        await enqueue(11, seconds(90));
        under.advance(seconds(89));
        expect(await lease()).toEqual([]);
        under.advance(seconds(1));
        expect(await leaseAll()).toHaveLength(11);
      });

      test('a delay that is too long for the queue is shortened instead of failing', async () => {
        await enqueue(1, millis(capabilities.maxEnqueueDelay + hours(1)));
        under.advance(capabilities.maxEnqueueDelay);
        expect(await lease()).toHaveLength(1);
      });
    }

    test('when a message was first seen survives every look', async () => {
      const seenAt = under.now();
      await enqueue(1);
      for (let look = 0; look < 3; look += 1) {
        under.advance(minutes(1));
        const one = await leaseOne();
        expect(one.firstSeenAt).toBe(seenAt);
        await settle([one], { kind: 'look-again', delay: NOW });
      }
    });

    test('a dead letter has its reason, its detail and the original body, and the message is gone', async () => {
      const job = aPendingJob(1);
      const body = under.rawJob?.(job) ?? JSON.stringify({ ...job, note: 'kept as it was: 你好 ✓' });
      await under.rawSend(body);
      const outcome: Outcome = {
        kind: 'dead-letter',
        reason: 'look-failed',
        detail: 'the last look failed',
        lastError: { code: 'AccessDenied', message: 'no grant', requestId: 'NjA=' },
      };
      expect(await settle(await lease(), outcome)).toEqual([true]);
      expect(await under.deadLetters()).toEqual([
        { body, reason: 'look-failed', detail: 'the last look failed' },
      ]);
      expect(await under.size()).toBe(0);
    });

    test('a message that is no job is told as such, and its body reaches the dead letters unchanged', async () => {
      const body = '{"jobId":"../../etc/passwd",\t"bucket": 7}\r\n';
      await under.rawSend(body);
      const one = await leaseOne();
      expect(one).toMatchObject({ kind: 'not-a-job', problem: expect.stringContaining('jobId') });
      const detail = one.kind === 'not-a-job' ? one.problem : '';
      expect(await settle([one], { kind: 'dead-letter', reason: 'not-a-job', detail })).toEqual([true]);
      expect(await under.deadLetters()).toEqual([{ body, reason: 'not-a-job', detail }]);
      expect(await under.size()).toBe(0);
    });

    test('what a dead letter says may hold any text', async () => {
      await enqueue(2);
      const detail = `\u0000 \ud800 \u{1f600} \ufffe ${'ü'.repeat(5_000)}`;
      expect(await settle(await lease(), { kind: 'dead-letter', reason: 'look-failed', detail })).toEqual([
        true,
        true,
      ]);
      expect(await under.deadLetters()).toHaveLength(2);
    });

    test('a settlement that fails is told by itself, and the others are carried out', async () => {
      await enqueue(3);
      const [first, second, third] = await lease();
      if (first === undefined || second === undefined || third === undefined)
        throw new Error('three were put in');
      const foreign = { ...second };
      const settlements = [first, foreign, third].map((one) => ({ lease: one, outcome: DONE }));
      const results = await queue.settle(settlements);
      expect(results.map(({ ok, settlement }) => ({ ok, id: settlement.lease.id }))).toEqual([
        { ok: true, id: first.id },
        { ok: false, id: second.id },
        { ok: true, id: third.id },
      ]);
      under.advance(minutes(2));
      expect(jobIds(await lease())).toEqual(jobIds([second]));
    });

    test('a call that was aborted before asks nothing', async () => {
      await enqueue(1);
      const reason = new Error('the run is over');
      const asking = queue.lease({
        max: 1,
        holdUntil: after(under.now(), RUN),
        wait: NOW,
        signal: AbortSignal.abort(reason),
      });
      await expect(asking).rejects.toBe(reason);
      expect(await lease()).toHaveLength(1);
    });

    if (faults) {
      test('a message whose acknowledgement did not arrive comes again, and the failure is told', async () => {
        await enqueue(1);
        const leases = await lease();
        under.refuseAcknowledgements?.();
        expect(await settle(leases, DONE)).toEqual([false]);
        under.advance(minutes(2));
        expect(jobIds(await lease())).toEqual(jobIds(leases));
      });

      test('a job whose putting in was not answered is not lost', async () => {
        const job = aPendingJob(1);
        under.loseEnqueueAnswers?.();
        await queue.enqueue([job], NOW);
        // Once or more often: a sender without an answer tries again.
        expect(new Set(jobIds(await leaseAll()))).toEqual(new Set([job.jobId]));
      });
    }
  });
}
