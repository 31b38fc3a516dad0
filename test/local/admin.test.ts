import { describe, expect, test } from '@jest/globals';
import { DOCS, elements, START, TestCloud } from './clouds.js';
import { withJob } from './documents.js';

describe('the administration over HTTP', () => {
  const ask = async (cloud: TestCloud, method: string, path: string, body?: unknown) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${cloud.cloud.origin}${path}`, init);
    return [response.status, await response.json()] as const;
  };

  test('says that the cloud is well, and what it was asked', async () => {
    const { cloud, path } = await withJob();
    await cloud.ask({ family: 'ci', path });
    await cloud.ask({ method: 'HEAD', path: '/none' });

    expect(await ask(cloud, 'GET', '/_cloud/health')).toEqual([200, { ok: true }]);
    expect(await ask(cloud, 'GET', '/_cloud/requests')).toEqual([
      200,
      { cos: { HeadObject: 1 }, ci: { CreateDocProcessJobs: 1, DescribeDocProcessJob: 1 } },
    ]);
  });

  test('puts faults into force and takes them back', async () => {
    const cloud = await TestCloud.start();
    const rules = [{ fault: { kind: 'status', status: 503 } }, { fault: { kind: 'latency', ms: 1 } }];

    expect(await ask(cloud, 'POST', '/_cloud/faults', rules)).toEqual([201, { added: 2 }]);
    expect((await cloud.ask({ path: '/' })).status).toBe(503);
    expect((await ask(cloud, 'DELETE', '/_cloud/faults'))[0]).toBe(200);
    expect((await cloud.ask({ path: '/' })).status).toBe(200);
  });

  test('makes buckets', async () => {
    const cloud = await TestCloud.start();
    const put = (path: string) => ask(cloud, 'PUT', `/_cloud/buckets/${path}`);

    expect(await put('new-1250000000?region=ap-chengdu')).toEqual([
      200,
      { bucket: 'new-1250000000', region: 'ap-chengdu' },
    ]);
    const host = 'new-1250000000.cos.ap-chengdu.myqcloud.com';
    expect((await cloud.ask({ path: '/', host })).status).toBe(200);
    expect((await put('new-1250000000?region=ap-tokyo'))[0]).toBe(400);
    expect((await put('new?region=ap-tokyo'))[0]).toBe(400);
    expect((await put('other-1250000000'))[0]).toBe(400);
  });

  test('knows nothing else, and other hosts not at all', async () => {
    const cloud = await TestCloud.start();
    const elsewhere = {
      method: 'GET',
      target: '/_cloud/health',
      headers: { host: 'example.com' },
      body: undefined,
    };

    expect((await ask(cloud, 'GET', '/_cloud/secrets'))[0]).toBe(404);
    expect((await cloud.send(elsewhere)).status).toBe(404);
    expect((await cloud.send({ ...elsewhere, target: '/%zz' })).status).toBe(400);
  });
});

describe('statistics', () => {
  test('count the calls for each job, and log each request with its answer', async () => {
    const { cloud, jobId, path } = await withJob();
    const { statistics } = cloud.cloud.control;
    await cloud.ask({ family: 'ci', path });
    await cloud.ask({ family: 'ci', path });
    await cloud.ask({ path: '/none.json' });

    expect(statistics.callsFor(jobId)).toBe(2);
    expect(statistics.requests({ family: 'cos' })).toEqual([
      { at: START, family: 'cos', operation: 'GetObject', bucket: DOCS, subject: 'none.json', status: 404 },
    ]);
    expect(statistics.peakInFlight).toBe(1);
    statistics.reset();
    expect([statistics.counts, statistics.requests()]).toEqual([{}, []]);
  });

  test('know when each job was created and ended', async () => {
    const { cloud, jobId } = await withJob();
    const times = { createdAt: START, startedAt: START, endedAt: START };

    expect(cloud.cloud.control.jobs()).toEqual([
      { jobId, bucket: DOCS, object: 'in/a.docx', state: 'Success', ...times },
    ]);
  });

  test('know the most requests that were under way at a time', async () => {
    const cloud = await TestCloud.start();
    cloud.cloud.control.faults.add({ fault: { kind: 'latency', ms: 20 } });
    const answers = await Promise.all(Array.from({ length: 5 }, () => cloud.ask({ path: '/' })));

    expect(elements(answers.map(({ text }) => text).join(''), 'Name')).toHaveLength(5);
    expect(cloud.cloud.control.statistics.peakInFlight).toBeGreaterThan(1);
  });
});
