import { describe, expect, jest, test } from '@jest/globals';
import COS from 'cos-nodejs-sdk-v5';
import { BEIJING, DOCS, TestCloud } from './clouds.js';
import { createBody } from './documents.js';

const PLACE = { Bucket: DOCS, Region: BEIJING };

/** The official SDK with the cloud as its HTTP proxy, so that it sends absolute-form targets and signs by the real clock. */
async function withSdk(): Promise<{ readonly cloud: TestCloud; readonly cos: COS }> {
  const cloud = await TestCloud.start({ now: Date.now });
  const { secretId, secretKey } = cloud.cloud.credentials.longLived;
  const cos = new COS({
    SecretId: secretId,
    SecretKey: secretKey,
    Protocol: 'http:',
    Proxy: cloud.cloud.origin,
  });
  return { cloud, cos };
}

describe('the official Node SDK', () => {
  test('puts, reads, lists and deletes objects', async () => {
    const { cos } = await withSdk();
    const object = { ...PLACE, Key: 'manifests/a b/报告 (1).json' };
    const put = await cos.putObject({ ...object, Body: '{"a":1}', ContentType: 'application/json' });
    const head = await cos.headObject(object);
    const got = await cos.getObject(object);
    const list = await cos.getBucket({ ...PLACE, Prefix: 'manifests/' });

    expect(put).toMatchObject({ statusCode: 200, ETag: '"bb6cb5c68df4652941caf652a366f2d8"' });
    expect(head.headers).toMatchObject({
      'content-length': '7',
      'content-type': 'application/json',
      etag: put.ETag,
    });
    expect(got.Body.toString()).toBe('{"a":1}');
    expect(list.Contents.map(({ Key, Size }) => [Key, Size])).toEqual([[object.Key, '7']]);
    expect(await cos.deleteObject(object)).toMatchObject({ statusCode: 204 });
    await expect(cos.getObject(object)).rejects.toMatchObject({ statusCode: 404, code: 'NoSuchKey' });
  });

  test('submits a document job and follows it', async () => {
    const { cloud, cos } = await withSdk();
    await cloud.cloud.control.putObject(DOCS, 'a.docx', Buffer.from('document'), { pages: 2, durationMs: 0 });
    const ciRequest = {
      ...PLACE,
      Key: 'doc_jobs',
      Url: `http://${DOCS}.ci.${BEIJING}.myqcloud.com/doc_jobs`,
    };
    const created: unknown = await cos.request({
      ...ciRequest,
      Method: 'POST',
      ContentType: 'application/xml',
      Body: createBody('a.docx'),
    });
    const [job] = cloud.cloud.control.jobs();
    const jobId = job?.jobId ?? '';
    expect(created).toMatchObject({
      statusCode: 200,
      Response: { JobsDetail: { JobId: jobId, State: 'Submitted' } },
    });

    const described: unknown = await cos.request({
      ...PLACE,
      Method: 'GET',
      Key: `doc_jobs/${jobId}`,
      Url: `${ciRequest.Url}/${jobId}`,
    });
    expect(described).toMatchObject({
      Response: {
        JobsDetail: {
          State: 'Success',
          Operation: { DocProcessResult: { PageInfo: [{ PageNo: '1' }, { PageNo: '2' }] } },
        },
      },
    });
  });

  test('works with a temporary key on both families', async () => {
    const { cloud } = await withSdk();
    const {
      secretId: SecretId,
      secretKey: SecretKey,
      token: SecurityToken,
    } = cloud.cloud.credentials.issueTemporary();
    const cos = new COS({ SecretId, SecretKey, SecurityToken, Protocol: 'http:', Proxy: cloud.cloud.origin });
    const Url = `http://${DOCS}.ci.${BEIJING}.myqcloud.com/doc_jobs/d1`;

    expect(await cos.putObject({ ...PLACE, Key: 'a', Body: 'a' })).toMatchObject({ statusCode: 200 });
    expect(await cos.request({ ...PLACE, Method: 'GET', Key: 'doc_jobs/d1', Url })).toMatchObject({
      statusCode: 200,
    });
  });

  test('is told what is wrong with its key in words that it understands', async () => {
    const { cloud } = await withSdk();
    const { secretId: SecretId } = cloud.cloud.credentials.longLived;
    const cos = new COS({ SecretId, SecretKey: 'wrong', Protocol: 'http:', Proxy: cloud.cloud.origin });

    await expect(cos.headBucket(PLACE)).rejects.toMatchObject({ statusCode: 403 });
    await expect(cos.getBucket(PLACE)).rejects.toMatchObject({
      statusCode: 403,
      code: 'SignatureDoesNotMatch',
    });
  });

  test('corrects its clock by the cloud’s', async () => {
    const { cloud, cos } = await withSdk();
    cloud.cloud.control.skewClock(-3_600_000);
    // It tells the console.
    const told = jest.spyOn(console, 'error').mockImplementation(() => undefined);

    expect(await cos.getBucket(PLACE)).toMatchObject({ statusCode: 200 });
    const codes = cloud.cloud.control.statistics
      .requests({ operation: 'GetBucket' })
      .map(({ status }) => status);
    expect(codes).toEqual([403, 200]);
    expect(told).toHaveBeenCalledTimes(1);
    told.mockRestore();
  });

  test('reads a presigned URL of its own making', async () => {
    const { cloud, cos } = await withSdk();
    await cos.putObject({ ...PLACE, Key: '报告.txt', Body: 'text' });
    const url = new URL(cos.getObjectUrl({ ...PLACE, Key: '报告.txt', Sign: true }));
    const target = `${url.pathname}${url.search}`;
    const got = await cloud.send({ method: 'GET', target, headers: { host: url.host }, body: undefined });

    expect([got.status, got.text]).toEqual([200, 'text']);
  });
});
