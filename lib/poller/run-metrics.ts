import type { Metric } from '../telemetry/metrics.js';
import type { RunReport } from './report.js';

/**
 * What a run's report comes to as metrics: ten at most, since CloudWatch gives ten away and asks for the eleventh. `docs/operations.md` lists them. Whether runs
 * fail or take long is told by the platform's own metrics.
 */
export function runMetrics(report: RunReport): readonly Metric[] {
  const { finished, calls } = report;
  const count = (name: string, value: number): Metric => ({ name, unit: 'Count', value });
  return [
    count('JobsFinished', sum(finished)),
    count('JobsUnsuccessful', sum(finished) - (finished.Success ?? 0)),
    count('ManifestsIncomplete', report.incomplete),
    count('JobsDeadLettered', sum(report.deadLettered)),
    count('JobsWaiting', report.waiting),
    count('JobsReturned', report.returned),
    count('Errors', sum(report.errors) + report.unsettled),
    count('Requests', calls.attempts.ci + calls.attempts.cos),
    { name: 'OldestJobAge', unit: 'Milliseconds', value: report.oldestAgeMs },
    { name: 'StalestManifest', unit: 'Milliseconds', value: report.stalestManifestMs },
  ];
}

function sum(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce<number>((total, count = 0) => total + count, 0);
}
