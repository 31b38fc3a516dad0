import { describe, expect, test } from '@jest/globals';
import { Pace } from '../../lib/cos/pace.js';
import { seconds } from '../../lib/domain/units.js';
import { START, VirtualClock } from '../support/virtual-clock.js';

const never = new AbortController().signal;

describe('the pace of requests', () => {
  test('no second sees more starts than set', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, 10);
    const starts: number[] = [];
    for (let n = 0; n < 100; n += 1) {
      await pace.turn(never);
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
    await pace.turn(never);
    clock.advance(seconds(60));
    await pace.turn(never);
    await pace.turn(never);
    expect(clock.sleeps).toEqual([100]);
  });

  test('an abort ends the wait', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, 1);
    await pace.turn(never);
    const reason = new Error('enough');
    await expect(pace.turn(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
