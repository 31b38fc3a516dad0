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

  test('leaves an item that is too large to a batch of its own', () => {
    expect(splitIntoBatches([1, MAX_BATCH_BYTES + 1, 1], (size) => size, SQS_BATCH)).toEqual([
      [1],
      [MAX_BATCH_BYTES + 1],
      [1],
    ]);
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
    expect(sent).toEqual([['a', 'b', 'c'], ['b']]);
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
