import { expect, test } from '@jest/globals';
import { DeadlineError } from '../../lib/cos/errors/deadline-error.js';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { deleteObject, getObject, putObject } from '../../lib/cos/objects.js';
import type { CosRequest, CosRequester } from '../../lib/cos/requester.js';
import type { DocjobError } from '../../lib/domain/docjob-error.js';
import { SOURCE } from '../support/pending-jobs.js';

function answering(error?: DocjobError): CosRequester & { readonly requests: CosRequest[] } {
  const requests: CosRequest[] = [];
  return {
    requests,
    send: (request, decode) => {
      requests.push(request);
      if (error !== undefined) return Promise.reject(error);
      return Promise.resolve(
        decode({ status: 200, headers: {}, body: Buffer.from('it'), requestId: undefined }),
      );
    },
  };
}

const refusal = (status: number, serviceCode: string): ServiceError =>
  new ServiceError({ asked: 'GET', status, serviceCode, disposition: 'configuration' });

test('an object is stored with the digest of its bytes', async () => {
  const requester = answering();
  await putObject(requester, SOURCE, 'a/b', Buffer.from('hello'), 'text/plain');
  expect(requester.requests).toEqual([
    {
      family: 'cos',
      ...SOURCE,
      method: 'PUT',
      path: '/a/b',
      // As any MD5 tool has it.
      headers: { 'content-type': 'text/plain', 'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==' },
      body: Buffer.from('hello'),
    },
  ]);
});

test('an object is read whole', async () => {
  const requester = answering();
  expect((await getObject(requester, SOURCE, 'a/b'))?.body.toString()).toBe('it');
  expect(requester.requests).toEqual([{ family: 'cos', ...SOURCE, method: 'GET', path: '/a/b' }]);
});

test('an object is removed', async () => {
  const requester = answering();
  await deleteObject(requester, SOURCE, 'a/b');
  expect(requester.requests).toEqual([{ family: 'cos', ...SOURCE, method: 'DELETE', path: '/a/b' }]);
});

test('an object that is not there is none, and as good as removed', async () => {
  const missing = answering(refusal(404, 'NoSuchKey'));
  expect(await getObject(missing, SOURCE, 'a')).toBeUndefined();
  await expect(deleteObject(missing, SOURCE, 'a')).resolves.toBeUndefined();
});

test.each([
  refusal(404, 'NoSuchBucket'),
  refusal(403, 'AccessDenied'),
  new ServiceError({ asked: 'GET', status: 404, disposition: 'job' }),
  new DeadlineError('GET'),
])('any other failure is one: $message', async (error) => {
  await expect(getObject(answering(error), SOURCE, 'a')).rejects.toBe(error);
  await expect(deleteObject(answering(error), SOURCE, 'a')).rejects.toBe(error);
});
