import { DocjobError, type Disposition } from '../../lib/domain/docjob-error.js';

const DISPOSITIONS: Readonly<Record<Disposition, true>> = {
  transient: true,
  throttled: true,
  skewed: true,
  credentials: true,
  configuration: true,
  job: true,
};

/** A message is a sentence with a few quotes in it, whatever the input holds. */
const MAX_MESSAGE = 2_000;

/** @throws Error saying `what` when it does not hold. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not so: ${what}`);
}

/**
 * That `error` is one that docjob throws on purpose: with a code and a disposition, and no longer than a log or a dead letter can bear.
 *
 * @throws whatever else it is.
 */
export function checkDeliberate(error: unknown): asserts error is DocjobError {
  if (!(error instanceof DocjobError)) throw error;
  check(Object.hasOwn(DISPOSITIONS, error.disposition), `${error.code} has a disposition`);
  check(
    error.code.length > 0 && error.code.length <= 200,
    `the code of ${error.code.slice(0, 200)} is short`,
  );
  check(error.message.length <= MAX_MESSAGE, `the message ${error.message.slice(0, 100)}… is short`);
  check((error.requestId?.length ?? 0) <= 200, 'the request ID is short');
}

/** What every object would inherit that somebody put there. */
export function checkPrototypes(): void {
  for (const prototype of [Object.prototype, Array.prototype, String.prototype]) {
    check(Object.keys(prototype).length === 0, 'no prototype was changed');
  }
}
