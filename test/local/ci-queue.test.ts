import { describe, expect, test } from '@jest/globals';
import { BEIJING, DOCS, element, elements, PAGES, TestCloud, type Received } from './clouds.js';
import { refusal, submit, submitted } from './documents.js';

const SECOND = 1_000;

const states = (cloud: TestCloud): readonly string[] => cloud.cloud.control.jobs().map(({ state }) => state);

const setQueue = (
  cloud: TestCloud,
  state: string,
  id = cloud.cloud.control.queueIdOf(DOCS),
): Promise<Received> =>
  cloud.ask({
    family: 'ci',
    method: 'PUT',
    path: `/docqueue/${id}`,
    body: `<Request><Name>mine</Name><State>${state}</State></Request>`,
  });

describe('a queue', () => {
  test('runs so many jobs at a time, the others in the order in which they came', async () => {
    const cloud = await TestCloud.start({ maxConcurrentJobs: 2 });
    for (const durationMs of [3_000, 1_000, 1_000, 1_000]) await submit(cloud, { durationMs });
    expect(states(cloud)).toEqual(['Running', 'Running', 'Submitted', 'Submitted']);

    cloud.nowMs += SECOND;
    expect(states(cloud)).toEqual(['Running', 'Success', 'Running', 'Submitted']);
    cloud.nowMs += SECOND;
    expect(states(cloud)).toEqual(['Running', 'Success', 'Success', 'Running']);
    cloud.nowMs += SECOND;
    expect(states(cloud)).toEqual(['Success', 'Success', 'Success', 'Success']);
  });

  test('comes to the same whether somebody looks all the time or only at the end', async () => {
    const run = async (
      steps: number,
    ): Promise<readonly (readonly [number | undefined, number | undefined])[]> => {
      const cloud = await TestCloud.start({ maxConcurrentJobs: 3 });
      for (const seconds of [5, 1, 4, 2, 2, 3, 1, 1]) await submit(cloud, { durationMs: seconds * SECOND });
      for (let step = 0; step < steps; step += 1) {
        cloud.nowMs += (20 * SECOND) / steps;
        cloud.cloud.control.jobs();
      }
      return cloud.cloud.control.jobs().map(({ startedAt, endedAt }) => [startedAt, endedAt]);
    };

    expect(await run(1)).toEqual(await run(40));
  });

  test('takes ten at a time by default', async () => {
    const cloud = await TestCloud.start();
    for (let job = 0; job < 12; job += 1) await submit(cloud);

    expect(states(cloud).filter((state) => state === 'Running')).toHaveLength(10);
  });

  test('is full at its size, and says so', async () => {
    const cloud = await TestCloud.start({ maxConcurrentJobs: 1, maxQueuedJobs: 1 });
    await submit(cloud);
    await submit(cloud);
    const { status, text } = await submit(cloud);

    expect([status, element(text, 'Code')]).toEqual([403, 'QueueSaturated']);
  });

  test('can be paused and resumed: what runs goes on, what waits stands still', async () => {
    const cloud = await TestCloud.start({ maxConcurrentJobs: 1 });
    await submit(cloud, { durationMs: SECOND });
    await submit(cloud, { durationMs: SECOND });
    expect((await setQueue(cloud, 'Paused')).status).toBe(200);

    cloud.nowMs += 5 * SECOND;
    expect(states(cloud)).toEqual(['Success', 'Pause']);
    expect(element((await submit(cloud)).text, 'State')).toBe('Pause');
    cloud.cloud.control.behaviour.waitingInPausedQueue = 'Submitted';
    expect(states(cloud)).toEqual(['Success', 'Submitted', 'Submitted']);

    await setQueue(cloud, 'Active');
    expect(states(cloud)).toEqual(['Success', 'Running', 'Submitted']);
  });

  test('is not there where document processing is off, nor anything else of CI, nor the bucket among the others', async () => {
    const cloud = await TestCloud.start();
    const bound = async (): Promise<readonly string[]> =>
      elements(
        (await cloud.ask({ path: '/docbucket', host: `ci.${BEIJING}.myqcloud.com` })).text,
        'BucketId',
      );
    expect(await bound()).toEqual([DOCS, PAGES]);
    cloud.cloud.control.setDocProcessing(DOCS, false);
    expect(await bound()).toEqual([PAGES]);
    for (const path of ['/docqueue', '/doc_jobs/d1']) {
      expect(await refusal(cloud.ask({ family: 'ci', path }))).toEqual([403, 'MediaBucketUnBinded']);
    }
    cloud.cloud.control.setDocProcessing(DOCS, true);
    expect(await bound()).toEqual([DOCS, PAGES]);
  });

  test('is described as documented, and by ID', async () => {
    const cloud = await TestCloud.start();
    const id = cloud.cloud.control.queueIdOf(DOCS);
    const ask = async (query: Readonly<Record<string, string>>) =>
      (await cloud.ask({ family: 'ci', path: '/docqueue', query })).text;
    const all = await ask({ pageNumber: '1', pageSize: '2' });

    expect(id).toMatch(/^p[0-9a-f]{32}$/);
    expect(
      ['TotalCount', 'QueueId', 'Name', 'MaxSize', 'MaxConcurrent', 'BucketId'].map((name) =>
        element(all, name),
      ),
    ).toEqual(['1', id, 'queue-doc-process-1', '10000', '10', DOCS]);
    expect(await ask({ state: 'Paused' })).not.toContain('<QueueList>');
    const byId = await ask({ queueIds: `${id},p1` });
    expect([element(byId, 'QueueId'), element(byId, 'QueueID'), element(byId, 'TotalCount')]).toEqual([
      id,
      'p1',
      undefined,
    ]);
  });

  test.each([
    ['Broken', undefined, 'InvalidArgument'],
    ['Active', 'p1', 'QueueNotFound'],
  ])('refuses to become %s as %s', async (state, id, code) => {
    const cloud = await TestCloud.start();
    const { status, text } = await setQueue(cloud, state, id);

    expect([status, element(text, 'Code')]).toEqual([400, code]);
  });
});

describe('a cancellation', () => {
  const cancel = (cloud: TestCloud, jobId: string): Promise<Received> =>
    cloud.ask({ family: 'ci', method: 'PUT', path: `/doc_jobs/${jobId}`, query: { cancel: '' } });

  test('ends a job that waits, with an answer without a body', async () => {
    const cloud = await TestCloud.start({ maxConcurrentJobs: 1 });
    await submit(cloud);
    const waiting = await submitted(cloud);
    cloud.nowMs += 500;
    const { status, body } = await cancel(cloud, waiting);

    expect([status, body.length]).toEqual([200, 0]);
    cloud.nowMs += 5 * SECOND;
    expect(states(cloud)).toEqual(['Success', 'Cancel']);
    expect((await cloud.ask({ family: 'ci', path: `/doc_jobs/${waiting}` })).text).toContain(
      '<EndTime>2026-01-01T08:00:00+0800</EndTime>',
    );
  });

  test('is refused for a job that runs, has ended, or is not there', async () => {
    const cloud = await TestCloud.start();
    const running = await submitted(cloud);

    for (const jobId of [running, 'd1']) {
      const { status, text } = await cancel(cloud, jobId);
      expect([status, element(text, 'Code')]).toEqual([400, 'InvalidArgument']);
    }
    cloud.nowMs += SECOND;
    expect((await cancel(cloud, running)).text).toContain('The job provided can not be modified.');
  });
});
