import type { RunReport } from '../../lib/poller/report.js';
import type { JobOutcome } from './outcomes.js';
import type { Expected } from './scenario.js';
import { median, table } from './table.js';

/** The demo's result in numbers: what `--json` prints. */
export interface Summary {
  readonly ok: boolean;
  readonly jobs: number;
  readonly asExpected: number;
  readonly manifests: number;
  readonly deadLetters: number;
  readonly callsPerFinishedJob: number;
  readonly stalenessMedianMs: number | null;
  readonly stalenessWorstMs: number | null;
  readonly runs: number;
  readonly failedRuns: number;
  readonly retries: number;
  readonly elapsedMs: number;
  readonly bundleBytes: number;
}

/** Adds up what the jobs and the runs came to. */
export function summarize(
  outcomes: readonly JobOutcome[],
  runs: { readonly reports: readonly RunReport[]; readonly failed: number },
  facts: { readonly elapsedMs: number; readonly bundleBytes: number },
): Summary {
  const finished = outcomes.filter(({ found }) => found?.kind === 'manifest');
  const stalenesses = outcomes.flatMap(({ stalenessMs }) => (stalenessMs === undefined ? [] : [stalenessMs]));
  const calls = finished.reduce((sum, outcome) => sum + (outcome.calls ?? 0), 0);
  const asExpected = outcomes.filter(({ isAsExpected }) => isAsExpected).length;
  return {
    ok: asExpected === outcomes.length && runs.failed === 0,
    jobs: outcomes.length,
    asExpected,
    manifests: finished.length,
    deadLetters: outcomes.filter(({ found }) => found?.kind === 'dead-letter').length,
    callsPerFinishedJob: finished.length === 0 ? 0 : Number((calls / finished.length).toFixed(2)),
    stalenessMedianMs: median(stalenesses) ?? null,
    stalenessWorstMs: stalenesses.length === 0 ? null : Math.max(...stalenesses),
    runs: runs.reports.length + runs.failed,
    failedRuns: runs.failed,
    retries: runs.reports.reduce((sum, { calls: { retries } }) => sum + retries, 0),
    ...facts,
  };
}

/** The jobs by what they show, in the order of the scenario, with how they ended, what they cost and how stale they got. */
export function outcomeTable(outcomes: readonly JobOutcome[]): string {
  const groups = new Map<string, JobOutcome[]>();
  for (const outcome of outcomes) {
    groups.set(outcome.job.group, [...(groups.get(outcome.job.group) ?? []), outcome]);
  }
  const rows = [...groups].map(([group, members]) => {
    const endings = new Set(members.map(({ found }) => inWords(found)));
    const calls = members.flatMap((member) => (member.calls === undefined ? [] : [member.calls]));
    const stalenesses = members.flatMap((member) =>
      member.stalenessMs === undefined ? [] : [member.stalenessMs],
    );
    return [
      group,
      String(members.length),
      [...endings].join('; '),
      calls.length === 0 ? '' : (calls.reduce((sum, count) => sum + count, 0) / calls.length).toFixed(1),
      secondsOf(median(stalenesses)),
      stalenesses.length === 0 ? '' : secondsOf(Math.max(...stalenesses)),
      members.every(({ isAsExpected }) => isAsExpected) ? 'yes' : 'NO',
    ];
  });
  return table([['what', 'jobs', 'ended as', 'calls a job', 'staleness', 'worst', 'as it should'], ...rows]);
}

/** Each job that did not end as it should, with what was expected and what came. */
export function surprises(outcomes: readonly JobOutcome[]): readonly string[] {
  return outcomes
    .filter(({ isAsExpected }) => !isAsExpected)
    .map(
      ({ job, name, found }) =>
        `${job.group}: ${name} should have ended as ${exactly(job.expected)}, but ended as ${exactly(found)}`,
    );
}

function inWords(found: Expected | undefined): string {
  switch (found?.kind) {
    case undefined:
      return 'NOTHING';
    case 'manifest':
      return `manifest: ${found.state}${found.complete ? '' : ' (incomplete)'}`;
    case 'dead-letter':
      return `dead letter: ${found.reason}`;
  }
}

function exactly(found: Expected | undefined): string {
  return found?.kind === 'manifest' ? `${inWords(found)} with ${found.pages} pages` : inWords(found);
}

function secondsOf(durationMs: number | undefined): string {
  return durationMs === undefined ? '' : `${(durationMs / 1_000).toFixed(1)} s`;
}
