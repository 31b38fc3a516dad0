import { describe, expect, test } from '@jest/globals';
import { BEIJING, DOCS, element, elements, PAGES, SHANGHAI, TestCloud } from './clouds.js';
import { submit, submitted } from './documents.js';

const SECOND = 1_000;

describe('a list of jobs', () => {
  /** Five jobs a second apart: two have ended, one runs, two wait. */
  const fiveJobs = async (): Promise<{ readonly cloud: TestCloud; readonly ids: readonly string[] }> => {
    const cloud = await TestCloud.start({ maxConcurrentJobs: 1 });
    const ids: string[] = [];
    for (const script of [
      { durationMs: 500 },
      { durationMs: 1_500, ends: 'Failed' },
      { ends: 'never' },
      {},
      {},
    ] as const) {
      ids.push(await submitted(cloud, script));
      cloud.nowMs += SECOND;
    }
    return { cloud, ids };
  };
  const list = async (cloud: TestCloud, query: Readonly<Record<string, string>> = {}) => {
    const queueId = cloud.cloud.control.queueIdOf(DOCS);
    const { status, text } = await cloud.ask({
      family: 'ci',
      path: '/doc_jobs',
      query: { queueId, tag: 'DocProcess', ...query },
    });
    return {
      status,
      ids: elements(text, 'JobId'),
      states: elements(text, 'State'),
      next: element(text, 'NextToken'),
      text,
    };
  };

  test('has the newest first, or the oldest', async () => {
    const { cloud, ids } = await fiveJobs();

    expect(await list(cloud)).toMatchObject({
      status: 200,
      ids: ids.toReversed(),
      states: ['Submitted', 'Submitted', 'Running', 'Failed', 'Success'],
      next: undefined,
    });
    for (const orderByTime of ['Asc', 'asc']) expect((await list(cloud, { orderByTime })).ids).toEqual(ids);
  });

  test('can be asked for by state', async () => {
    const { cloud, ids } = await fiveJobs();

    expect((await list(cloud, { states: 'Success,Failed' })).ids).toEqual([ids[1], ids[0]]);
    expect((await list(cloud, { states: 'All,Running' })).ids).toHaveLength(5);
  });

  test('can be asked for by creation time, both ends included or not', async () => {
    const { cloud, ids } = await fiveJobs();
    const window = {
      startCreationTime: '2026-01-01T08:00:01+0800',
      endCreationTime: '2026-01-01T00:00:03+0000',
    };

    expect((await list(cloud, window)).ids).toEqual([ids[3], ids[2], ids[1]]);
    cloud.cloud.control.behaviour.listBounds = 'open';
    expect((await list(cloud, window)).ids).toEqual([ids[2]]);
  });

  test('comes in pages, each job once, even while new ones arrive', async () => {
    const { cloud, ids } = await fiveJobs();
    const seen: string[] = [];
    let nextToken: string | undefined = '';
    while (nextToken !== undefined) {
      const page = await list(cloud, { size: '2', nextToken });
      seen.push(...page.ids);
      nextToken = page.next;
      await submit(cloud);
    }

    expect(seen).toEqual(ids.toReversed());
  });

  test('has ten entries unless asked for more', async () => {
    const cloud = await TestCloud.start();
    for (let job = 0; job < 12; job += 1) await submit(cloud);

    expect((await list(cloud)).ids).toHaveLength(10);
    expect((await list(cloud, { size: '100' })).ids).toHaveLength(12);
  });

  test('can lag behind', async () => {
    const { cloud, ids } = await fiveJobs();
    cloud.cloud.control.behaviour.listLagMs = 3_000;

    expect(await list(cloud)).toMatchObject({
      ids: [ids[2], ids[1], ids[0]],
      states: ['Submitted', 'Running', 'Success'],
    });
  });

  test('can leave jobs out, repeat them on the next page, and lack their results', async () => {
    const { cloud, ids } = await fiveJobs();
    const { behaviour } = cloud.cloud.control;

    behaviour.listSkipsEvery = 2;
    const some = (await list(cloud)).ids;
    expect([2, 3]).toContain(some.length);
    expect((await list(cloud)).ids).toEqual(some);

    behaviour.listSkipsEvery = 0;
    behaviour.listRepeats = true;
    const first = await list(cloud, { size: '2' });
    expect((await list(cloud, { size: '2', nextToken: first.next ?? '' })).ids[0]).toBe(first.ids[1]);

    expect((await list(cloud)).text).toContain('<DocProcessResult>');
    behaviour.listLacksResults = true;
    expect((await list(cloud)).text).not.toContain('<DocProcessResult>');
    expect((await list(cloud)).ids).toEqual(ids.toReversed());
  });

  test('can be asked for without a queue’s ID, as newer pages of the document have it', async () => {
    const { cloud, ids } = await fiveJobs();
    cloud.cloud.control.behaviour.listNeedsQueueId = false;

    expect((await list(cloud, { queueId: '' })).ids).toEqual(ids.toReversed());
  });

  test.each([
    { tag: '' },
    { tag: 'Transcode' },
    { queueId: '' },
    { queueId: 'p1' },
    { size: '101' },
    { size: '0' },
    { states: 'Success,Exploded' },
    { orderByTime: 'Random' },
    { nextToken: 'abc' },
    { startCreationTime: '2026-01-01T00:00:00Z' },
  ])('is refused for %j', async (query) => {
    const cloud = await TestCloud.start();

    expect((await list(cloud, { ...query })).status).toBe(400);
  });
});

describe('the list of buckets', () => {
  test('has those of the account, by region and name, from CI’s regional host', async () => {
    const cloud = await TestCloud.start();
    const names = async (query: Readonly<Record<string, string>>) =>
      elements(
        (await cloud.ask({ path: '/docbucket', host: `ci.${BEIJING}.myqcloud.com`, query })).text,
        'BucketId',
      );

    expect(await names({})).toEqual([DOCS, PAGES]);
    expect(await names({ regions: SHANGHAI })).toEqual([PAGES]);
    expect(await names({ bucketNames: DOCS })).toEqual([DOCS]);
    expect(await names({ bucketName: 'pa' })).toEqual([PAGES]);
    expect(await names({ pageSize: '1', pageNumber: '2' })).toEqual([PAGES]);
  });
});
