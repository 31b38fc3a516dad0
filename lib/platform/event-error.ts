import { brief } from '../domain/brief.js';
import { DocjobError } from '../domain/docjob-error.js';

/** The platform called with an event or a context that we do not know. */
export class EventError extends DocjobError {
  override readonly name = 'EventError';

  constructor(problem: string) {
    super('unrecognized-event', problem, { disposition: 'configuration' });
  }
}

/**
 * The error for an event of no known form.
 *
 * @param expected the forms that are taken, as the reader would write them.
 * @returns an error that names the event's first fields, each in brief, and none of their values: those may be anything.
 */
export function unknownEvent(event: unknown, expected: string): EventError {
  const found =
    typeof event === 'object' && event !== null
      ? `with the fields ${Object.keys(event).slice(0, 10).map(brief).join(', ')}`
      : `of type ${typeof event}`;
  return new EventError(`an event ${found} is not known here: expected ${expected}`);
}
