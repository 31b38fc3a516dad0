import { DocjobError } from '../domain/docjob-error.js';
import type { RunReport } from './report.js';

/** What a run failed at. */
export type RunErrorCode =
  /** The function's timeout leaves no time for a single look. */
  | 'run-refused'
  /** CI cannot be used by anyone with our key, or not at all. */
  | 'service-unusable'
  /** The queue cannot be asked. */
  | 'queue-unusable'
  /** Work was tried, and an operation that the run depends on never once succeeded. */
  | 'run-failed';

/** A failure of the run as a whole, before it is thrown. */
export interface Failure {
  readonly code: RunErrorCode;
  /** What could not be done; the cause's message follows it. */
  readonly what: string;
  readonly cause?: unknown;
}

/** A run could not do its work, and the platform should know. Whatever it had leased is back in the queue, or comes back when its lease ends. */
export class RunError extends DocjobError {
  override readonly name = 'RunError';
  /** What the run did all the same; undefined when it did not begin. */
  readonly report: RunReport | undefined;

  constructor({ code, what, cause }: Failure, report?: RunReport) {
    const because = cause === undefined ? '' : `: ${cause instanceof Error ? cause.message : 'not an error'}`;
    const known = cause instanceof DocjobError ? cause : undefined;
    super(code, what + because, {
      disposition: known?.disposition ?? 'configuration',
      requestId: known?.requestId,
      cause,
    });
    this.report = report;
  }
}
