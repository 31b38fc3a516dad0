import { DocjobError } from '../../domain/docjob-error.js';

/** The run has no time left for a request; nothing was sent. */
export class DeadlineError extends DocjobError {
  override readonly name = 'DeadlineError';

  constructor(asked: string) {
    super('deadline', `${asked} was not sent: the run has no time left for it`, { disposition: 'transient' });
  }
}
