import { DocjobError } from '../domain/docjob-error.js';

/** COS answered that it stored something other than what was sent. Transient: the same bytes are sent again. */
export class IntegrityError extends DocjobError {
  override readonly name = 'IntegrityError';

  constructor(message: string, requestId: string | undefined) {
    super('stored-otherwise', message, { disposition: 'transient', requestId });
  }
}
