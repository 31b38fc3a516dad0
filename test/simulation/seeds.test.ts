import { describe, expect, test } from '@jest/globals';
import { failureText, replayCommand } from './replay.js';
import { scenarioOf, type WorldName } from './scenario.js';
import { simulate } from './world/simulation.js';
import { WORLD_NAMES, WORLDS } from './worlds.js';

/** How many seeds of each world every test run tries, in blocks so that a failure names its block; `npm run simulate` tries more. */
const BLOCKS = 1;
const SEEDS_A_BLOCK = 20;

interface Course {
  readonly broken: readonly string[];
  readonly jobs: number;
  readonly kills: number;
  /** What befell the runs. */
  readonly kinds: ReadonlySet<string>;
}

async function simulateAll(world: WorldName, firstSeed: number, count: number): Promise<Course> {
  const broken: string[] = [];
  const kinds = new Set<string>();
  let [jobs, kills] = [0, 0];
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const result = await simulate(scenarioOf(seed, world), { openQueue: WORLDS[world] });
    jobs += result.jobs;
    kills += result.kills;
    for (const kind of result.faults.keys()) kinds.add(kind);
    if (result.violations.length > 0) broken.push(failureText(world, seed, result.violations));
  }
  return { broken, jobs, kills, kinds };
}

describe.each(WORLD_NAMES)('no promise is broken on %s, whatever happens', (world) => {
  test.each(Array.from({ length: BLOCKS }, (_, block) => block * SEEDS_A_BLOCK + 1))(
    `in ${SEEDS_A_BLOCK} seeds from %i on`,
    async (firstSeed) => {
      const { broken, jobs } = await simulateAll(world, firstSeed, SEEDS_A_BLOCK);
      expect(broken).toEqual([]);
      expect(jobs).toBeGreaterThan(3 * SEEDS_A_BLOCK);
    },
  );
});

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

describe('over a few dozen seeds everything happens that can', () => {
  const own: readonly (readonly [world: WorldName, kinds: readonly string[]])[] = [
    ['sqs', ['queue-answer-lost', 'queue-repeated-delivery', 'queue-undone-delete']],
    [
      'bucket',
      ['checkpoint-lost', 'checkpoint-stale', 'checkpoint-from-the-future', 'redrive-before-delete'],
    ],
    ['cmq', ['queue-lose-answer', 'queue-deliver-twice', 'queue-partial', 'silent-loss', 'rewind']],
  ];
  test.each(own)('on %s', async (world, kinds) => {
    const course = await simulateAll(world, 2_000, 36);
    expect(course.broken).toEqual([]);
    expect(course.kills).toBeGreaterThan(15);
    expect([...course.kinds]).toEqual(expect.arrayContaining([...kinds, 'timeout-after', 'reset-after']));
    expect(course.kinds.size).toBeGreaterThan(25);
  });
});
