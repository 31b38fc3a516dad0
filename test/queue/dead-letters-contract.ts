import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { redriven, type DeadLetterRecord, type DeadLetters } from '../../lib/queue/dead-letters.js';
import type { Outcome, PendingJob, PendingQueue } from '../../lib/queue/pending-queue.js';
import {
  after,
  epochMs,
  millis,
  minutes,
  seconds,
  type EpochMs,
  type Millis,
} from '../../lib/domain/units.js';
import { aPendingJob } from '../support/pending-jobs.js';

/** A queue with dead letters, and what a test needs to know and to do beside their ports. */
export interface DeadLettersUnderTest {
  readonly queue: PendingQueue;
  openDeadLetters(): DeadLetters;
  now(): EpochMs;
  advance(by: Millis): void;
  /** Puts a body among the pending jobs, as a foreign sender would. */
  rawSend(body: string): Promise<void>;
  /** Puts something among the dead letters that is none of ours. */
  rawBury(text: string): Promise<void>;
  /** The next removals fail for good, before they take effect. */
  refuseRemovals(): void;
  close(): Promise<void>;
}

/** What is peculiar to an adapter. */
export interface DeadLettersTerms {
  readonly open: () => Promise<DeadLettersUnderTest>;
  /** How long what was read and not removed stays hidden after the close. */
  readonly hiddenFor: Millis;
  /** The reason of what is none of ours. */
  readonly foreignReason: string;
  /** Whether the job of a foreign one can be read. */
  readonly readsForeignJobs: boolean;
}

const GIVEN_UP: Outcome = {
  kind: 'dead-letter',
  reason: 'look-failed',
  detail: 'CI could not be asked: “503”',
  lastError: { code: 'InternalError', message: 'the service is in trouble', requestId: 'NjBh' },
};

/** What any DeadLetters promises. */
export function describeDeadLetters(name: string, terms: DeadLettersTerms): void {
  describe(`the dead letters of ${name}`, () => {
    let under: DeadLettersUnderTest;
    let timer: NodeJS.Timeout;

    beforeEach(async () => {
      under = await terms.open();
      // A long poll waits for its time to pass.
      timer = setInterval(() => under.advance(millis(100)), 10);
    });

    afterEach(async () => {
      clearInterval(timer);
      await under.queue.close();
      await under.close();
    });

    /** Puts jobs in, and gives them up as soon as they are leased. */
    async function bury(jobs: readonly PendingJob[], outcome: Outcome = GIVEN_UP): Promise<void> {
      await under.queue.enqueue(jobs, millis(0));
      await giveUpAll(outcome);
    }

    async function giveUpAll(outcome: Outcome): Promise<void> {
      for (;;) {
        const holdUntil = after(under.now(), minutes(1));
        const leases = await under.queue.lease({ max: 100, holdUntil, wait: millis(0) });
        if (leases.length === 0) return;
        const results = await under.queue.settle(leases.map((lease) => ({ lease, outcome })));
        expect(results.every(({ ok }) => ok)).toBe(true);
      }
    }

    async function readAll(letters: DeadLetters): Promise<readonly DeadLetterRecord[]> {
      const read: DeadLetterRecord[] = [];
      for await (const letter of letters.read()) read.push(letter);
      return read;
    }

    /** By an opening of its own. */
    async function all(): Promise<readonly DeadLetterRecord[]> {
      const letters = under.openDeadLetters();
      try {
        return await readAll(letters);
      } finally {
        await letters.close();
      }
    }

    const idsOf = (letters: readonly DeadLetterRecord[]): readonly string[] =>
      letters.map(({ content }) => (content.kind === 'job' ? content.job.jobId : '')).sort();

    test('tell the job that was given up, why, the last error, and since when the queue had it', async () => {
      const before = under.now();
      const createdAt = epochMs(before - minutes(5));
      const job = aPendingJob(1, { queueId: 'p532fdead', createdAt });
      await bury([job]);
      const [letter, ...others] = await all();
      expect(others).toEqual([]);
      expect(letter).toMatchObject({
        content: { kind: 'job', job },
        reason: 'look-failed',
        detail: 'CI could not be asked: “503”',
        lastError: { code: 'InternalError', message: 'the service is in trouble', requestId: 'NjBh' },
      });
      // To the second, which is all that some services tell.
      expect(letter?.firstSeenAt).toBeGreaterThanOrEqual(before - 1_000);
      expect(letter?.firstSeenAt).toBeLessThanOrEqual(under.now());
      expect(letter?.buriedAt).toBeGreaterThanOrEqual(before - 1_000);
    });

    test('tell what holds no job, and what it holds', async () => {
      await under.rawSend('a note to nobody');
      await giveUpAll({ kind: 'dead-letter', reason: 'not-a-job', detail: 'no job' });
      const [letter] = await all();
      expect(letter).toMatchObject({
        content: { kind: 'not-a-job' },
        reason: 'not-a-job',
        body: 'a note to nobody',
        lastError: undefined,
      });
    });

    test('are read each once, however many there are', async () => {
      const jobs = Array.from({ length: 37 }, (_, index) => aPendingJob(index + 1));
      await bury(jobs);
      expect(idsOf(await all())).toEqual(jobs.map(({ jobId }) => jobId).sort());
    });

    test('are there again after they were read', async () => {
      await bury([aPendingJob(1), aPendingJob(2)]);
      await all();
      under.advance(terms.hiddenFor);
      expect(await all()).toHaveLength(2);
    });

    test('are gone once they are removed, and no other is', async () => {
      await bury([aPendingJob(1), aPendingJob(2), aPendingJob(3)]);
      const letters = under.openDeadLetters();
      const read = await readAll(letters);
      const [first, ...rest] = read;
      expect(await letters.remove(rest)).toEqual(rest.map((letter) => ({ letter, ok: true })));
      await letters.close();
      under.advance(terms.hiddenFor);
      expect(idsOf(await all())).toEqual(idsOf(first === undefined ? [] : [first]));
    });

    test('say which of them could not be removed, and are still there', async () => {
      await bury([aPendingJob(1)]);
      const letters = under.openDeadLetters();
      const [letter] = await readAll(letters);
      if (letter === undefined) throw new Error('there is no letter');
      under.refuseRemovals();
      expect(await letters.remove([letter])).toEqual([
        { letter, ok: false, error: expect.objectContaining({ name: 'QueueError' }) },
      ]);
      await letters.close();
      under.advance(terms.hiddenFor);
      expect(await all()).toHaveLength(1);
    });

    test('may be others than ours', async () => {
      await under.rawBury(aPendingJob(7).jobId);
      const [letter] = await all();
      expect(letter).toMatchObject({
        reason: terms.foreignReason,
        body: aPendingJob(7).jobId,
        detail: undefined,
      });
      expect(letter?.content).toMatchObject(
        terms.readsForeignJobs ? { kind: 'job', job: aPendingJob(7) } : { kind: 'not-a-job' },
      );
    });

    test('are read no further once the signal aborts', async () => {
      await bury([aPendingJob(1)]);
      const letters = under.openDeadLetters();
      const reason = new Error('enough');
      const read = async (): Promise<void> => {
        for await (const letter of letters.read(AbortSignal.abort(reason))) expect(letter).toBeUndefined();
      };
      await expect(read()).rejects.toBe(reason);
      await letters.close();
    });

    test('go back as the jobs that they were, with their age from now on', async () => {
      const createdAt = epochMs(under.now() - minutes(5));
      const job = aPendingJob(1, { queueId: 'p532fdead', createdAt });
      await bury([job]);
      const [letter] = await all();
      if (letter?.content.kind !== 'job') throw new Error('there is no job');
      under.advance(seconds(20));
      const now = under.now();
      const [sent] = await under.queue.enqueue([redriven(letter.content.job, letter, now)], millis(0));
      expect(sent).toMatchObject({ ok: true });
      const holdUntil = after(under.now(), minutes(1));
      const [lease] = await under.queue.lease({ max: 1, holdUntil, wait: millis(0) });
      if (lease?.kind !== 'job') throw new Error('there is no lease');
      expect(lease.job).toMatchObject({ ...job, firstSeenAt: letter.firstSeenAt, redrivenAt: now });
    });
  });
}
