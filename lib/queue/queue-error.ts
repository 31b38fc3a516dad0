import { brief } from '../domain/brief.js';
import { DocjobError, type Disposition } from '../domain/docjob-error.js';

/** What went wrong with a queue, and what that means for the run. */
const DISPOSITIONS = {
  /** The settings name no queue that can be used. */
  'queue-unusable': 'configuration',
  /** There is no such queue. */
  'queue-not-found': 'configuration',
  /** We are known, but may not do this. */
  'queue-access-denied': 'configuration',
  /** The key, its signature or its token is not accepted. */
  'queue-credentials-refused': 'credentials',
  /** Our clock and the service's are too far apart. */
  'queue-clock-skewed': 'skewed',
  'queue-throttled': 'throttled',
  /** No answer, or one that says that the service is in trouble. */
  'queue-unavailable': 'transient',
  /** The service refused the call as such. */
  'queue-call-refused': 'configuration',
  /** The service refused this one message. */
  'message-refused': 'job',
  /** The queue no longer knows the lease: the message is visible again, with another run, or gone. */
  'lease-lost': 'job',
  /** The lease had ended by our own clock, so it was not touched. */
  'lease-expired': 'job',
} as const satisfies Record<string, Disposition>;

/** Stable, made for machines. */
export type QueueErrorCode = keyof typeof DISPOSITIONS;

/** A queue could not be asked, or did not do what it was asked. */
export class QueueError extends DocjobError {
  override readonly name = 'QueueError';

  constructor(
    code: QueueErrorCode,
    message: string,
    { requestId, cause }: { requestId?: string | undefined; cause?: unknown } = {},
  ) {
    super(code, message, {
      disposition: DISPOSITIONS[code],
      requestId: requestId === undefined ? undefined : brief(requestId),
      cause,
    });
  }
}
