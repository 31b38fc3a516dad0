import { describe, expect, test } from '@jest/globals';
import { DeadlineError } from '../../lib/cos/errors/deadline-error.js';
import { makeJob, type Document } from '../../lib/submit/make-job.js';
import { after, before, seconds } from '../../lib/domain/units.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START, VirtualClock } from '../support/virtual-clock.js';
import { CREATION_TIME, FakeCi, jobsDetail, serviceError } from './fake-ci.js';

const documentOf = (changes: Partial<Document> = {}, userData = 'docjob:call:1'): Document => ({
  source: SOURCE,
  job: { object: 'a.docx', output: { ...SOURCE, object: 'out/${Number}.jpg' }, queueId: 'p1', userData },
  isOurUserData: userData.startsWith('docjob:'),
  ...changes,
});

function make(ci: FakeCi, document: Document, clock = new VirtualClock()) {
  return makeJob(document, {
    requester: ci,
    clock,
    serviceNow: () => clock.now(),
    workUntil: after(START, seconds(60)),
  });
}

describe('the job of a document', () => {
  test('is made with one request', async () => {
    const ci = new FakeCi();
    await expect(make(ci, documentOf())).resolves.toEqual({
      jobId: 'd1',
      createdAt: START,
      queueId: 'p1',
      existing: false,
    });
    expect(ci.asked).toEqual(['POST']);
  });

  test.each(['job', 'configuration', 'credentials', 'throttled', 'skewed'] as const)(
    'is not made again when the service refused it (%s)',
    async (disposition) => {
      const ci = new FakeCi();
      const error = serviceError(400, disposition);
      ci.creates = [error];
      await expect(make(ci, documentOf())).rejects.toBe(error);
      expect(ci.asked).toEqual(['POST']);
    },
  );

  test('is not looked up when nothing was sent', async () => {
    const ci = new FakeCi();
    ci.creates = [new DeadlineError('POST')];
    await expect(make(ci, documentOf())).rejects.toThrow(DeadlineError);
    expect(ci.asked).toEqual(['POST']);
  });
});

describe('a create whose answer was lost', () => {
  test('is found by its UserData, and not sent again', async () => {
    const ci = new FakeCi();
    ci.creates = ['lost'];
    await expect(make(ci, documentOf())).resolves.toMatchObject({ jobId: 'd1', existing: true });
    expect(ci.asked).toEqual(['POST', 'GET']);
    expect(ci.requests[1]?.query).toEqual({
      tag: 'DocProcess',
      queueId: 'p1',
      orderByTime: 'Asc',
      size: '100',
      startCreationTime: '2026-01-01T07:59:29+0800',
      endCreationTime: '2026-01-01T08:00:32+0800',
    });
  });

  test('is found in a list that lags', async () => {
    const ci = new FakeCi();
    ci.creates = ['lost'];
    const { page } = ci;
    let asked = 0;
    ci.page = (query) => ((asked += 1) === 1 ? '' : page(query));
    await expect(make(ci, documentOf())).resolves.toMatchObject({ jobId: 'd1' });
    expect(ci.jobs).toHaveLength(1);
  });

  test.each(['never-made' as const, serviceError(500, 'transient')])(
    'is sent once more when the list has no such job',
    async (how) => {
      const ci = new FakeCi();
      ci.creates = [how];
      const clock = new VirtualClock();
      await expect(make(ci, documentOf(), clock)).resolves.toMatchObject({ jobId: 'd1', existing: false });
      expect(ci.asked).toEqual(['POST', 'GET', 'GET', 'POST']);
      expect(clock.sleeps).toEqual([1_000, 4_000]);
    },
  );

  test('is not sent a third time', async () => {
    const ci = new FakeCi();
    ci.creates = ['never-made', 'never-made', 'answered'];
    await expect(make(ci, documentOf())).rejects.toMatchObject({
      code: 'create-unknown',
      message: expect.stringContaining('Look for the UserData docjob:call:1 in the list of jobs'),
    });
    expect(ci.asked).toEqual(['POST', 'GET', 'GET', 'POST', 'GET', 'GET']);
  });

  test('is not sent again when the list cannot be read', async () => {
    const ci = new FakeCi();
    ci.creates = ['lost'];
    ci.page = () => {
      throw serviceError(403, 'configuration');
    };
    await expect(make(ci, documentOf())).rejects.toMatchObject({ code: 'create-unknown' });
    expect(ci.asked).toEqual(['POST', 'GET']);
  });
});

describe('a create with the caller’s own UserData whose answer was lost', () => {
  const document = documentOf({}, 'batch 7');

  test('is found, if it is the only one of that document since', async () => {
    const ci = new FakeCi();
    ci.creates = ['lost'];
    ci.jobs.push({ jobId: 'd0', userData: 'batch 7', object: 'b.docx', creationTime: CREATION_TIME });
    await expect(make(ci, document)).resolves.toMatchObject({ jobId: 'd2', existing: true });
  });

  test.each([
    ['there are two', CREATION_TIME, 'lost'],
    ['the only one is an earlier one', '2026-01-01T07:59:45+0800', 'never-made'],
  ] as const)('is not guessed when %s', async (_, creationTime, how) => {
    const ci = new FakeCi();
    ci.creates = [how];
    ci.jobs.push({ jobId: 'd0', userData: 'batch 7', object: 'a.docx', creationTime });
    await expect(make(ci, document)).rejects.toMatchObject({
      code: 'create-ambiguous',
      message: expect.stringMatching(/the jobs? d0.* userData/),
    });
    expect(ci.asked).toEqual(['POST', 'GET']);
  });
});

describe('the job of an event', () => {
  const eventAt = before(START, seconds(600));
  const document = documentOf({ eventAt }, 'docjob:event:1');

  test('is looked up since the event, and made when it is not there', async () => {
    const ci = new FakeCi();
    await expect(make(ci, document)).resolves.toMatchObject({ jobId: 'd1', existing: false });
    expect(ci.asked).toEqual(['GET', 'POST']);
    expect(ci.requests[0]?.query).toMatchObject({ startCreationTime: '2026-01-01T07:49:29+0800' });
  });

  test('is not made a second time', async () => {
    const ci = new FakeCi();
    await make(ci, document);
    await expect(make(ci, document)).resolves.toMatchObject({ jobId: 'd1', existing: true });
    expect(ci.jobs).toHaveLength(1);
  });

  test('is not made a second time, even should the list leave out what users said about their jobs', async () => {
    const ci = new FakeCi();
    ci.page = () => ci.jobs.map((job) => jobsDetail({ ...job, userData: '' })).join('');
    ci.jobs.push({
      jobId: 'd0',
      userData: '',
      object: 'a.docx',
      output: 'elsewhere/${Number}',
      creationTime: CREATION_TIME,
    });
    await make(ci, document);
    await expect(make(ci, document)).resolves.toMatchObject({ jobId: 'd2', existing: true });
  });

  test('is not made when it cannot be looked up', async () => {
    const ci = new FakeCi();
    ci.page = () => '<JobsDetail><State>Submitted</State></JobsDetail>';
    await expect(make(ci, document)).rejects.toMatchObject({
      code: 'look-up-failed',
      disposition: 'transient',
    });
    expect(ci.asked).toEqual(['GET']);
  });
});
