import { expect, test } from '@jest/globals';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { RunError } from '../../lib/poller/run-error.js';

test.each([
  ['nothing but itself', undefined, 'it failed', 'configuration', undefined],
  [
    'an error of ours',
    new DocjobError('slow', 'no answer', { disposition: 'transient', requestId: 'NjA=' }),
    'it failed: no answer',
    'transient',
    'NjA=',
  ],
  ['a bug', new RangeError('a bug'), 'it failed: a bug', 'configuration', undefined],
  ['what is no error at all', 'a text', 'it failed: not an error', 'configuration', undefined],
])(
  'a run that failed because of %s says so, and takes its disposition and request ID over',
  (_what, cause, message, disposition, requestId) => {
    const error = new RunError({ code: 'run-failed', what: 'it failed', cause });
    expect(error).toMatchObject({ name: 'RunError', code: 'run-failed', message, disposition });
    expect([error.requestId, error.cause, error.report]).toEqual([requestId, cause, undefined]);
  },
);
