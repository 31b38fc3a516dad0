import { describe, expect, test } from '@jest/globals';
import { answerError, callError, entryError, type FailedEntry } from '../../lib/queue/sqs-errors.js';

const ASKED = {
  action: 'ReceiveMessage',
  queueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/jobs',
};

const answered = (name: string | undefined, queryName?: string) => ({
  name,
  queryName,
  message: 'in words of AWS',
});

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
    for (const refusal of [answered(name), answered(undefined, name), answered('Unheard', name)]) {
      expect(callError(refusal, 400, ASKED, 'r-1')).toMatchObject({ code, disposition, requestId: 'r-1' });
    }
    expect(entryError({ code: name, message: undefined, isOurs: true }, ASKED, 'r-2')).toMatchObject({
      code,
      disposition,
      requestId: 'r-2',
    });
  });

  test.each([
    [400, 'queue-call-refused', 'configuration'],
    [429, 'queue-throttled', 'throttled'],
    [499, 'queue-call-refused', 'configuration'],
    [500, 'queue-unavailable', 'transient'],
    [503, 'queue-unavailable', 'transient'],
  ])('of an unknown name counts by its status: %d is %s', (status, code, disposition) => {
    // A name counts whole: it is no exception of the name that it begins with.
    for (const name of ['InvalidParameterValue', 'ExceptionAccessDenied', 'AccessDeniedExceptionally'])
      expect(callError(answered(name), status, ASKED, 'r-1')).toMatchObject({ code, disposition });
    expect(callError(answered(undefined), status, ASKED, 'r-1').message).toContain(
      `with status ${status}: in`,
    );
  });

  test('counts by its newer name where the two differ', () => {
    const error = callError(answered('AccessDenied', 'RequestThrottled'), 400, ASKED, 'r-1');
    expect(error).toMatchObject({ code: 'queue-access-denied' });
    expect(error.message).toContain('with AccessDenied:');
  });

  test('is told with what was asked of which queue, in the words of AWS, with the request ID', () => {
    const { message } = callError(answered('AccessDenied'), 403, ASKED, 'r-1');
    expect(message).toMatch(/^ReceiveMessage on https:.*\/jobs .*AccessDenied: in words of AWS.*r-1/);
    expect(callError(answered(undefined, 'A.Odd'), 400, ASKED, undefined).message).toContain(
      'with A.Odd: in',
    );
    const wordless = { ...answered('Odd'), message: undefined };
    expect(callError(wordless, 400, ASKED, undefined).message).toContain('with Odd: no message');
  });

  test.each([
    ['QueueDoesNotExist', /check the queue URL/],
    ['KmsDisabled', /may do with the queue.*key that encrypts it/],
    ['ExpiredToken', /check the AWS key/],
    ['RequestExpired', /check the clock/],
  ])('says what to do: %s', (name, advice) => {
    expect(callError(answered(name), 403, ASKED, 'r-1').message).toMatch(advice);
  });

  test('about credentials repeats no word of AWS, which could hold the token', () => {
    const refusal = { ...answered('SignatureDoesNotMatch'), message: 'x-amz-security-token:hunter2' };
    const error = callError(refusal, 403, ASKED, 'r-1');
    expect(error.message).toContain('with SignatureDoesNotMatch (');
    expect(error.message).not.toContain('hunter2');
  });
});

test('an answer that does not say what it should is transient, with its request ID', () => {
  const error = answerError('an odd answer', ASKED, { requestId: 'r-3' });
  expect(error).toMatchObject({
    code: 'queue-unavailable',
    disposition: 'transient',
    requestId: 'r-3',
  });
  expect(error.message).toMatch(/ReceiveMessage on .*\/jobs .*an odd answer.*r-3/);
  expect(answerError('no answer', ASKED).requestId).toBeUndefined();
});

describe('a failed entry of an unknown name', () => {
  test.each<[string, FailedEntry, string, RegExp]>([
    [
      'that is ours to mend',
      { code: 'Odd', message: 'so it is', isOurs: true },
      'message-refused',
      /Odd: so it is/,
    ],
    [
      'that is nobody’s',
      { code: 'Odd', message: 'so it is', isOurs: undefined },
      'message-refused',
      /Odd: so it is/,
    ],
    [
      'that is the fault of SQS',
      { code: 'Odd', message: undefined, isOurs: false },
      'queue-unavailable',
      /Odd: no message/,
    ],
  ])('%s: %j', (_what, entry, code, words) => {
    const error = entryError(entry, ASKED, 'r-4');
    expect(error).toMatchObject({ code, requestId: 'r-4' });
    expect(error.message).toMatch(words);
  });
});
