import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { splitIntoBatches } from '../../lib/queue/batches.js';
import { MAX_BATCH_BYTES, sendInBatches, SQS_BATCH, type BatchAnswer } from '../../lib/queue/sqs-batches.js';

const ASKED = { action: 'SendMessageBatch', queueUrl: 'http://127.0.0.1/1/q' };
const succeed = (entries: readonly { Id: string }[]): BatchAnswer => ({ Successful: entries, $metadata: {} });

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
      return Promise.resolve({ $metadata: {} });
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
      const Failed = entries
        .filter(({ item }) => item !== 'good')
        .map(({ Id, item }) => ({ Id, Code: `${item}-${calls}`, SenderFault: item === 'ours' }));
      return Promise.resolve({
        Failed,
        Successful: entries.filter(({ item }) => item === 'good'),
        $metadata: {},
      });
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
    const send = (): Promise<BatchAnswer> => Promise.resolve({ $metadata: { requestId: 'r-1' } });
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
      return Promise.resolve({
        Successful: rest,
        Failed:
          first === undefined ? [] : [{ Id: first.Id, Code: 'InvalidMessageContents', SenderFault: true }],
        $metadata: { requestId: 'r-1' },
      });
    };
    const errors = await sendInBatches(['a', 'a', 'a'], { ...ASKED, send });
    expect(errors.map((error) => error && { code: error.code, requestId: error.requestId })).toEqual([
      undefined,
      undefined,
      { code: 'message-refused', requestId: 'r-1' },
    ]);
  });
});
