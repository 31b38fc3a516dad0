import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { DocjobError, type Disposition } from '../../lib/domain/docjob-error.js';
import { bucketError } from '../../lib/queue/bucket-errors.js';
import { QueueError } from '../../lib/queue/queue-error.js';

const answered = (disposition: Disposition, serviceCode: string): ServiceError =>
  new ServiceError({ asked: 'GET /', status: 403, serviceCode, disposition, requestId: 'NjA=' });

describe('what goes wrong with a bucket queue', () => {
  test.each<[string, DocjobError, string, Disposition, RegExp]>([
    [
      'no answer',
      new DocjobError('timeout', 'late', { disposition: 'transient' }),
      'queue-unavailable',
      'transient',
      /late$/,
    ],
    [
      'a plea for fewer requests',
      answered('throttled', 'SlowDown'),
      'queue-throttled',
      'throttled',
      /SlowDown/,
    ],
    [
      'a wrong clock',
      answered('skewed', 'RequestTimeTooSkewed'),
      'queue-clock-skewed',
      'skewed',
      /; check the clock/,
    ],
    [
      'a refused key',
      answered('credentials', 'InvalidAccessKeyId'),
      'queue-credentials-refused',
      'credentials',
      /; check the Tencent key/,
    ],
    [
      'a bucket that is not there',
      answered('configuration', 'NoSuchBucket'),
      'queue-not-found',
      'configuration',
      /; check the bucket and the region/,
    ],
    [
      'a missing grant',
      answered('configuration', 'AccessDenied'),
      'queue-access-denied',
      'configuration',
      /; grant GetBucket .*DeleteObject/,
    ],
    [
      'another refusal',
      answered('configuration', 'MethodNotAllowed'),
      'queue-call-refused',
      'configuration',
      /MethodNotAllowed/,
    ],
    // Its code reads like a service's, and is none.
    [
      'a refusal of our own',
      new DocjobError('AccessDenied', 'ours', { disposition: 'configuration' }),
      'queue-call-refused',
      'configuration',
      /ours$/,
    ],
    ['a refusal of one object', answered('job', 'KeyTooLong'), 'message-refused', 'job', /KeyTooLong/],
  ])('is told as what it means, with what was done: %s', (_what, cause, code, disposition, words) => {
    const error = bucketError(cause, 'listing cos://x');
    expect(error).toMatchObject({ code, disposition, requestId: cause.requestId, cause });
    expect(error.message).toMatch(/^listing cos:\/\/x failed: /);
    expect(error.message).toMatch(words);
  });

  test('is told as a refusal where it is a fault of ours', () => {
    const cause = new TypeError('of our own making');
    const error = bucketError(cause, 'listing');
    expect(error).toMatchObject({ code: 'queue-call-refused', requestId: undefined, cause });
    expect(error.message).toBe('listing failed: of our own making');
    expect(bucketError('a text', 'listing').message).toBe('listing failed: not an error');
  });

  test('is told once', () => {
    const error = new QueueError('lease-lost', 'gone');
    expect(bucketError(error, 'settling')).toBe(error);
  });
});
