import { DocjobError, type Disposition } from '../domain/docjob-error.js';

/** What kept a document from being submitted, and what that means; what is transient here is so unless its cause says otherwise. */
const DISPOSITIONS = {
  /** The source or the output bucket is not among the allowed ones. */
  'bucket-not-allowed': 'job',
  /** Its pictures or its manifest would trigger the function again. */
  'would-trigger-itself': 'job',
  /** An event's record does not name an object in a form that we know. */
  'bad-record': 'job',
  /** The object that an event names is not there, however its key is read. */
  'object-not-found': 'job',
  /** An event's key can be read as more than one object. */
  'ambiguous-key': 'job',
  /** Whether an event's job was made before could not be found out, so none was made now. */
  'look-up-failed': 'transient',
  /** The create's answer was lost, and whether CI made a job could not be found out. */
  'create-unknown': 'transient',
  /** The create's answer was lost, and more than one job could be the one that it made. */
  'create-ambiguous': 'job',
  /** The job was made, but is not in the queue. */
  'not-enqueued': 'transient',
  /** Nothing was tried: no time was left, or nothing could work any more. */
  'not-tried': 'transient',
  /** An event was not completed: the platform should deliver it again. */
  'event-incomplete': 'transient',
} as const satisfies Record<string, Disposition>;

/** Stable, made for machines. */
type SubmitErrorCode = keyof typeof DISPOSITIONS;

/** A document was not submitted, or not as it should be. */
export class SubmitError extends DocjobError {
  override readonly name = 'SubmitError';

  constructor(code: SubmitErrorCode, message: string, cause?: unknown) {
    const known = cause instanceof DocjobError ? cause : undefined;
    const own: Disposition = DISPOSITIONS[code];
    const disposition = own === 'transient' ? (known?.disposition ?? own) : own;
    super(code, message, { disposition, requestId: known?.requestId, cause });
  }
}
