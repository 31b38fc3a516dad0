import { describe, expect, test } from '@jest/globals';
import { cmqAnswerError, cmqCallError, cmqEntryError, cmqStatusError } from '../../lib/queue/cmq-errors.js';

const ASKED = { action: 'SendMessage', queueUrl: 'cmq://cmq-bj.public.tencenttdmq.com/jobs' };

describe('a failure that CMQ tells by a code', () => {
  test.each([
    [4100, 'queue-credentials-refused'],
    [4200, 'queue-clock-skewed'],
    [4300, 'queue-access-denied'],
    [4400, 'message-refused'],
    [4410, 'queue-throttled'],
    [6070, 'queue-throttled'],
    [4420, 'queue-throttled'],
    [4430, 'lease-lost'],
    [4440, 'queue-not-found'],
    [4470, 'message-refused'],
    [4480, 'queue-throttled'],
    [6000, 'queue-unavailable'],
  ])('%d means %s, of a call and of an entry', (code, meaning) => {
    const failure = { code, message: '(10120)of another meaning' };
    expect(cmqCallError(failure, ASKED, 'r-1')).toMatchObject({ code: meaning, requestId: 'r-1' });
    expect(cmqEntryError(failure, ASKED, 'r-1')).toMatchObject({ code: meaning, requestId: 'r-1' });
  });

  test.each([
    ['(4440)no queue', 'queue-not-found'],
    ['(10100) queue is not existed, or deleted', 'queue-not-found'],
    ["  (10120)message body can't be empty", 'message-refused'],
    ['(10440)cam', 'queue-access-denied'],
    ['(10450)no AKID', 'queue-credentials-refused'],
    ['(10461)no cam authentication', 'queue-access-denied'],
    ['(10470)handle', 'lease-lost'],
    ['(10350)parameter value or length is out of range', 'queue-call-refused'],
    ['about (10100)', 'queue-call-refused'],
    ['no code at all', 'queue-call-refused'],
  ])('4000 means by its words %j: %s', (message, meaning) => {
    expect(cmqCallError({ code: 4000, message }, ASKED, undefined).code).toBe(meaning);
  });

  test.each([
    [3999, 'queue-unavailable', 'queue-unavailable'],
    [4000, 'queue-call-refused', 'message-refused'],
    [4999, 'queue-call-refused', 'message-refused'],
    [5000, 'queue-unavailable', 'queue-unavailable'],
    [-1, 'queue-unavailable', 'queue-unavailable'],
  ])('%d, which no table has, is the fault of who is said to have it', (code, ofCall, ofEntry) => {
    expect(cmqCallError({ code, message: '' }, ASKED, undefined).code).toBe(ofCall);
    expect(cmqEntryError({ code, message: '' }, ASKED, undefined).code).toBe(ofEntry);
  });

  test.each([
    [4440, /code 4440: the words \(request ID r-1\).*queue URL.*region.*account/],
    [4300, /code 4300: the words \(request ID r-1\).*may do.*arrears/],
    [4100, /code 4100 \(request ID r-1\).*key pair.*token/],
    [4200, /code 4200: the words \(request ID r-1\).*clock/],
    [6000, /code 6000: the words \(request ID r-1\)$/],
  ])('%d says what was asked, how it failed, and what to do', (code, words) => {
    const { message } = cmqCallError({ code, message: 'the words' }, ASKED, 'r-1');
    expect(message).toContain(`${ASKED.action} on ${ASKED.queueUrl} failed`);
    expect(message).toMatch(words);
  });
});

describe('a failure without a code', () => {
  test.each([
    [300, 'queue-call-refused'],
    [400, 'queue-call-refused'],
    [401, 'queue-access-denied'],
    [402, 'queue-call-refused'],
    [403, 'queue-access-denied'],
    [404, 'queue-call-refused'],
    [408, 'queue-unavailable'],
    [429, 'queue-throttled'],
    [499, 'queue-call-refused'],
    [500, 'queue-unavailable'],
    [502, 'queue-unavailable'],
  ])('is by its status %d: %s', (status, code) => {
    expect(cmqStatusError(status, ASKED)).toMatchObject({ code, requestId: undefined });
    expect(cmqStatusError(status, ASKED).message).toContain(`failed with status ${status}`);
  });

  test('closes a queue with the advice of any other refusal', () => {
    expect(cmqStatusError(403, ASKED).message).toMatch(/status 403 .*arrears/);
  });

  test('of an answer may pass', () => {
    const error = cmqAnswerError('nonsense', ASKED, { requestId: 'r-1' });
    expect(error).toMatchObject({
      code: 'queue-unavailable',
      disposition: 'transient',
      requestId: 'r-1',
    });
    expect(error.message).toMatch(/failed with nonsense \(request ID r-1\)$/);
    expect(cmqAnswerError('nonsense', ASKED).message).toMatch(/failed with nonsense$/);
  });
});
