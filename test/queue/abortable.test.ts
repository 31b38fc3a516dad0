import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { abortable } from '../../lib/queue/abortable.js';

const never = (): Promise<never> => new Promise(() => undefined);
const reason = new Error('over');

describe('work with a signal', () => {
  test.each([
    ['without one', undefined],
    ['that does not abort', new AbortController().signal],
  ])('ends as it ends by itself: %s', async (_what, signal) => {
    await expect(abortable(Promise.resolve('done'), signal)).resolves.toBe('done');
    await expect(abortable(Promise.reject(reason), signal)).rejects.toBe(reason);
  });

  test('is not waited for any more once that aborts', async () => {
    const controller = new AbortController();
    const waiting = abortable(never(), controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test('is not waited for at all where that has aborted before', async () => {
    await expect(abortable(never(), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test('leaves no listener behind, however it ends: a run has one signal for thousands of calls', async () => {
    const { signal } = new AbortController();
    await abortable(Promise.resolve(), signal);
    await abortable(Promise.reject(reason), signal).catch(() => undefined);
    // The listener goes right after the end, which is a few steps of the job queue later at most.
    await new Promise((resolve) => setImmediate(resolve));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
