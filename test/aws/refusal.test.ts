import { describe, expect, test } from '@jest/globals';
import { readRefusal, requestIdOf } from '../../lib/aws/refusal.js';

const read = (body: unknown, headers: Record<string, string> = {}) =>
  readRefusal({
    status: 400,
    headers,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });

const NOTHING = { name: undefined, queryName: undefined, message: undefined };

describe('an error answer of AWS', () => {
  test.each([
    ['com.amazonaws.sqs#QueueDoesNotExist', 'QueueDoesNotExist'],
    ['QueueDoesNotExist', 'QueueDoesNotExist'],
    ['com.amazonaws.ssm#ParameterNotFound:http://internal.amazon.com/', 'ParameterNotFound'],
    ['ParameterNotFound:http://internal.amazon.com/', 'ParameterNotFound'],
    ['com.amazonaws.sqs#AWS.SimpleQueueService.Odd_2', 'AWS.SimpleQueueService.Odd_2'],
    [`a#${'N'.repeat(100)}`, 'N'.repeat(100)],
    [`a#${'N'.repeat(101)}`, undefined],
    ['a#b#Name', undefined],
    ['a#1Name', undefined],
    ['a#Na me', undefined],
    ['a#', undefined],
    ['', undefined],
  ])('of the type %j has the name %j, in its body as in its header', (type, name) => {
    expect(read({ __type: type })).toEqual({ ...NOTHING, name });
    expect(read({ __type: 'Other' }, { 'x-amzn-errortype': type })).toEqual({ ...NOTHING, name });
  });

  test.each([
    ['AWS.SimpleQueueService.NonExistentQueue;Sender', 'AWS.SimpleQueueService.NonExistentQueue'],
    ['InternalError;Receiver', 'InternalError'],
    [`${'N'.repeat(100)};Sender`, 'N'.repeat(100)],
    [`${'N'.repeat(101)};Sender`, undefined],
    ['1st;Sender', undefined],
    ['two words;Sender', undefined],
    ['one two;Sender', undefined],
    ['NoFault', undefined],
  ])('has an older name in its header %j: %j', (header, queryName) => {
    expect(read({}, { 'x-amzn-query-error': header })).toEqual({ ...NOTHING, queryName });
  });

  test.each([
    [{ message: 'small' }, 'small'],
    [{ Message: 'large' }, 'large'],
    [{ message: 'small', Message: 'large' }, 'small'],
  ])('says %j in its words: %j', (body, message) => {
    expect(read(body)).toEqual({ ...NOTHING, message });
  });

  test.each(['', '<html>', 'null', '[]', '"text"', { __type: 7, message: 'in vain' }])(
    'that is none says nothing: %j',
    (body) => {
      expect(read(body)).toEqual(NOTHING);
    },
  );

  test.each([
    [{}, undefined],
    [{ 'x-amzn-requestid': 'r-1' }, 'r-1'],
    [{ 'x-amzn-requestid': 'r'.repeat(200) }, 'r'.repeat(100)],
  ])('has a request ID of bounded length, if any: %j', (headers, id) => {
    expect(requestIdOf({ status: 200, headers, body: Buffer.alloc(0) })).toBe(id);
  });
});
