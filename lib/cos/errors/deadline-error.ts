import { DocjobError } from '../../domain/docjob-error.js';

/** The run, or the lease that a request is for, has no time left for it; nothing was sent. */
export class DeadlineError extends DocjobError {
  override readonly name = 'DeadlineError';

  constructor(asked: string) {
    super('deadline', `${asked} was not sent: there is no time left for it`, { disposition: 'transient' });
  }
}
