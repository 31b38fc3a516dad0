import { describe, expect, test } from '@jest/globals';
import { ServerClock } from '../../lib/cos/server-clock.js';
import { after, millis, minutes, seconds } from '../../lib/domain/units.js';
import { START, VirtualClock } from '../support/virtual-clock.js';

describe("the service's clock", () => {
  test('is ours until it is corrected', () => {
    const clock = new VirtualClock();
    const server = new ServerClock(() => clock.now());
    expect(server.now()).toBe(START);
    expect(server.correction).toBeUndefined();
  });

  test('once corrected, runs on with ours', () => {
    const clock = new VirtualClock();
    const server = new ServerClock(() => clock.now());
    expect(server.repair(after(START, minutes(20)))).toBe(minutes(20));
    clock.advance(seconds(5));
    expect(server.now()).toBe(after(START, seconds(20 * 60 + 5)));
    expect(server.correction).toBe(minutes(20));
  });

  test.each([29_999, -29_999])('a difference of %d ms is no reason to correct it', (differenceMs) => {
    const server = new ServerClock(() => START);
    expect(server.repair(after(START, millis(differenceMs)))).toBeUndefined();
    expect(server.now()).toBe(START);
  });

  test.each([30_000, -30_000])('a difference of %d ms is one', (differenceMs) => {
    const server = new ServerClock(() => START);
    expect(server.repair(after(START, millis(differenceMs)))).toBe(differenceMs);
    expect(server.now()).toBe(after(START, millis(differenceMs)));
  });

  test('is corrected once only, so that a server that lies cannot drag it about', () => {
    const server = new ServerClock(() => START);
    server.repair(after(START, minutes(-20)));
    expect(server.repair(after(START, minutes(40)))).toBeUndefined();
    expect(server.now()).toBe(after(START, minutes(-20)));
  });
});
