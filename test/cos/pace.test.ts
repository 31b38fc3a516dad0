import { describe, expect, test } from '@jest/globals';
import { Pace } from '../../lib/cos/pace.js';
import { after, millis, seconds } from '../../lib/domain/units.js';
import { START, VirtualClock } from '../support/virtual-clock.js';

const never = new AbortController().signal;

/** Later than any test. */
const END = after(START, seconds(10_000));

describe('the pace of requests', () => {
  test('no second sees more starts than set', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, 10);
    const starts: number[] = [];
    for (let n = 0; n < 100; n += 1) {
      await pace.turn(never, END);
      starts.push(clock.now() - START);
    }
    for (const from of starts) {
      expect(starts.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(10);
    }
    expect(starts.at(-1)).toBe(9_900);
  });

  test('a pause is not saved up for a burst', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, 10);
    await pace.turn(never, END);
    clock.advance(seconds(60));
    await pace.turn(never, END);
    await pace.turn(never, END);
    expect(clock.sleeps).toEqual([100]);
  });

  test('a request whose turn would be too late has none, and takes none', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, 1);
    await pace.turn(never, END);
    await expect(pace.turn(never, after(START, millis(999)))).resolves.toBe(false);
    expect(clock.sleeps).toEqual([]);
    await expect(pace.turn(never, after(START, seconds(1)))).resolves.toBe(true);
    expect(clock.sleeps).toEqual([1_000]);
  });

  test('an abort ends the wait', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, 1);
    await pace.turn(never, END);
    const reason = new Error('enough');
    await expect(pace.turn(AbortSignal.abort(reason), END)).rejects.toBe(reason);
  });
});
