import { createHash } from 'node:crypto';
import type { ListedObject } from '../cos/list-objects.js';
import type { Lease, Outcome } from './pending-queue.js';

/** An object that is in the way among the pending jobs, as it was read. */
export interface StrayContent {
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** A dead letter, ready to be stored. */
export interface BucketDeadLetter {
  readonly key: string;
  readonly body: string;
}

/** A larger object is left where it is: a dead letter must hold all of what it buries. */
export const MAX_STRAY_BYTES = 64 * 1024;

/**
 * The dead letter of a pending object. Its key is `<prefix><reason>/<name of the pending object>.json`, so that a listing tells reason and job, and so
 * that burying the same instance for the same reason twice gives one object. Where the name is no job's, its SHA-256 stands for it.
 */
export function bucketDeadLetter(
  { lease, object, name }: { readonly lease: Lease; readonly object: ListedObject; readonly name: string },
  { reason, detail, lastError }: Extract<Outcome, { kind: 'dead-letter' }>,
  { queueUrl, deadLetterPrefix }: { readonly queueUrl: string; readonly deadLetterPrefix: string },
  stray?: StrayContent,
): BucketDeadLetter {
  const fileName = lease.kind === 'job' ? name : createHash('sha256').update(name).digest('hex');
  const content = {
    version: 1,
    reason,
    detail,
    lastError,
    queue: queueUrl,
    key: object.key,
    firstSeenAt: new Date(lease.firstSeenAt).toISOString(),
    // As a message has it: what it takes to send the job back. When it was first seen survives that.
    job: lease.kind === 'job' ? { ...lease.job, firstSeenAt: lease.firstSeenAt } : undefined,
    content:
      stray === undefined
        ? undefined
        : { type: stray.contentType, base64: Buffer.from(stray.body).toString('base64') },
  };
  return {
    key: `${deadLetterPrefix}${reason}/${fileName}.json`,
    body: `${JSON.stringify(content, null, 2)}\n`,
  };
}
