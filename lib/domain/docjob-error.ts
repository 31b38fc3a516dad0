/**
 * What a failure means for the run. Decisions are made on this, never on a message's words.
 *
 * - `transient`: may work when tried again: network, time-outs, 5xx, an answer cut short.
 * - `throttled`: the service asked for fewer requests.
 * - `skewed`: our clock differs from the service's, or a signature has run out.
 * - `credentials`: our identity is wrong (key, signature, token): no other job would fare better, the run stops.
 * - `configuration`: one bucket or operation is closed to us: its jobs are held back, the others go on.
 * - `job`: concerns this one job only.
 */
export type Disposition = 'transient' | 'throttled' | 'skewed' | 'credentials' | 'configuration' | 'job';

/** What every docjob error carries beside its message. */
export interface DocjobErrorDetails {
  /** What to do about it. */
  readonly disposition: Disposition;
  /** The service's request ID, for its support; absent where no answer came. */
  readonly requestId?: string | undefined;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * The base of every error that docjob throws on purpose. `code` is stable and made for machines; `message` says what was wrong, where, and
 * what to do, and never holds a secret.
 */
export class DocjobError extends Error {
  override readonly name: string = 'DocjobError';
  readonly code: string;
  readonly disposition: Disposition;
  readonly requestId: string | undefined;

  constructor(code: string, message: string, details: DocjobErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.disposition = details.disposition;
    this.requestId = details.requestId;
  }
}
