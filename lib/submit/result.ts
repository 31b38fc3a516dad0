import type { JobId } from '../domain/names.js';
import type { DocjobError } from '../domain/docjob-error.js';

/** What became of one document. */
export type SubmitResult = Submitted | NotSubmitted;

/** The document has its job, and the job is in the queue. */
export interface Submitted {
  /** The source document's key. */
  readonly object: string;
  readonly ok: true;
  readonly jobId: JobId;
  readonly enqueued: true;
  /** Whether the job had been made before: by an earlier delivery of the event, or by a create whose answer was lost. */
  readonly existing: boolean;
}

/** The document has no job, or one that is not in the queue. */
export interface NotSubmitted {
  /** Null where the document names none. */
  readonly object: string | null;
  readonly ok: false;
  /** The job that was made all the same: it has to be enqueued by the caller. */
  readonly jobId?: JobId;
  readonly error: { readonly code: string; readonly message: string; readonly requestId?: string };
}

/**
 * The result for a document that failed. `secret` is taken out of the message, should the service quote it.
 */
export function notSubmitted(
  object: string | null,
  error: DocjobError,
  { jobId, secret }: { readonly jobId?: JobId; readonly secret?: string | undefined } = {},
): NotSubmitted {
  const { code, requestId } = error;
  const message = secret === undefined ? error.message : error.message.replaceAll(secret, '[redacted]');
  return {
    object,
    ok: false,
    ...(jobId === undefined ? {} : { jobId }),
    error: { code, message, ...(requestId === undefined ? {} : { requestId }) },
  };
}
