import { describe, expect, test } from '@jest/globals';
import { Explorer } from './core/agenda-by-choice.js';
import { openSqsWorld } from './sqs/open.js';
import { tinyJob, tinyScenario } from './tiny.js';
import type { Scenario } from './scenario.js';
import { simulate, type SimulationOptions } from './world/simulation.js';
import { WORLD_NAMES, WORLDS } from './worlds.js';

/** Tries every order of a tiny scenario's requests, each run's own in their order; tells how many there are. */
async function explore(
  scenario: Scenario,
  maxSwitches: number,
  options: Partial<SimulationOptions> = {},
): Promise<{ readonly explored: number; readonly violations: readonly string[] }> {
  const explorer = new Explorer(maxSwitches);
  const violations: string[] = [];
  while (explorer.next() && violations.length === 0) {
    const result = await simulate(scenario, {
      openQueue: openSqsWorld,
      agenda: explorer.agenda(),
      ...options,
    });
    violations.push(
      ...result.violations.map(
        ({ promise, what }) => `promise ${promise}, order ${explorer.explored}: ${what}`,
      ),
    );
  }
  return { explored: explorer.explored, violations };
}

// The numbers of orders below are those there are: fewer would mean that something is not explored any more.

const ALL = Number.POSITIVE_INFINITY;

const endless = tinyJob(2, {
  kind: 'never-ending',
  endsAt: Number.POSITIVE_INFINITY,
  filledAt: Number.POSITIVE_INFINITY,
});

describe('two runs that both hold the same message', () => {
  test('of a job that has ended: every order of their requests', async () => {
    const scenario = tinyScenario([tinyJob(1)], { runs: 2, concurrency: 1, deliversTwice: true });
    const { explored, violations } = await explore(scenario, ALL);
    expect(violations).toEqual([]);
    expect(explored).toBeGreaterThanOrEqual(876);
  });

  test('of a job that CI refuses to know and of one that has ended: all orders with up to three switches', async () => {
    const unknown = tinyJob(2, { kind: 'unknown-to-ci', visibleAt: Number.POSITIVE_INFINITY });
    const scenario = tinyScenario([tinyJob(1), unknown], { runs: 2, concurrency: 2, deliversTwice: true });
    const { explored, violations } = await explore(scenario, 3);
    expect(violations).toEqual([]);
    expect(explored).toBeGreaterThanOrEqual(440);
  });

  test('while one of them is killed at any await point: all orders with up to two switches', async () => {
    const scenario = tinyScenario([tinyJob(1)], { runs: 2, concurrency: 1, deliversTwice: true });
    let explored = 0;
    for (let killFirstRunAt = 1; killFirstRunAt <= 14; killFirstRunAt += 1) {
      const found = await explore(scenario, 2, { killFirstRunAt });
      expect(found.violations).toEqual([]);
      explored += found.explored;
    }
    expect(explored).toBeGreaterThanOrEqual(388);
  });
});

describe('two runs over a queue in a bucket, where nothing keeps them apart', () => {
  test.each([
    ['a job that has ended', 242, tinyJob(1)],
    [
      'a job that CI refuses to know',
      90,
      tinyJob(1, { kind: 'unknown-to-ci', visibleAt: Number.POSITIVE_INFINITY }),
    ],
  ] as const)('of %s: all %i orders with up to three switches', async (_what, orders, job) => {
    const scenario = tinyScenario([job], { runs: 2, concurrency: 1 }, 'bucket');
    const { explored, violations } = await explore(scenario, 3, { openQueue: WORLDS.bucket });
    expect(violations).toEqual([]);
    expect(explored).toBeGreaterThanOrEqual(orders);
  });
});

describe('a run that is killed', () => {
  const cases = WORLD_NAMES.flatMap((world) => [true, false].map((arrive) => [world, arrive] as const));
  test.each(cases)(
    'on %s at each of its await points, its requests arriving all the same: %s',
    async (world, requestsOutliveKill) => {
      const jobs = [tinyJob(1), endless, tinyJob(3, { kind: 'failed', endsAs: 'Failed', code: '-3006' })];
      const closed = tinyJob(4, {
        kind: 'output-not-allowed',
        output: { bucket: 'elsewhere-1999999999', region: 'ap-guangzhou', object: 'x' },
      });
      const about = { runs: 1, concurrency: 2, tells: world === 'sqs' } as const;
      const scenario = tinyScenario([...jobs, closed], about, world);
      const options = { openQueue: WORLDS[world], requestsOutliveKill };
      const { firstRunAwaitPoints, violations } = await simulate(scenario, options);
      expect([firstRunAwaitPoints > 25, violations]).toEqual([true, []]);
      for (let killFirstRunAt = 1; killFirstRunAt <= firstRunAwaitPoints; killFirstRunAt += 1) {
        const result = await simulate(scenario, { ...options, killFirstRunAt });
        expect([killFirstRunAt, result.kills, result.violations]).toEqual([killFirstRunAt, 1, []]);
      }
    },
  );
});
