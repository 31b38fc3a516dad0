import { DocjobError } from '../domain/docjob-error.js';

/** The platform called with an event or a context that we do not know. */
export class EventError extends DocjobError {
  override readonly name = 'EventError';

  constructor(problem: string) {
    super('unrecognized-event', problem, { disposition: 'configuration' });
  }
}
