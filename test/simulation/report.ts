import { failureText } from './replay.js';
import type { Statistics } from './statistics.js';
import type { WorldName } from './scenario.js';

/** How many failing seeds are named. */
const SHOWN_FAILURES = 10;

/** What came of a simulation, for people. */
export function reportOf(statistics: Statistics, seconds: number, world: WorldName): string {
  const { seeds, jobs, runs, kills, steps, virtualMs, worstStalenessMs, faults, figures, failures } =
    statistics;
  const count = (value: number): string => Math.round(value).toLocaleString('en');
  const befell = Object.entries(faults)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, times]) => `  ${count(times).padStart(11)}  ${kind}`);
  const failed = failures
    .slice(0, SHOWN_FAILURES)
    .map(({ seed, violations }) => `seed ${seed}\n${failureText(world, seed, violations.slice(0, 3))}`);
  return [
    `${count(seeds)} seeds in ${Math.round(seconds)} s (${(seeds / seconds).toFixed(1)} a second), world ${world}`,
    `${count(jobs)} jobs in ${count(runs)} runs, ${count(kills)} of them killed; ${count(steps)} steps; ${(virtualMs / 86_400_000).toFixed(1)} days of virtual time`,
    `worst staleness ${Math.round(worstStalenessMs / 1_000)} s, faults included`,
    ...Object.entries(figures).map(([name, most]) => `at most ${count(most)} ${name}`),
    'what befell the runs:',
    ...befell,
    failures.length === 0 ? 'no promise was broken' : `${count(failures.length)} seeds failed`,
    ...failed,
    '',
  ].join('\n');
}
