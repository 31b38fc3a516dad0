import type { Violation } from './checks/violations.js';
import { scenarioOf, type Scenario, type WorldName } from './scenario.js';
import { simulate } from './world/simulation.js';
import { WORLDS } from './worlds.js';

/** How many of the last events are shown. */
const SHOWN_EVENTS = 60;

/** The command that runs one seed again. */
export function replayCommand(world: WorldName, seed: number): string {
  return `npm run simulate -- --world ${world} --seed ${seed}`;
}

/** Runs one seed and writes what happened last. True when nothing was broken. */
export async function replay(
  world: WorldName,
  seed: number,
  output: { write(text: string): unknown },
): Promise<boolean> {
  const scenario = scenarioOf(seed, world);
  const result = await simulate(scenario, { openQueue: WORLDS[world], isTraced: true });
  output.write(`seed ${seed}, ${describeScenario(scenario)}\n`);
  if (result.trace.length > SHOWN_EVENTS)
    output.write(`… ${result.trace.length - SHOWN_EVENTS} events before\n`);
  for (const line of result.trace.slice(-SHOWN_EVENTS)) output.write(`${line}\n`);
  output.write(
    result.violations.length === 0 ? 'nothing was broken\n' : failureText(world, seed, result.violations),
  );
  return result.violations.length === 0;
}

/** What was broken, and how to see it again. */
export function failureText(world: WorldName, seed: number, violations: readonly Violation[]): string {
  const lines = violations.map(
    ({ promise, what }) => `  ${promise === 0 ? 'broken' : `promise ${promise} broken`}: ${what}`,
  );
  return `${lines.join('\n')}\n  replay: ${replayCommand(world, seed)}\n`;
}

function describeScenario({ profile, jobs, platform, policy }: Scenario): string {
  return (
    `${profile}: ${jobs.map(({ kind }) => kind).join(', ')}; a tick every ${platform.tickMs / 1_000} s, ` +
    `${platform.timeLimitMs / 1_000} s for a run, ${policy.concurrency} looks at a time, clock off by ${platform.skewMs / 1_000} s`
  );
}
