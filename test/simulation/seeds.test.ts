import { describe, expect, test } from '@jest/globals';
import { failureText, replayCommand } from './replay.js';
import { scenarioOf } from './scenario.js';
import { openSqsWorld } from './sqs/open.js';
import { simulate } from './world/simulation.js';

/** How many seeds every test run tries, in blocks so that a failure names its block; `npm run simulate` tries more. */
const BLOCKS = 5;
const SEEDS_A_BLOCK = 20;

describe('no promise is broken, whatever happens', () => {
  test.each(Array.from({ length: BLOCKS }, (_, block) => block * SEEDS_A_BLOCK + 1))(
    `in ${SEEDS_A_BLOCK} seeds from %i on`,
    async (firstSeed) => {
      const broken: string[] = [];
      let jobs = 0;
      for (let seed = firstSeed; seed < firstSeed + SEEDS_A_BLOCK; seed += 1) {
        const result = await simulate(scenarioOf(seed), { openQueue: openSqsWorld });
        jobs += result.jobs;
        if (result.violations.length > 0) broken.push(failureText('sqs', seed, result.violations));
      }
      expect(broken).toEqual([]);
      expect(jobs).toBeGreaterThan(3 * SEEDS_A_BLOCK);
    },
  );
});

describe('a seed', () => {
  test('gives the same history each time, so that a failure can be replayed', async () => {
    const [first, second] = [
      await simulate(scenarioOf(7), { openQueue: openSqsWorld, isTraced: true }),
      await simulate(scenarioOf(7), { openQueue: openSqsWorld, isTraced: true }),
    ];
    expect(first.trace.length).toBeGreaterThan(100);
    expect(second.trace).toEqual(first.trace);
  });

  test('that fails is named with the one command that runs it again', () => {
    expect(failureText('sqs', 42, [{ promise: 1, what: 'a job is lost' }])).toBe(
      '  promise 1 broken: a job is lost\n  replay: npm run simulate -- --world sqs --seed 42\n',
    );
    expect(replayCommand('sqs', 42)).toContain('--seed 42');
  });
});

test('over a few dozen seeds everything happens that can: each kind of fault, kills, overlaps', async () => {
  const kinds = new Set<string>();
  let kills = 0;
  for (let seed = 2_000; seed < 2_050; seed += 1) {
    const { faults, kills: killed } = await simulate(scenarioOf(seed), { openQueue: openSqsWorld });
    for (const kind of faults.keys()) kinds.add(kind);
    kills += killed;
  }
  expect(kills).toBeGreaterThan(20);
  expect(kinds.size).toBeGreaterThan(25);
});
