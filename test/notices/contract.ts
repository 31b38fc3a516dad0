import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { after, before, millis, minutes, seconds, type EpochMs } from '../../lib/domain/units.js';
import type { Notice } from '../../lib/notices/notice.js';
import type { NoticeQueue } from '../../lib/notices/notice-queue.js';
import { aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { isValidNotice } from './published.js';

/** A queue for notices, and what a test needs beside its port. */
export interface NoticesUnderTest {
  readonly notices: NoticeQueue;
  now(): EpochMs;
  /** The bodies that the queue holds. */
  bodies(): readonly string[];
  /** The next send takes effect, and its answer is lost. */
  loseAnswer(): void;
  /** The next so many sends fail, and may succeed when they are made again. */
  fail(times: number): void;
  /** The same queue under a name that nobody has made. */
  elsewhere(): NoticeQueue;
  close(): Promise<void>;
}

export const aNotice = (number: number): Notice => ({
  schemaVersion: '1.0',
  jobId: aPendingJob(number).jobId,
  source: SOURCE,
  state: 'Success',
  complete: true,
  manifest: { ...SOURCE, key: `manifests/${number}.json` },
  pages: number,
});

const some = (count: number): readonly Notice[] =>
  Array.from({ length: count }, (_, index) => aNotice(index + 1));

/** What any NoticeQueue promises. */
export function describeNoticeQueue(name: string, open: () => Promise<NoticesUnderTest>): void {
  describe(`${name}, as a queue for notices`, () => {
    let under: NoticesUnderTest;

    beforeEach(async () => {
      under = await open();
    });

    afterEach(async () => {
      await under.notices.close();
      await under.close();
    });

    const send = (notices: readonly Notice[], queue = under.notices) =>
      queue.send(notices, after(under.now(), minutes(1)));
    const jobIds = (): ReadonlySet<string> =>
      new Set(under.bodies().map((body) => (JSON.parse(body) as Notice).jobId));

    test('takes more than a batch, each notice as it is published', async () => {
      await expect(send(some(37))).resolves.toEqual(some(37).map(() => undefined));
      expect(under.bodies()).toHaveLength(37);
      expect(under.bodies().every(isValidNotice)).toBe(true);
      expect(jobIds()).toEqual(new Set(some(37).map(({ jobId }) => jobId)));
    });

    test('takes one, and none', async () => {
      await expect(send([])).resolves.toEqual([]);
      await expect(send(some(1))).resolves.toEqual([undefined]);
      expect(under.bodies()).toHaveLength(1);
    });

    test('sends again what may not have arrived: at least once', async () => {
      under.loseAnswer();
      await expect(send(some(2))).resolves.toEqual([undefined, undefined]);
      expect(under.bodies().length).toBeGreaterThanOrEqual(2);
      expect(jobIds().size).toBe(2);
    });

    test('tells of each notice that is not known to be there', async () => {
      under.fail(3);
      const errors = await send(some(2));
      expect(errors).toEqual(
        [1, 2].map(() => expect.objectContaining({ disposition: 'transient' }) as unknown),
      );
    });

    test('tells that there is no such queue', async () => {
      const nowhere = under.elsewhere();
      const errors = await send(some(2), nowhere);
      await nowhere.close();
      expect(errors).toEqual(
        [1, 2].map(() => expect.objectContaining({ code: 'queue-not-found' }) as unknown),
      );
    });

    test.each([millis(0), seconds(5)])('sends nothing once its time is over, %i ms ago', async (ago) => {
      const errors = await under.notices.send(some(2), before(under.now(), ago));
      expect(errors).toEqual(
        [1, 2].map(() => expect.objectContaining({ disposition: 'transient' }) as unknown),
      );
      expect(under.bodies()).toEqual([]);
    });
  });
}
