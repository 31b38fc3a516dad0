import { describe, expect, test } from '@jest/globals';
import { startCloud } from '../../local/cloud.js';
import { aBucket } from '../support/pending-jobs.js';
import { BEIJING, DOCS, PAGES, SHANGHAI, temporaryFolder, TestCloud } from './clouds.js';
import { submit } from './documents.js';

describe('the embedded cloud', () => {
  test('has its SQS on the same port', async () => {
    const { cloud } = await TestCloud.start();
    const url = cloud.sqs.createQueue('pending');
    const headers = { 'x-amz-target': 'AmazonSQS.ListQueues', 'content-type': 'application/x-amz-json-1.0' };
    const unsigned = await fetch(url, { method: 'POST', headers, body: '{}' });

    expect(new URL(url).origin).toBe(cloud.origin);
    // Answered in SQS's own form, and refused: nobody signed it.
    expect([unsigned.ok, await unsigned.json()]).toEqual([
      false,
      expect.objectContaining({ __type: expect.any(String) }),
    ]);
    expect(cloud.control.statistics.counts).toEqual({});
  });

  test('closes in the middle of writing, and leaves nothing running', async () => {
    const cloud = await TestCloud.start();
    const { control } = cloud.cloud;
    await submit(cloud, { pages: 5_000, durationMs: 0 });
    expect(control.jobs()).toMatchObject([{ state: 'Success' }]);
    await cloud.cloud.close();

    const reopened = await startCloud({ root: cloud.root });
    const written = await reopened.control.listKeys(PAGES);
    await reopened.close();
    expect(written.length).toBeLessThan(5_000);
  });

  test('can be closed twice', async () => {
    const { cloud } = await TestCloud.start();
    await cloud.close();

    await expect(cloud.close()).resolves.toBeUndefined();
  });

  test('does not start on a port that is taken', async () => {
    const { cloud } = await TestCloud.start();
    const port = Number(new URL(cloud.origin).port);

    await expect(startCloud({ root: await temporaryFolder(), port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  test('keeps its buckets, their regions and whether they are shared', async () => {
    const first = await TestCloud.start();
    const shared = aBucket('open-1999999999');
    await first.cloud.control.createBucket(shared, BEIJING, { shared: true });
    await first.cloud.close();
    const second = await TestCloud.start({ root: first.root });

    expect(second.cloud.control.buckets).toContainEqual({ name: shared, region: BEIJING });
    expect((await second.ask({ path: '/', host: `${shared}.cos.${BEIJING}.myqcloud.com` })).status).toBe(200);
  });

  test('has one bucket of a name', async () => {
    const { control } = (await TestCloud.start()).cloud;

    await expect(control.createBucket(DOCS, BEIJING)).resolves.toBeUndefined();
    await expect(control.createBucket(DOCS, SHANGHAI)).rejects.toThrow('already, in ap-beijing');
    await expect(control.putObject(aBucket('none-1250000000'), 'a', Buffer.from(''))).rejects.toThrow(
      'has no bucket',
    );
  });
});
