import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { splitIntoBatches } from '../../lib/queue/batches.js';
import { QueueError } from '../../lib/queue/queue-error.js';
import type { BatchAnswer } from '../../lib/queue/sqs-answers.js';
import { MAX_BATCH_BYTES, sendInBatches, SQS_BATCH } from '../../lib/queue/sqs-batches.js';
import type { FailedEntry } from '../../lib/queue/sqs-errors.js';

const ASKED = { action: 'SendMessageBatch', queueUrl: 'http://127.0.0.1/1/q' };
const NOTHING: BatchAnswer = { succeeded: new Set(), failed: new Map(), requestId: undefined };
const ids = (entries: readonly { Id: string }[]): ReadonlySet<string> => new Set(entries.map(({ Id }) => Id));
const succeed = (entries: readonly { Id: string }[]): BatchAnswer => ({
  ...NOTHING,
  succeeded: ids(entries),
});
const failure = (code: string, isOurs: boolean | undefined): FailedEntry => ({
  code,
  message: undefined,
  isOurs,
});

describe('splitting into batches', () => {
  test('keeps all items in order, ten and a mebibyte at most, and opens no batch without need', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: MAX_BATCH_BYTES }), { maxLength: 60 }), (sizes) => {
        const batches = splitIntoBatches(sizes, (size) => size, SQS_BATCH);
        expect(batches.flat()).toEqual(sizes);
        const bytes = batches.map((batch) => batch.reduce((sum, size) => sum + size, 0));
        for (const [index, batch] of batches.entries()) {
          expect(batch.length).toBeLessThanOrEqual(10);
          expect(bytes[index]).toBeLessThanOrEqual(MAX_BATCH_BYTES);
          const next = batches[index + 1]?.[0];
          if (next !== undefined && batch.length < 10)
            expect((bytes[index] ?? 0) + next).toBeGreaterThan(MAX_BATCH_BYTES);
        }
      }),
    );
  });

  test.each([
    ['fit to the byte', [1, MAX_BATCH_BYTES - 1, 0], [[1, MAX_BATCH_BYTES - 1, 0]]],
    ['are one byte too many', [1, MAX_BATCH_BYTES], [[1], [MAX_BATCH_BYTES]]],
    ['begin with one that is too large', [MAX_BATCH_BYTES + 1, 1], [[MAX_BATCH_BYTES + 1], [1]]],
    ['have one that is too large among them', [1, MAX_BATCH_BYTES + 1, 1], [[1], [MAX_BATCH_BYTES + 1], [1]]],
  ])('gives items that %s their batches', (_what, sizes, batches) => {
    expect(splitIntoBatches(sizes, (size) => size, SQS_BATCH)).toEqual(batches);
  });
});

describe('sending in batches', () => {
  test('sends nothing when there is nothing', async () => {
    let calls = 0;
    const send = (): Promise<BatchAnswer> => {
      calls += 1;
      return Promise.resolve(NOTHING);
    };
    expect(await sendInBatches([], { ...ASKED, send })).toEqual([]);
    expect(calls).toBe(0);
  });

  test('takes an entry that the answer does not mention for failed, after one more try', async () => {
    const sent: string[][] = [];
    const send = (entries: readonly { Id: string; item: string }[]): Promise<BatchAnswer> => {
      sent.push(entries.map(({ item }) => item));
      return Promise.resolve(succeed(entries.filter(({ item }) => item !== 'b')));
    };
    const errors = await sendInBatches(['a', 'b', 'c'], { ...ASKED, send });
    expect(errors.map((error) => error?.code)).toEqual([undefined, 'queue-unavailable', undefined]);
    expect(errors[1]?.message).toMatch(/SendMessageBatch on .*\/1\/q .*without this entry/);
    expect(sent).toEqual([['a', 'b', 'c'], ['b']]);
  });

  test('takes the word of the second try for what was sent twice, and of the first for the others', async () => {
    let calls = 0;
    const send = (entries: readonly { Id: string; item: string }[]): Promise<BatchAnswer> => {
      calls += 1;
      const failed = entries
        .filter(({ item }) => item !== 'good')
        .map(({ Id, item }) => [Id, failure(`${item}-${calls}`, item === 'ours')] as const);
      const succeeded = ids(entries.filter(({ item }) => item === 'good'));
      return Promise.resolve({ ...NOTHING, succeeded, failed: new Map(failed) });
    };
    const errors = await sendInBatches(['good', 'ours', 'theirs'], { ...ASKED, send });
    expect(errors[0]).toBeUndefined();
    expect(errors[1]).toMatchObject({ code: 'message-refused', message: expect.stringContaining('ours-1') });
    expect(errors[2]).toMatchObject({
      code: 'queue-unavailable',
      message: expect.stringContaining('theirs-2'),
    });
    expect(calls).toBe(2);
  });

  test('takes nothing for sent where the answer says nothing', async () => {
    const send = (): Promise<BatchAnswer> => Promise.resolve({ ...NOTHING, requestId: 'r-1' });
    expect(await sendInBatches(['a', 'b'], { ...ASKED, send })).toMatchObject([
      { code: 'queue-unavailable', requestId: 'r-1' },
      { code: 'queue-unavailable', requestId: 'r-1' },
    ]);
  });

  test('has four batches under way at a time, so that a small function is not flooded', async () => {
    let [underWay, most] = [0, 0];
    const send = async (entries: readonly { Id: string }[]): Promise<BatchAnswer> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return succeed(entries);
    };
    const items = Array.from({ length: 95 }, (_, index) => index);
    expect(await sendInBatches(items, { ...ASKED, send })).toEqual(items.map(() => undefined));
    expect(most).toBe(4);
  });

  test('tells each item’s own end apart, whatever the order of the answer, and also where an item comes twice', async () => {
    const send = (entries: readonly { Id: string; item: string }[]): Promise<BatchAnswer> => {
      const [first, ...rest] = [...entries].reverse();
      const failed = new Map(
        first === undefined ? [] : [[first.Id, failure('InvalidMessageContents', true)] as const],
      );
      return Promise.resolve({ succeeded: ids(rest), failed, requestId: 'r-1' });
    };
    const errors = await sendInBatches(['a', 'a', 'a'], { ...ASKED, send });
    expect(errors.map((error) => error && { code: error.code, requestId: error.requestId })).toEqual([
      undefined,
      undefined,
      { code: 'message-refused', requestId: 'r-1' },
    ]);
  });

  test('sends an entry that nobody is said to be at fault for not again, and one that failed and succeeded failed', async () => {
    let calls = 0;
    const send = (entries: readonly { Id: string }[]): Promise<BatchAnswer> => {
      calls += 1;
      return Promise.resolve({ ...succeed(entries), failed: new Map([['0', failure('Odd', undefined)]]) });
    };
    const errors = await sendInBatches(['a', 'b'], { ...ASKED, send });
    expect(errors.map((error) => error?.code)).toEqual(['message-refused', undefined]);
    expect(calls).toBe(1);
  });

  test('a call that fails as a whole fails its batch, is not made again, and leaves the others alone', async () => {
    const error = new QueueError('queue-unavailable', 'no answer');
    const sent: number[] = [];
    const send = (entries: readonly { Id: string; item: number }[]): Promise<BatchAnswer> => {
      sent.push(entries.length);
      return entries.some(({ item }) => item === 0)
        ? Promise.reject(error)
        : Promise.resolve(succeed(entries));
    };
    const items = Array.from({ length: 12 }, (_, index) => index);
    const errors = await sendInBatches(items, { ...ASKED, send });
    expect(errors).toEqual(items.map((item) => (item < 10 ? error : undefined)));
    expect(sent).toEqual([10, 2]);
  });

  test('what is no failure of the queue is thrown on', async () => {
    const bug = new TypeError('a bug');
    await expect(sendInBatches(['a'], { ...ASKED, send: () => Promise.reject(bug) })).rejects.toBe(bug);
  });
});
