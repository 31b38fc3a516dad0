import { describe, expect, test } from '@jest/globals';
import { element, PAGES, SHANGHAI, TestCloud } from './clouds.js';
import { withJob } from './documents.js';

describe('a rule', () => {
  const statuses = async (cloud: TestCloud, count: number): Promise<readonly number[]> => {
    const all: number[] = [];
    for (let n = 0; n < count; n += 1) all.push((await cloud.ask({ path: '/' })).status);
    return all;
  };

  test('strikes so many times and says how often it did', async () => {
    const cloud = await TestCloud.start();
    const rule = cloud.cloud.control.faults.add({ times: 2, fault: { kind: 'status', status: 503 } });

    expect(await statuses(cloud, 4)).toEqual([503, 503, 200, 200]);
    expect(rule.struck).toBe(2);
  });

  test('can be taken back', async () => {
    const cloud = await TestCloud.start();
    const rule = cloud.cloud.control.faults.add({ fault: { kind: 'status', status: 503 } });
    expect(await statuses(cloud, 1)).toEqual([503]);
    rule.remove();

    expect(await statuses(cloud, 1)).toEqual([200]);
  });

  test('strikes by chance, the same way for the same seed', async () => {
    const run = async (seed: number): Promise<readonly number[]> => {
      const cloud = await TestCloud.start({ seed });
      cloud.cloud.control.faults.add({ probability: 0.5, fault: { kind: 'status', status: 503 } });
      return statuses(cloud, 40);
    };
    const first = await run(1);

    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 503]));
  });

  test('is for those requests that it matches', async () => {
    const { cloud, path } = await withJob();
    const { faults } = cloud.cloud.control;
    const fault = { kind: 'status', status: 503 } as const;
    faults.add({ match: { family: 'cos', bucket: PAGES }, fault });
    faults.add({ match: { operation: 'DescribeDocProcessJob', pathPrefix: '/doc_jobs/d' }, fault });
    const status = async (asked: Parameters<TestCloud['ask']>[0]) => (await cloud.ask(asked)).status;

    expect(await status({ path: '/' })).toBe(200);
    expect(await status({ path: '/', host: `${PAGES}.cos.${SHANGHAI}.myqcloud.com` })).toBe(503);
    expect(await status({ family: 'ci', path })).toBe(503);
    expect(await status({ family: 'ci', path: '/docqueue' })).toBe(200);
  });

  test('can throttle: each host has a limit of its own, and what comes back with time', async () => {
    const { cloud, path } = await withJob();
    const rule = cloud.cloud.control.faults.add({ fault: { kind: 'throttle', perSecond: 2, burst: 3 } });
    const ofCi = async (count: number): Promise<readonly number[]> => {
      const all: number[] = [];
      for (let n = 0; n < count; n += 1) all.push((await cloud.ask({ family: 'ci', path })).status);
      return all;
    };

    expect(await ofCi(5)).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses(cloud, 4)).toEqual([200, 200, 200, 503]);
    expect((await cloud.ask({ path: '/', host: `${PAGES}.cos.${SHANGHAI}.myqcloud.com` })).status).toBe(200);
    cloud.nowMs += 1_400;
    expect(await ofCi(4)).toEqual([200, 200, 429, 429]);
    cloud.nowMs += 60_000;
    expect(await ofCi(4)).toEqual([200, 200, 200, 429]);
    expect(rule.struck).toBe(6);
  });

  test('that throttles refuses as the services do, with a Retry-After where it is told', async () => {
    const cloud = await TestCloud.start();
    const { faults } = cloud.cloud.control;
    faults.add({ fault: { kind: 'throttle', perSecond: 0.5, retryAfterSeconds: 2 } });
    const refused = async () => {
      await cloud.ask({ path: '/' });
      return cloud.ask({ path: '/' });
    };
    const answer = await refused();

    expect([answer.status, element(answer.text, 'Code'), answer.headers['retry-after']]).toEqual([
      503,
      'SlowDown',
      '2',
    ]);
    faults.clear();
    faults.add({ fault: { kind: 'throttle', perSecond: 0.5 } });
    expect((await refused()).headers['retry-after']).toBeUndefined();
  });

  test('that throttles counts only what no other fault strikes', async () => {
    const cloud = await TestCloud.start();
    const { faults } = cloud.cloud.control;
    faults.add({ times: 2, fault: { kind: 'status', status: 500 } });
    faults.add({ fault: { kind: 'throttle', perSecond: 1 } });

    expect(await statuses(cloud, 4)).toEqual([500, 500, 200, 503]);
  });

  test.each([
    { fault: { kind: 'nonsense' } },
    { fault: { kind: 'throttle', perSecond: 0 } },
    { fault: { kind: 'throttle', perSecond: 5, burst: 0 } },
    { fault: { kind: 'status', status: 200 } },
    { fault: { kind: 'hang', when: 'before' }, times: 0 },
    { fault: { kind: 'html-body' }, match: { operation: 'Nonsense' } },
    { fault: { kind: 'html-body' }, often: true },
  ])('is refused when it makes no sense: %j', async (rule) => {
    const cloud = await TestCloud.start();
    const { status } = await cloud.send({
      method: 'POST',
      target: '/_cloud/faults',
      headers: { host: '127.0.0.1' },
      body: Buffer.from(JSON.stringify(rule)),
    });

    expect(status).toBe(400);
    expect((await cloud.ask({ path: '/' })).status).toBe(200);
  });
});
