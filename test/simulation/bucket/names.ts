import { SOURCE } from '../../support/pending-jobs.js';
import type { Dice } from '../core/dice.js';

/** What a submitter knows of a job. */
interface SubmittedJob {
  readonly jobId: string;
  readonly bucket: string;
  readonly region: string;
  readonly queueId?: string;
  readonly createdAt?: number;
  readonly firstSeenAt?: number;
  readonly redrivenAt?: number;
}

/** The name of a job's object, written from the words of ADR 1, without any code of `lib/`. */
export function instanceName(job: SubmittedJob, nonce: string): string {
  const { jobId, bucket, region, queueId, createdAt, firstSeenAt, redrivenAt } = job;
  const optional = (field: string, value: string | number | undefined): string =>
    value === undefined ? '' : `~${field}.${value}`;
  return (
    `${jobId}~${nonce}~1~b.${bucket}~r.${region}` +
    `${optional('q', queueId)}${optional('c', createdAt)}${optional('f', firstSeenAt)}${optional('d', redrivenAt)}`
  );
}

/** How somebody puts a message in as an object: the bare job ID, with a nonce, or with all that is known. */
export function submittedName(
  body: string,
  nonce: string,
  dice: Dice,
): { readonly name: string; readonly createdAt: number | undefined } {
  if (!body.startsWith('{')) return { name: body, createdAt: undefined };
  const job = JSON.parse(body) as SubmittedJob; // a submission of ours, about a job
  if (job.bucket === SOURCE.bucket && dice.chance(0.2))
    return { name: `${job.jobId}~${nonce}`, createdAt: undefined };
  return { name: instanceName(job, nonce), createdAt: job.createdAt };
}

/** What else lies below a prefix: names that are no job's, each of its own. */
export function strayName(serial: number, dice: Dice): string {
  return dice.pick([
    `README ${serial}.md`,
    `folder-${serial}/`,
    `a+b&c=${serial}/<d>.txt`,
    `übersicht ${serial} 100%.txt`,
    `d${serial}~nonce~2~from.the-future`,
    `d${serial}~not a nonce`,
    `d${serial}~n~1~c.0123`,
  ]);
}
