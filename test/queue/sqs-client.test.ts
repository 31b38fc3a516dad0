import { expect, test } from '@jest/globals';
import { millis, seconds } from '../../lib/domain/units.js';
import { longPollTimeout } from '../../lib/queue/sqs-client.js';

test.each([
  [seconds(5), 0, 5_000],
  [seconds(5), 20, 25_000],
  [millis(40), 1, 1_040],
])(
  'a request of %d ms whose answer SQS holds back for %d s times out after %d ms',
  (request, wait, timeout) => {
    expect(longPollTimeout(request, wait)).toBe(timeout);
  },
);
