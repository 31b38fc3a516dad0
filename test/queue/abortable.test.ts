import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { abortable } from '../../lib/queue/abortable.js';

const never = (): Promise<never> => new Promise(() => undefined);
const reason = new Error('over');

/** After all that waits for nothing but its turn. */
const soon = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve, 'still waiting'));

/** What became of a promise, or that nothing has yet. */
const endOf = (promise: Promise<unknown>): Promise<unknown> =>
  Promise.race([promise.catch((error: unknown) => error), soon()]);

describe('work with a signal', () => {
  test.each([
    ['without one', undefined],
    ['that does not abort', new AbortController().signal],
  ])('ends as it ends by itself: %s', async (_what, signal) => {
    expect(await endOf(abortable(Promise.resolve('done'), signal))).toBe('done');
    expect(await endOf(abortable(Promise.reject(reason), signal))).toBe(reason);
  });

  test('is not waited for any more once that aborts', async () => {
    const controller = new AbortController();
    const waiting = abortable(never(), controller.signal);
    expect(await endOf(waiting)).toBe('still waiting');
    controller.abort(reason);
    expect(await endOf(waiting)).toBe(reason);
  });

  test('is not waited for at all where that has aborted before', async () => {
    expect(await endOf(abortable(never(), AbortSignal.abort(reason)))).toBe(reason);
  });

  test('leaves no listener behind, however it ends: a run has one signal for thousands of calls', async () => {
    const { signal } = new AbortController();
    await endOf(abortable(Promise.resolve(), signal));
    await endOf(abortable(Promise.reject(reason), signal));
    await soon();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
