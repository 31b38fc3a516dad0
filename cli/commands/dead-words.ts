import type { DocjobError } from '../../lib/domain/docjob-error.js';
import type { EpochMs } from '../../lib/domain/units.js';
import type { DeadLetterRecord } from '../../lib/queue/dead-letters.js';
import { fieldLines } from '../output.js';
import { safe, type Style } from '../style.js';

/** How dead letters are told. */

/** For machines. Times in RFC 3339. */
export function letterInJson(letter: DeadLetterRecord): Readonly<Record<string, unknown>> {
  const { id, content, reason, detail = null, lastError, firstSeenAt, buriedAt } = letter;
  const job = content.kind === 'job' ? content.job : undefined;
  return {
    id,
    jobId: job?.jobId ?? null,
    bucket: job?.bucket ?? null,
    region: job?.region ?? null,
    queueId: job?.queueId ?? null,
    reason,
    detail,
    error: lastError === undefined ? null : { ...lastError, requestId: lastError.requestId ?? null },
    problem: content.kind === 'job' ? null : content.problem,
    createdAt: iso(job?.createdAt) ?? null,
    firstSeenAt: iso(firstSeenAt) ?? null,
    redrivenAt: iso(job?.redrivenAt) ?? null,
    buriedAt: iso(buriedAt) ?? null,
  };
}

/** One line for people. */
export function letterInLine(letter: DeadLetterRecord, { yellow, dim }: Style): string {
  const { reason, detail, lastError, firstSeenAt } = letter;
  const error = lastError === undefined ? '' : ` [${safe(lastError.code)}${requestIdOf(lastError)}]`;
  const since = firstSeenAt === undefined ? '' : `  ${dim(`since ${iso(firstSeenAt)}`)}`;
  return `${safe(nameOf(letter))}  ${yellow(safe(reason))}${since}  ${safe(detail ?? '')}${error}`.trimEnd();
}

/** All about one, for people. */
export function letterInFull(letter: DeadLetterRecord, style: Style): string {
  const { id, content, body, reason, detail, lastError, firstSeenAt, buriedAt } = letter;
  const job = content.kind === 'job' ? content.job : undefined;
  return fieldLines(
    [
      ['job', job?.jobId ?? 'none'],
      ['problem', content.kind === 'job' ? undefined : content.problem],
      ['source', job === undefined ? undefined : `${job.bucket} (${job.region})`],
      ['CI queue', job?.queueId],
      ['reason', reason],
      ['detail', detail],
      ['error', lastError?.code],
      ['message', lastError?.message],
      ['request ID', lastError?.requestId],
      ['created', iso(job?.createdAt)],
      ['first seen', iso(firstSeenAt)],
      ['redriven', iso(job?.redrivenAt)],
      ['given up', iso(buriedAt)],
      ['dead letter', id],
      ['body', body],
    ],
    style,
  );
}

/** What became of one, or would. */
export interface Fate {
  readonly letter: DeadLetterRecord;
  readonly what: 'redriven' | 'would redrive' | 'refused' | 'failed' | 'kept' | 'dropped';
  /** Why, in words, where it is not done. */
  readonly why?: string | undefined;
  readonly error?: DocjobError | undefined;
}

export function fateInJson({ letter, what, why, error }: Fate): Readonly<Record<string, unknown>> {
  const told =
    error === undefined
      ? null
      : { code: error.code, message: error.message, requestId: error.requestId ?? null };
  return { ...letterInJson(letter), fate: what.replace(' ', '-'), why: why ?? null, failure: told };
}

export function fateInWords({ letter, what, why, error }: Fate, { green, red, yellow }: Style): string {
  const dress = {
    redriven: green,
    dropped: green,
    'would redrive': green,
    refused: yellow,
    failed: red,
    kept: red,
  };
  const because = why === undefined ? '' : `  ${safe(why)}`;
  const told = error === undefined ? '' : `  ${safe(error.message)} [${safe(error.code)}]`;
  return `${dress[what](what.padEnd(8))}  ${safe(nameOf(letter))}${because}${told}`;
}

/** The job's ID, or of what holds none the letter's own. */
export function nameOf({ id, content }: DeadLetterRecord): string {
  return content.kind === 'job' ? content.job.jobId : id;
}

function requestIdOf({ requestId }: { readonly requestId?: string | undefined }): string {
  return requestId === undefined ? '' : `, request ID ${safe(requestId)}`;
}

function iso(moment: EpochMs | undefined): string | undefined {
  return moment === undefined ? undefined : new Date(moment).toISOString();
}
