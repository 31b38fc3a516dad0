import type { Assessment } from '../../lib/poller/look.js';
import type { RunReport } from '../../lib/poller/report.js';
import type { Foreseen } from '../dry-run.js';
import { safe, type Style } from '../style.js';

/** What `docjob poll` says. */

/** A run in one line. */
export function reportInWords(report: RunReport, { red, yellow, green }: Style): string {
  const { finished, deadLettered, waiting, returned, unsettled, incomplete, errors, durationMs, stopped } =
    report;
  const parts = [
    green(`${many(sum(finished), 'manifest')}${listed(finished)}`),
    `${waiting} waiting`,
    ...(incomplete === 0 ? [] : [yellow(`${incomplete} of them incomplete`)]),
    ...(returned === 0 ? [] : [yellow(`${returned} handed back unlooked`)]),
    ...(sum(deadLettered) === 0
      ? []
      : [red(`${many(sum(deadLettered), 'dead letter')}${listed(deadLettered)}`)]),
    ...(unsettled === 0 ? [] : [red(`${unsettled} could not be settled`)]),
    ...(sum(errors) === 0 ? [] : [yellow(`${many(sum(errors), 'failed look')}${listed(errors)}`)]),
  ];
  return `${many(report.leased, 'job')}: ${parts.join(', ')}; ${stopped} after ${(durationMs / 1_000).toFixed(1)} s`;
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

type Counts = Readonly<Partial<Record<string, number>>>;

function sum(counts: Counts): number {
  return Object.values(counts).reduce<number>((total, count = 0) => total + count, 0);
}

function listed(counts: Counts): string {
  const parts = Object.entries(counts).map(([name, count = 0]) => `${name} ${count}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** What a run would do about a message, for machines. */
export function foreseenInJson({ lease, assessment }: Foreseen): unknown {
  const job =
    lease.kind === 'job'
      ? { jobId: lease.job.jobId, bucket: lease.job.bucket, region: lease.job.region }
      : {};
  const firstSeenAt = new Date(lease.firstSeenAt).toISOString();
  return { lease: lease.id, ...job, firstSeenAt, decision: decisionInJson(assessment) };
}

function decisionInJson(assessment: Assessment): unknown {
  if (assessment.kind === 'finish') {
    const { job, complete, location } = assessment;
    const { bucket, region, key } = location;
    const pages = job.state === 'Success' ? job.pages.length : 0;
    return { kind: 'write-manifest', state: job.state, complete, pages, manifest: { bucket, region, key } };
  }
  const { outcome } = assessment;
  return outcome.kind === 'look-again' ? { kind: 'look-again', delayMs: outcome.delay } : outcome;
}

/** The same in one line. */
export function foreseenInWords({ lease, assessment }: Foreseen, style: Style): string {
  const name = safe(lease.kind === 'job' ? lease.job.jobId : lease.id);
  return `${name}  ${decisionInWords(assessment, style)}`;
}

function decisionInWords(assessment: Assessment, { green, yellow, red }: Style): string {
  if (assessment.kind === 'finish') {
    const { job, complete, location } = assessment;
    const pages =
      job.state === 'Success' ? `, ${job.pages.length} pages${complete ? '' : ', incomplete'}` : '';
    return `${green('write manifest')}  ${job.state}${pages}: ${location.key} in ${location.bucket}`;
  }
  const { outcome } = assessment;
  switch (outcome.kind) {
    case 'look-again':
      return `${yellow('look again')}  in ${Math.round(outcome.delay / 1_000)} s`;
    case 'dead-letter':
      return `${red('dead letter')}  ${outcome.reason}: ${safe(outcome.detail)}`;
    case 'done':
      return 'done';
  }
}
