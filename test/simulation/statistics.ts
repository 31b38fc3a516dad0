import type { Violation } from './checks/violations.js';
import type { SimulationResult } from './world/simulation.js';

/** What came of many seeds. Plain data, so that workers can send it. */
export interface Statistics {
  seeds: number;
  jobs: number;
  runs: number;
  kills: number;
  steps: number;
  virtualMs: number;
  worstStalenessMs: number;
  faults: Record<string, number>;
  /** The most of each over all seeds. */
  figures: Record<string, number>;
  failures: { readonly seed: number; readonly violations: readonly Violation[] }[];
}

export function noStatistics(): Statistics {
  return {
    seeds: 0,
    jobs: 0,
    runs: 0,
    kills: 0,
    steps: 0,
    virtualMs: 0,
    worstStalenessMs: 0,
    faults: {},
    figures: {},
    failures: [],
  };
}

/** Adds one seed. */
export function addResult(to: Statistics, seed: number, result: SimulationResult): void {
  const { violations, jobs, runs, kills, steps, virtualMs, worstStalenessMs, faults, figures } = result;
  const failures = violations.length === 0 ? [] : [{ seed, violations }];
  addStatistics(to, {
    seeds: 1,
    jobs,
    runs,
    kills,
    steps,
    virtualMs,
    worstStalenessMs,
    faults: Object.fromEntries(faults),
    figures,
    failures,
  });
}

export function addStatistics(to: Statistics, more: Statistics): void {
  to.seeds += more.seeds;
  to.jobs += more.jobs;
  to.runs += more.runs;
  to.kills += more.kills;
  to.steps += more.steps;
  to.virtualMs += more.virtualMs;
  to.worstStalenessMs = Math.max(to.worstStalenessMs, more.worstStalenessMs);
  for (const [kind, count] of Object.entries(more.faults)) to.faults[kind] = (to.faults[kind] ?? 0) + count;
  for (const [name, most] of Object.entries(more.figures))
    to.figures[name] = Math.max(to.figures[name] ?? 0, most);
  to.failures.push(...more.failures);
}
