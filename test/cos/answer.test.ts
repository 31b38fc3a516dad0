import { describe, expect, test } from '@jest/globals';
import { checkAnswer } from '../../lib/cos/answer.js';
import type { CosRequest, CosResponse } from '../../lib/cos/requester.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

const ERROR =
  '<Error><Code>SlowDown</Code><Message>undefined is busy</Message><RequestId>body-1</RequestId></Error>';

interface Given {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const getObject: CosRequest = { family: 'cos', ...SOURCE, method: 'GET', path: '/a' };
const describeJob: CosRequest = { family: 'ci', ...SOURCE, method: 'GET', path: '/doc_jobs/d1' };

function check(given: Given, request: CosRequest = describeJob): CosResponse {
  const { status = 200, headers = {}, body = '' } = given;
  const sent = { asked: `${request.method} ${request.path}`, headers: { authorization: 'q-ak=x' } };
  return checkAnswer({ status, headers, body: Buffer.from(body) }, request, sent, START);
}

/** What is thrown over an answer. */
function refusalOf(given: Given, request?: CosRequest): unknown {
  try {
    check(given, request);
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('an answer', () => {
  test.each([200, 204, 299])('with status %d is a success', (status) => {
    expect(check({ status, body: 'it' })).toMatchObject({ status, body: Buffer.from('it') });
  });

  test.each([199, 300])('with status %d is an error', (status) => {
    expect(refusalOf({ status })).toMatchObject({ name: 'ServiceError', status, code: `http-${status}` });
  });

  test.each([
    ['at once', ERROR],
    ['with a namespace', ERROR.replace('<Error>', '<Error xmlns="https://example.com/x">')],
    ['behind a declaration', `\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n${ERROR}`],
    ['behind blanks and a comment', `\n\n<!-- made by hand -->\n${ERROR}`],
  ])('with status 200 is an error when its body is one: %s', (_how, body) => {
    expect(refusalOf({ body })).toMatchObject({ name: 'ServiceError', status: 200, code: 'SlowDown' });
  });

  test.each([
    ['has such an element inside', '<Response><Error>1</Error></Response>'],
    ['has another name', '<Errors/>'],
    ['is cut short', ERROR.slice(0, -1)],
  ])('with status 200 is left to its reader when its body %s', (_how, body) => {
    expect(check({ body }).body.toString()).toBe(body);
  });

  test('says no more in an error than it says: no code, no message', () => {
    expect(refusalOf({ status: 500, body: '<Error/>' })).toMatchObject({
      code: 'http-500',
      serviceCode: undefined,
      serviceMessage: undefined,
      requestId: undefined,
    });
  });

  test('is quoted as it is where it repeats no secret', () => {
    expect(refusalOf({ body: ERROR })).toMatchObject({ serviceMessage: 'undefined is busy' });
  });
});

describe('what an object holds', () => {
  const object = { headers: { etag: '"x"' }, body: ERROR };

  test('is never taken for an error', () => {
    expect(check(object, getObject).body.toString()).toBe(ERROR);
  });

  test.each<[what: string, given: Given, request: CosRequest]>([
    ['an answer without an ETag', { body: ERROR }, getObject],
    ['a listing', object, { ...getObject, path: '/' }],
    ['the answer to a PUT', object, { ...getObject, method: 'PUT' }],
    ['an answer of CI', object, describeJob],
    ['an answer with the status of an error', { ...object, status: 503 }, getObject],
  ])('is told from %s', (_what, given, request) => {
    expect(refusalOf(given, request)).toMatchObject({ name: 'ServiceError', code: 'SlowDown' });
  });
});

describe('the request ID', () => {
  test.each<[where: string, headers: Readonly<Record<string, string>>, requestId: string]>([
    ["CI's header", { 'x-ci-request-id': 'ci-1' }, 'ci-1'],
    ["COS's header", { 'x-cos-request-id': 'cos-1' }, 'cos-1'],
    ["CI's header before COS's", { 'x-cos-request-id': 'cos-1', 'x-ci-request-id': 'ci-1' }, 'ci-1'],
  ])('is that of %s', (_where, headers, requestId) => {
    expect(check({ headers })).toMatchObject({ requestId });
    expect(refusalOf({ headers, body: ERROR })).toMatchObject({ requestId });
  });

  test('is that of the body where the headers have none', () => {
    expect(refusalOf({ body: ERROR })).toMatchObject({ requestId: 'body-1' });
    expect(check({}).requestId).toBeUndefined();
  });
});

describe('an answer that is neither a success nor an error', () => {
  const headers = { 'x-cos-request-id': 'cos-1' };

  test.each(['PUT', 'DELETE'] as const)('is one with a body to a %s of an object', (method) => {
    const request = { ...getObject, method };
    expect(refusalOf({ headers, body: 'x' }, request)).toMatchObject({
      code: 'undecodable-answer',
      requestId: 'cos-1',
      message: expect.stringMatching(`${method} /a .*body`),
    });
    expect(check({ headers }, request).status).toBe(200);
  });

  test.each<CosRequest>([getObject, { ...describeJob, method: 'PUT' }, { ...describeJob, method: 'DELETE' }])(
    'is not one with a body to a $method of $family',
    (request) => {
      expect(check({ body: 'x' }, request).body.toString()).toBe('x');
    },
  );

  test('is one in an encoding that nobody asked for', () => {
    const encoded = { headers: { ...headers, 'content-encoding': 'br, gzip' } };
    expect(refusalOf(encoded, getObject)).toMatchObject({
      code: 'undecodable-answer',
      requestId: 'cos-1',
      message: expect.stringMatching('GET /a .*"br, gzip"'),
    });
    expect(check({ headers: { 'content-encoding': 'identity' }, body: 'x' }).body.toString()).toBe('x');
  });
});
