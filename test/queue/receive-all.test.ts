import { describe, expect, test } from '@jest/globals';
import { receiveAll } from '../../lib/queue/receive-all.js';

/** More than any of these queues needs. */
const MAX_RECEIVES = 20;

/** Reads a queue that gives these messages, one receive after the other, and the last ones from then on. */
async function readAll(
  receives: readonly (readonly string[])[],
): Promise<{ read: readonly string[]; received: number }> {
  let received = 0;
  const receive = (): Promise<readonly { id: string }[]> => {
    if (received === MAX_RECEIVES) throw new Error('it is received without an end');
    const ids = receives[received] ?? receives.at(-1) ?? [];
    received += 1;
    return Promise.resolve(ids.map((id) => ({ id })));
  };
  const read: string[] = [];
  for await (const { id } of receiveAll(receive)) read.push(id);
  return { read, received };
}

describe('the messages of a queue, by receiving', () => {
  test.each([
    ['an empty queue is asked once', [[]], [], 1],
    ['an empty answer is the end', [['a', 'b'], ['c'], []], ['a', 'b', 'c'], 3],
    ['an empty answer is the end also after one without news', [['a'], ['a'], []], ['a'], 3],
    ['what came again is not told again', [['a', 'b'], ['b', 'c'], ['a'], []], ['a', 'b', 'c'], 4],
    ['three receives in a row without news are the end', [['a']], ['a'], 4],
    ['news in between starts the count anew', [['a'], ['a'], ['a'], ['a', 'b'], ['a']], ['a', 'b'], 7],
  ])('are each told once: %s', async (_what, receives, read, received) => {
    expect(await readAll(receives)).toEqual({ read, received });
  });
});
