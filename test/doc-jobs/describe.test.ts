import { describe, expect, test } from '@jest/globals';
import { ServiceError, type ServiceErrorDetails } from '../../lib/cos/errors/service-error.js';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import type { CosRequester } from '../../lib/cos/requester.js';
import { describeDocJob } from '../../lib/doc-jobs/describe.js';
import { answer, fixture, JOB_ID } from './answers.js';
import { answering, refusing, SOURCE } from './requesters.js';

const refused = (details: Partial<ServiceErrorDetails>) =>
  new ServiceError({
    asked: 'GET /doc_jobs/x',
    status: 404,
    disposition: 'job',
    requestId: 'request-9',
    ...details,
  });

describe('describeDocJob', () => {
  test('asks the CI host of the source bucket once, with nothing but the job ID in the path', async () => {
    const requester = answering(answer(fixture('excel.xml')));
    await describeDocJob(requester, SOURCE, JOB_ID);
    expect(requester.requests).toEqual([
      { family: 'ci', method: 'GET', path: `/doc_jobs/${JOB_ID}`, ...SOURCE },
    ]);
  });

  test('returns the job', async () => {
    const found = await describeDocJob(answering(answer(fixture('excel.xml'))), SOURCE, JOB_ID);
    expect(found).toMatchObject({ kind: 'found', requestId: 'request-7', job: { state: 'Success' } });
  });

  test('a job that NonExistJobIds names is missing', async () => {
    const missing = await describeDocJob(answering(answer(fixture('missing.xml'))), SOURCE, JOB_ID);
    expect(missing).toEqual({ kind: 'missing', jobId: JOB_ID, requestId: 'request-7' });
  });

  test.each([undefined, 'NoSuchKey', 'AuditingJobNotFound'])(
    'a job answered with 404 %s is missing just the same',
    async (serviceCode) => {
      const missing = await describeDocJob(refusing(refused({ serviceCode })), SOURCE, JOB_ID);
      expect(missing).toEqual({ kind: 'missing', jobId: JOB_ID, requestId: 'request-9' });
    },
  );

  test('a 404 with a code but no request ID is CI’s word too', async () => {
    const error = refused({ serviceCode: 'NoSuchKey', requestId: undefined });
    expect(await describeDocJob(refusing(error), SOURCE, JOB_ID)).toEqual({
      kind: 'missing',
      jobId: JOB_ID,
      requestId: undefined,
    });
  });

  test.each<[what: string, error: Error]>([
    ['a 404 about the bucket', refused({ serviceCode: 'NoSuchBucket', disposition: 'configuration' })],
    [
      'a 400 ResourceNotFound, which may be about the queue',
      refused({ status: 400, serviceCode: 'ResourceNotFound' }),
    ],
    ['a 404 that CI did not say, of a proxy in between', refused({ requestId: undefined })],
    ['a 403', refused({ status: 403, serviceCode: 'AccessDenied', disposition: 'configuration' })],
    ['a 503', refused({ status: 503, disposition: 'transient' })],
    ['a 404 that is not about the job', refused({ disposition: 'transient' })],
    ['an error of another kind', new TypeError('not ours')],
    [
      'an error of another kind, whatever it holds',
      Object.assign(new TypeError('not ours'), { status: 404, disposition: 'job', requestId: 'r' }),
    ],
  ])('%s is thrown on as it is', async (_what, error) => {
    await expect(describeDocJob(refusing(error), SOURCE, JOB_ID)).rejects.toBe(error);
  });

  test('an answer is decoded inside the attempt, where a broken one can be asked for again', async () => {
    const attempts: unknown[] = [];
    const requester: CosRequester = {
      send: async (_request, decode) => {
        for (const body of ['<Response>', fixture('excel.xml')]) {
          try {
            return await Promise.resolve(decode(answer(body)));
          } catch (error) {
            attempts.push(error);
          }
        }
        throw new Error('no attempt is left');
      },
    };
    await expect(describeDocJob(requester, SOURCE, JOB_ID)).resolves.toMatchObject({ kind: 'found' });
    expect(attempts).toEqual([expect.any(UndecodableError)]);
  });
});
