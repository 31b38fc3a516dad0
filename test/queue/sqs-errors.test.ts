import { describe, expect, test } from '@jest/globals';
import { answerError, callError, entryError, type FailedEntry } from '../../lib/queue/sqs-errors.js';

const ASKED = {
  action: 'ReceiveMessage',
  queueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/jobs',
};

/** What the SDK throws for an error answer. */
const answered = (name: string, httpStatusCode = 400, message = 'in words of AWS'): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode, requestId: 'r-1' } });

describe('an error answer of SQS', () => {
  test.each([
    ['QueueDoesNotExist', 'queue-not-found', 'configuration'],
    ['AWS.SimpleQueueService.NonExistentQueue', 'queue-not-found', 'configuration'],
    ['AWS.SimpleQueueService.QueueDeletedRecently', 'queue-not-found', 'configuration'],
    ['InvalidAddress', 'queue-not-found', 'configuration'],
    ['AccessDenied', 'queue-access-denied', 'configuration'],
    ['AccessDeniedException', 'queue-access-denied', 'configuration'],
    ['AuthorizationError', 'queue-access-denied', 'configuration'],
    ['NotAuthorized', 'queue-access-denied', 'configuration'],
    ['OptInRequired', 'queue-access-denied', 'configuration'],
    ['KMS.AccessDeniedException', 'queue-access-denied', 'configuration'],
    ['KmsAccessDenied', 'queue-access-denied', 'configuration'],
    ['KmsDisabled', 'queue-access-denied', 'configuration'],
    ['KmsInvalidKeyUsage', 'queue-access-denied', 'configuration'],
    ['KmsInvalidState', 'queue-access-denied', 'configuration'],
    ['KmsNotFound', 'queue-access-denied', 'configuration'],
    ['KmsOptInRequired', 'queue-access-denied', 'configuration'],
    ['InvalidClientTokenId', 'queue-credentials-refused', 'credentials'],
    ['UnrecognizedClientException', 'queue-credentials-refused', 'credentials'],
    ['InvalidAccessKeyId', 'queue-credentials-refused', 'credentials'],
    ['InvalidSecurity', 'queue-credentials-refused', 'credentials'],
    ['ExpiredTokenException', 'queue-credentials-refused', 'credentials'],
    ['SignatureDoesNotMatch', 'queue-credentials-refused', 'credentials'],
    ['InvalidSignatureException', 'queue-credentials-refused', 'credentials'],
    ['IncompleteSignature', 'queue-credentials-refused', 'credentials'],
    ['MissingAuthenticationToken', 'queue-credentials-refused', 'credentials'],
    ['CredentialsProviderError', 'queue-credentials-refused', 'credentials'],
    ['RequestExpired', 'queue-clock-skewed', 'skewed'],
    ['RequestTimeTooSkewed', 'queue-clock-skewed', 'skewed'],
    ['RequestInTheFuture', 'queue-clock-skewed', 'skewed'],
    ['com.amazonaws.sqs#RequestThrottledException', 'queue-throttled', 'throttled'],
    ['ThrottlingException', 'queue-throttled', 'throttled'],
    ['ThrottledException', 'queue-throttled', 'throttled'],
    ['TooManyRequestsException', 'queue-throttled', 'throttled'],
    ['KmsThrottled', 'queue-throttled', 'throttled'],
    ['OverLimit', 'queue-throttled', 'throttled'],
    ['ReceiptHandleIsInvalid', 'lease-lost', 'job'],
    ['com.amazonaws.sqs#MessageNotInflight', 'lease-lost', 'job'],
  ])('%s is %s', (name, code, disposition) => {
    expect(callError(answered(name), ASKED)).toMatchObject({ code, disposition, requestId: 'r-1' });
    expect(entryError({ Code: name, SenderFault: true }, ASKED, 'r-2')).toMatchObject({
      code,
      disposition,
      requestId: 'r-2',
    });
  });

  test.each([
    [400, 'queue-call-refused', 'configuration'],
    [499, 'queue-call-refused', 'configuration'],
    [500, 'queue-unavailable', 'transient'],
    [503, 'queue-unavailable', 'transient'],
  ])('of an unknown name counts by its status: %d is %s', (status, code, disposition) => {
    // A name counts whole: it is no exception of the name that it begins with.
    for (const name of ['InvalidParameterValue', 'ExceptionAccessDenied', 'AccessDeniedExceptionally'])
      expect(callError(answered(name, status), ASKED)).toMatchObject({ code, disposition });
  });

  test('is told with what was asked of which queue, in the words of AWS, with the request ID and the cause', () => {
    const cause = answered('AccessDenied');
    const error = callError(cause, ASKED);
    expect(error.message).toMatch(/^ReceiveMessage on https:.*\/jobs .*AccessDenied: in words of AWS.*r-1/);
    expect(error.cause).toBe(cause);
  });

  test.each([
    ['QueueDoesNotExist', /check the queue URL/],
    ['KmsDisabled', /may do with the queue.*key that encrypts it/],
    ['ExpiredToken', /check the AWS key/],
    ['RequestExpired', /check the clock/],
  ])('says what to do: %s', (name, advice) => {
    expect(callError(answered(name), ASKED).message).toMatch(advice);
  });

  test('about credentials repeats no word of AWS, which could hold the token, and does not carry the error on', () => {
    const error = callError(answered('SignatureDoesNotMatch', 403, 'x-amz-security-token:hunter2'), ASKED);
    expect(error.message).toContain('SignatureDoesNotMatch');
    expect(error.message).not.toContain('hunter2');
    expect(error.cause).toBeUndefined();
  });
});

describe('what is no answer', () => {
  test.each([
    [
      'an error of the network, by its code',
      Object.assign(new Error('no route'), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED: no route',
    ],
    [
      'an error with a name of its own',
      Object.assign(new Error('late'), { name: 'TimeoutError', code: 'ETIMEDOUT' }),
      'TimeoutError: late',
    ],
    ['an error whose code is no text', Object.assign(new Error('odd'), { code: 7 }), 'Error: odd'],
    ['something that is no error', 'a mere text', 'Error: a mere text'],
  ])('is told as transient: %s', (_what, thrown, words) => {
    const error = callError(thrown, ASKED);
    expect(error).toMatchObject({
      code: 'queue-unavailable',
      disposition: 'transient',
      requestId: undefined,
    });
    expect(error.message).toContain(`failed with ${words}`);
    expect(error.cause).toBe(thrown);
  });

  test('but an answer that does not say what it should is transient too, with its request ID', () => {
    const error = answerError('an odd answer', ASKED, 'r-3');
    expect(error).toMatchObject({ code: 'queue-unavailable', disposition: 'transient', requestId: 'r-3' });
    expect(error.message).toMatch(/ReceiveMessage on .*\/jobs .*an odd answer.*r-3/);
  });
});

describe('a failed entry of an unknown name', () => {
  test.each<[string, FailedEntry, string, RegExp]>([
    [
      'that is ours to mend',
      { Code: 'Odd', Message: 'so it is', SenderFault: true },
      'message-refused',
      /Odd: so it is/,
    ],
    ['that is nobody’s', { Code: 'Odd', Message: 'so it is' }, 'message-refused', /Odd: so it is/],
    ['that is the fault of SQS', { Code: 'Odd', SenderFault: false }, 'queue-unavailable', /Odd: no message/],
    ['without a code', { Message: 'so it is' }, 'message-refused', /no code: so it is/],
  ])('%s: %j', (_what, entry, code, words) => {
    const error = entryError(entry, ASKED, 'r-4');
    expect(error).toMatchObject({ code, requestId: 'r-4' });
    expect(error.message).toMatch(words);
  });
});
