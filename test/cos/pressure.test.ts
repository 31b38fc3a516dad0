import { beforeAll, describe, expect, test } from '@jest/globals';
import { sendTo, type Load, type Seen } from './throttled-host.js';

const LOAD: Load = { perSecond: 50, concurrency: 16, roundTripMs: 50, seconds: 20 };

/** Requests a second that the host took, and the share of those that it refused, between two seconds. */
function between(from: number, to: number, { requests }: Seen) {
  const seen = requests.filter(({ at }) => at >= from && at < to);
  const refused = seen.filter(({ isRefused }) => isRefused).length;
  return { rate: (seen.length - refused) / (to - from), refused, share: refused / seen.length };
}

describe('without a limit at the host', () => {
  test('the rate is the one that is set, and no more is in flight than set', async () => {
    const seen = await sendTo([], LOAD);
    expect(between(0, 19, seen).rate / LOAD.perSecond).toBeCloseTo(1, 1);
    expect(seen.peakInFlight).toBeLessThanOrEqual(LOAD.concurrency);
  });

  test('a host that is slow to answer has no more in flight than set', async () => {
    const { peakInFlight } = await sendTo([], { ...LOAD, roundTripMs: 1_000 });
    expect(peakInFlight).toBe(LOAD.concurrency);
  });
});

describe.each([
  [50, 3, 50],
  [50, 5, 4],
  [50, 5, 200],
  [50, 20, 4],
  [50, 20, 50],
  [50, 40, 200],
  [200, 100, 4],
  [200, 100, 50],
])('a run of %d requests a second at a host that takes %d, %d ms away', (perSecond, taken, roundTripMs) => {
  const limit = { perSecond: taken, burst: taken };
  let seen: Seen;

  beforeAll(async () => {
    const load = { ...LOAD, perSecond, roundTripMs, seconds: 110 };
    seen = await sendTo([{ from: 5, limit }, { from: 65 }], load);
  });

  test('gets what the host takes, within a tenth', () => {
    const { rate } = between(15, 65, seen);
    expect(rate / taken).toBeGreaterThan(0.9);
    expect(rate / taken).toBeLessThan(1.1);
  });

  test('is refused less than one request in three seconds, and few when the limit sets in', () => {
    expect(between(15, 65, seen).refused / 50).toBeLessThan(1 / 3);
    const underWay = (perSecond * roundTripMs) / 1_000;
    expect(between(5, 15, seen).refused).toBeLessThan(12 + 3 * underWay);
    expect(seen.failures).toBeLessThanOrEqual(2);
  });

  test('is back at its own rate twenty seconds after the limit is gone', () => {
    const { rate, refused } = between(85, 105, seen);
    expect(rate / perSecond).toBeGreaterThan(0.9);
    expect(refused).toBe(0);
  });
});

test('a host that takes no two requests at once gets four fifths of what it takes', async () => {
  const seen = await sendTo([{ from: 5, limit: { perSecond: 20, burst: 1 } }], { ...LOAD, seconds: 65 });
  expect(between(15, 64, seen).rate / 20).toBeGreaterThan(0.8);
});

test('a host hears nothing before its Retry-After', async () => {
  const limit = { perSecond: 10, burst: 20, retryAfterSeconds: 3 };
  const { requests } = await sendTo([{ from: 0, limit }], { ...LOAD, seconds: 60 });
  const refusals = requests.filter(({ isRefused }) => isRefused);
  expect(refusals.length).toBeGreaterThan(3);
  for (const { at } of refusals) {
    // What was under way when the refusal arrived is on its way all the same.
    const sentAfter = at + LOAD.roundTripMs / 1_000;
    expect(requests.filter((one) => one.at > sentAfter && one.at < at + 3)).toEqual([]);
  }
});
