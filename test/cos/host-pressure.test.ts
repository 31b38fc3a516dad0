import { describe, expect, test } from '@jest/globals';
import { HostPressure } from '../../lib/cos/host-pressure.js';
import { Pace } from '../../lib/cos/pace.js';
import { after, before, millis, seconds } from '../../lib/domain/units.js';
import { START, VirtualClock } from '../support/virtual-clock.js';

const never = new AbortController().signal;

/** Later than any test. */
const END = after(START, seconds(10_000));

describe('what a host takes', () => {
  test('is all that the run sends, until the host asks for less', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    for (let n = 0; n < 100; n += 1) await host.turn(never, END);
    expect(clock.sleeps).toEqual([]);
    expect(host.rate).toBe(50);
  });

  test('is seven tenths of what it was sent once it refuses, and more again as time goes by', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    host.slowDown(clock.now());
    expect(host.rate).toBeCloseTo(35);
    await host.turn(never, END);
    await host.turn(never, END);
    expect(clock.sleeps).toEqual([expect.closeTo(1_000 / 35)]);
    clock.advance(seconds(2));
    expect(host.rate).toBeCloseTo(35 * 1.1 ** ((2_000 + 1_000 / 35) / 1_000));
    clock.advance(seconds(60));
    expect(host.rate).toBe(50);
  });

  test('is measured by what the host was sent, not by what it could have been', () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 1_000);
    for (let n = 0; n < 100; n += 1) {
      host.started();
      clock.advance(millis(100));
    }
    host.slowDown(clock.now());
    expect(host.rate).toBeGreaterThan(6);
    expect(host.rate).toBeLessThan(8);
  });

  test('is cut once by all the answers to what was sent before the cut', () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    const sentAt = clock.now();
    clock.advance(millis(10));
    for (let n = 0; n < 16; n += 1) host.slowDown(sentAt);
    expect(host.rate).toBeCloseTo(35);
    host.slowDown(clock.now());
    expect(host.rate).toBeCloseTo(35 * 0.7);
  });

  test('is never less than one request a second, by which we hear that it takes more again', () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    for (let n = 0; n < 100; n += 1) host.slowDown(clock.now());
    expect(host.rate).toBe(1);
  });

  test('does not grow when the clock steps back', () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    host.slowDown(clock.now());
    clock.advance(millis(-60_000));
    expect(host.rate).toBeCloseTo(35);
  });

  test('is nothing until its Retry-After, the later one of two', () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    expect(host.heldUntil).toBeUndefined();
    host.hold(after(START, seconds(5)));
    host.hold(after(START, seconds(3)));
    expect(host.heldUntil).toBe(after(START, seconds(5)));
    clock.advance(seconds(5));
    expect(host.heldUntil).toBeUndefined();
  });

  test('a request whose turn would be too late has none, and takes none', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    host.slowDown(clock.now());
    await host.turn(never, END);
    await expect(host.turn(never, after(START, millis(28)))).resolves.toBe(false);
    await expect(host.turn(never, after(START, millis(29)))).resolves.toBe(true);
    expect(clock.sleeps).toEqual([expect.closeTo(1_000 / 35)]);
  });

  test('an abort ends the wait for a turn', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    host.slowDown(clock.now());
    await host.turn(never, END);
    const reason = new Error('enough');
    await expect(host.turn(AbortSignal.abort(reason), END)).rejects.toBe(reason);
  });
});

/** Sends for ten minutes to a host that takes `taken` requests a second, and refuses what is beyond, as a token bucket of one second. */
async function tenMinutes(ceiling: number, taken: number): Promise<{ done: number; refused: number }> {
  const clock = new VirtualClock();
  const end = after(START, seconds(600));
  const pace = new Pace(clock, ceiling);
  const host = new HostPressure(clock, ceiling);
  let tokens = taken;
  let filledAt = START;
  const counts = { done: 0, refused: 0 };
  while (clock.now() < before(end, millis(0))) {
    await host.turn(never, END);
    await pace.turn(never, END);
    host.started();
    const now = clock.now();
    tokens = Math.min(taken, tokens + ((now - filledAt) / 1_000) * taken);
    filledAt = now;
    if (tokens >= 1) {
      tokens -= 1;
      counts.done += 1;
    } else {
      counts.refused += 1;
      host.slowDown(now);
    }
  }
  return counts;
}

describe.each([
  [50, 5],
  [50, 20],
  [200, 100],
  [1_000, 20],
])('a run of %d requests a second at a host that takes %d', (ceiling, taken) => {
  test('uses at least four fifths of what the host takes, for few refusals', async () => {
    const { done, refused } = await tenMinutes(ceiling, taken);
    expect(done / (taken * 600)).toBeGreaterThan(0.8);
    expect(refused / done).toBeLessThan(0.06);
  });
});

test('a host that takes as much as the run may send gets all of it', async () => {
  const { done, refused } = await tenMinutes(50, 51);
  expect(done).toBeGreaterThan(0.99 * 50 * 600);
  expect(refused).toBe(0);
});
