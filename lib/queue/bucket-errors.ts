import { ServiceError } from '../cos/errors/service-error.js';
import { DocjobError } from '../domain/docjob-error.js';
import { QueueError, type QueueErrorCode } from './queue-error.js';

/** What went wrong with a call to COS that was made for `what` (such as "listing cos://…"), as one of the queue's errors. */
export function bucketError(error: unknown, what: string): QueueError {
  if (error instanceof QueueError) return error;
  const known = error instanceof DocjobError ? error : undefined;
  const code = codeOf(error);
  const words = error instanceof Error ? error.message : 'not an error';
  const advice = ADVICE[code] === undefined ? '' : `; ${ADVICE[code]}`;
  // The client's errors name method, bucket, key and request ID, and never a secret.
  return new QueueError(code, `${what} failed: ${words}${advice}`, {
    requestId: known?.requestId,
    cause: error,
  });
}

const ADVICE: Readonly<Partial<Record<QueueErrorCode, string>>> = {
  'queue-not-found': 'check the bucket and the region of the queue URL',
  'queue-access-denied':
    'grant GetBucket on the bucket of the queue, and GetObject, PutObject and DeleteObject below its prefixes and for its checkpoint',
  'queue-credentials-refused': 'check the Tencent key, its secret and its token',
  'queue-clock-skewed': 'check the clock of this machine',
};

function codeOf(error: unknown): QueueErrorCode {
  if (!(error instanceof DocjobError)) return 'queue-call-refused';
  switch (error.disposition) {
    case 'transient':
      return 'queue-unavailable';
    case 'throttled':
      return 'queue-throttled';
    case 'skewed':
      return 'queue-clock-skewed';
    case 'credentials':
      return 'queue-credentials-refused';
    case 'configuration': {
      const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined;
      if (serviceCode === 'NoSuchBucket') return 'queue-not-found';
      return serviceCode === 'AccessDenied' ? 'queue-access-denied' : 'queue-call-refused';
    }
    case 'job':
      // The service refused the request as such, so it is about this object.
      return 'message-refused';
  }
}
