import { DocjobError } from '../../domain/docjob-error.js';

/**
 * An answer that came whole but does not say what it should: not well-formed, not the expected root, a field missing or of the wrong kind,
 * about another job. Transient, because a service in trouble sends such answers; one that never gets better ages into the dead letters.
 */
export class UndecodableError extends DocjobError {
  override readonly name = 'UndecodableError';

  constructor(problem: string, details: { requestId?: string | undefined; cause?: unknown } = {}) {
    super('undecodable-answer', problem, { disposition: 'transient', ...details });
  }
}
