import { describe, expect, test } from '@jest/globals';
import { failureText, replayCommand } from './replay.js';
import { bundleSimulation, runInWorker } from './run-in-worker.js';
import { scenarioOf, type WorldName } from './scenario.js';
import { addStatistics, noStatistics, type Statistics } from './statistics.js';
import { simulate } from './world/simulation.js';
import { WORLD_NAMES, WORLDS } from './worlds.js';

/** How many seeds of each world every test run tries, and from which on; `npm run simulate` tries more. */
const SEEDS = 36;
const FIRST_SEED = 2_000;

const bundled = bundleSimulation();

/** In a thread of its own, as `npm run simulate` does it: in Jest's own world each seed costs twice as much. */
async function simulateAll(world: WorldName): Promise<Statistics> {
  const total = noStatistics();
  const task = { world, firstSeed: FIRST_SEED, step: 1, count: SEEDS, stopsAtFailure: false };
  await runInWorker(await bundled, task, (more) => {
    addStatistics(total, more);
  }).ended;
  return total;
}

const brokenIn = (world: WorldName, { failures }: Statistics): readonly string[] =>
  failures.map(({ seed, violations }) => failureText(world, seed, violations));

describe('a seed', () => {
  test.each(WORLD_NAMES)(
    'gives the same history each time on %s, so that a failure can be replayed',
    async (world) => {
      const options = { openQueue: WORLDS[world], isTraced: true };
      const [first, second] = [
        await simulate(scenarioOf(7, world), options),
        await simulate(scenarioOf(7, world), options),
      ];
      expect(first.trace.length).toBeGreaterThan(100);
      expect(second.trace).toEqual(first.trace);
    },
  );

  test('that fails is named with the one command that runs it again', () => {
    expect(failureText('sqs', 42, [{ promise: 1, what: 'a job is lost' }])).toBe(
      '  promise 1 broken: a job is lost\n  replay: npm run simulate -- --world sqs --seed 42\n',
    );
    expect(replayCommand('sqs', 42)).toContain('--seed 42');
  });
});

describe(`in ${SEEDS} seeds from ${FIRST_SEED} on no promise is broken, and everything happens that can`, () => {
  const own: readonly (readonly [world: WorldName, kinds: readonly string[]])[] = [
    ['sqs', ['queue-answer-lost', 'queue-repeated-delivery', 'queue-undone-delete']],
    [
      'bucket',
      ['checkpoint-lost', 'checkpoint-stale', 'checkpoint-from-the-future', 'redrive-before-delete'],
    ],
    ['cmq', ['queue-lose-answer', 'queue-deliver-twice', 'queue-partial', 'silent-loss', 'rewind']],
  ];
  test.each(own)('on %s', async (world, kinds) => {
    const course = await simulateAll(world);
    const happened = Object.keys(course.faults);
    expect(brokenIn(world, course)).toEqual([]);
    expect(course.seeds).toBe(SEEDS);
    expect(course.jobs).toBeGreaterThan(3 * SEEDS);
    expect(course.kills).toBeGreaterThan(15);
    expect(happened).toEqual(expect.arrayContaining([...kinds, 'timeout-after', 'reset-after']));
    expect(happened.length).toBeGreaterThan(25);
  });
});
