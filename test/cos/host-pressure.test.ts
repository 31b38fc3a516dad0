import { describe, expect, test } from '@jest/globals';
import { HostPressure } from '../../lib/cos/host-pressure.js';
import { after, millis, seconds } from '../../lib/domain/units.js';
import { START, VirtualClock } from '../support/virtual-clock.js';

const never = new AbortController().signal;

/** Later than any test. */
const END = after(START, seconds(10_000));

/** A host that was sent ten requests a second, of a run that may send a thousand, and has just asked for less. */
function sentTenASecond(clock: VirtualClock): HostPressure {
  const host = new HostPressure(clock, 1_000);
  for (let n = 0; n < 200; n += 1) {
    host.started();
    clock.advance(millis(100));
  }
  host.slowDown(clock.now());
  return host;
}

describe('what a host takes', () => {
  test('is all that the run sends, until the host asks for less', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    for (let n = 0; n < 100; n += 1) await host.turn(never, END);
    expect(clock.sleeps).toEqual([]);
    expect(host.rate).toBe(50);
  });

  test('is 85 hundredths of what it was sent once it refuses, and more again as time goes by', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    host.slowDown(clock.now());
    const rates: number[] = [];
    for (let second = 0; second <= 8; second += 2) {
      rates.push(host.rate / 50);
      clock.advance(seconds(2));
    }
    // Refused again nowhere, it is back after four seconds, and faster ever after up to the pace of the run.
    expect(rates).toEqual([0.85, expect.closeTo(0.981), 1, 1, 1]);
    await host.turn(never, END);
    expect(clock.sleeps).toEqual([]);
  });

  test('grows ever faster beyond what was refused', () => {
    const clock = new VirtualClock();
    const host = sentTenASecond(clock);
    const rates: number[] = [];
    for (let second = 0; second <= 20; second += 4) {
      rates.push(host.rate);
      clock.advance(seconds(4));
    }
    expect(rates.map((rate) => Math.round(rate * 10) / 10)).toEqual([8.5, 10, 11.5, 22, 50.5, 106]);
  });

  test('is measured by what the host was sent, not by what it could have been', () => {
    expect(sentTenASecond(new VirtualClock()).rate).toBeCloseTo(8.5, 1);
  });

  test('is measured without the pauses that a Retry-After makes', () => {
    const clock = new VirtualClock();
    const host = sentTenASecond(clock);
    host.taken(clock.now());
    clock.advance(seconds(20));
    host.started();
    host.slowDown(clock.now());
    expect(host.rate).toBeGreaterThan(4);
  });

  test('is cut once by all the answers to what was sent before the cut', () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    const sentAt = clock.now();
    clock.advance(millis(10));
    for (let n = 0; n < 16; n += 1) host.slowDown(sentAt);
    expect(host.rate).toBeCloseTo(42.5);
    expect(host.cutAt).toBe(clock.now());
  });

  test('is halved where it took nothing since the last cut, since it takes far less', () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    const sentAt = clock.now();
    clock.advance(millis(10));
    host.slowDown(clock.now());
    host.taken(sentAt);
    host.slowDown(clock.now());
    expect(host.rate).toBeCloseTo(42.5 / 2);
    host.taken(clock.now());
    host.slowDown(clock.now());
    expect(host.rate).toBeCloseTo((42.5 / 2) * 0.85);
  });

  test('is never less than one request a second, by which we hear that it takes more again', () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    for (let n = 0; n < 100; n += 1) host.slowDown(clock.now());
    expect(host.rate).toBe(1);
    clock.advance(seconds(32));
    expect(host.rate).toBe(50);
  });

  test('does not grow when the clock steps back', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    host.slowDown(clock.now());
    await host.turn(never, END);
    clock.advance(millis(-60_000));
    expect(host.rate).toBeCloseTo(42.5);
    await host.turn(never, END);
    expect(clock.sleeps).toEqual([expect.closeTo(1_000 / 42.5)]);
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
    await expect(host.turn(never, after(START, millis(23)))).resolves.toBe(false);
    await expect(host.turn(never, after(START, millis(1_000 / 42.5)))).resolves.toBe(true);
    expect(clock.sleeps).toEqual([expect.closeTo(1_000 / 42.5)]);
  });

  test('a request behind so many that its turn would be too late does not wait to hear that', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    host.slowDown(clock.now());
    const waiting = [1, 2, 3, 4].map(() => host.turn(never, END));
    await expect(host.turn(never, after(START, millis(90)))).resolves.toBe(false);
    expect(clock.sleeps).toEqual([]);
    await expect(Promise.all(waiting)).resolves.toEqual([true, true, true, true]);
  });

  test('each waits by the rate of its own turn, not by what it was when it came', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    host.slowDown(clock.now());
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (delay, signal) => {
      await sleep(delay, signal);
      if (clock.sleeps.length === 1) host.slowDown(clock.now());
    };
    await Promise.all([1, 2, 3].map(() => host.turn(never, END)));
    expect(clock.sleeps[0]).toBeCloseTo(1_000 / 42.5);
    expect(clock.sleeps[1]).toBeGreaterThan(1_000 / 22);
  });

  test('a request that comes once the host takes all again is sent behind those that still wait', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    host.slowDown(clock.now());
    await host.turn(never, END);
    const sent: string[] = [];
    const send = (name: string): Promise<unknown> => host.turn(never, END).then(() => sent.push(name));
    let late: Promise<unknown> | undefined;
    clock.sleep = (delay) => {
      clock.advance(late === undefined ? seconds(10) : delay);
      expect(host.rate).toBe(50);
      late ??= send('late');
      // What is slept for comes once all that could go has had its chance to pass.
      return new Promise((resolve) => setImmediate(resolve));
    };
    await Promise.all(['first', 'second'].map(send));
    await late;
    expect(sent).toEqual(['first', 'second', 'late']);
  });

  test('a request whose turn is at the latest moment that it can wait for has it', async () => {
    const clock = new VirtualClock();
    const host = new HostPressure(clock, 50);
    host.slowDown(clock.now());
    await expect(host.turn(never, clock.now())).resolves.toBe(true);
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
