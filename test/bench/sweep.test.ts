import { expect, test } from '@jest/globals';
import { measure } from '../../bench/sweep/measure.js';
import { EVERY_TICK, IDEAL, onBucket } from '../../bench/sweep/pollers.js';
import { BACKLOG } from '../../bench/sweep/workload.js';

/** A fifth of it: the whole takes two minutes inside Jest, and a few seconds outside (`npm run count-sweep`). */
const SMALLER = { ...BACKLOG, jobs: 2_000 };

test('a backlog of two thousand documents costs a tenth of a call more than one look at each, and is found as soon as if all were asked about at every tick', async () => {
  const { finished, describes, pages, staleness } = await measure(SMALLER, onBucket(), 1);
  expect(finished).toBeGreaterThan(1_980);
  expect(describes + pages).toBeLessThanOrEqual(1.1);
  expect(staleness.median).toBeLessThanOrEqual(35);
  expect(staleness.p99).toBeLessThanOrEqual(70);
});

test('the ideal is one look at each, and whoever asks about all of a backlog asks twenty times', async () => {
  expect((await measure(SMALLER, IDEAL, 1)).describes).toBe(1);
  expect((await measure(SMALLER, EVERY_TICK, 1)).describes).toBeGreaterThan(15);
});
