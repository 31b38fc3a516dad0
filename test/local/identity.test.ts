import { describe, expect, test } from '@jest/globals';
import { aBucket } from '../support/pending-jobs.js';
import { BEIJING, element, START, TestCloud } from './clouds.js';

const SECONDS = START / 1_000;
const JOB = '/doc_jobs/d13cfd584cd9011ea820b597ad1785a2f';

/** What each family says; `shape` is where COS puts the name. */
const codeOf = async (cloud: TestCloud, family: 'cos' | 'ci', change: Parameters<TestCloud['ask']>[0]) => {
  const { status, text } = await cloud.ask({ ...change, family });
  return [status, element(text, 'Code'), element(text, 'Message')];
};

describe('identity and time', () => {
  test('no authorization is anonymous in COS and missing in CI', async () => {
    const cloud = await TestCloud.start();
    const bare = async (family: 'cos' | 'ci') => {
      const { host = '' } = cloud.wire({ path: JOB, family }).headers;
      const { status, text } = await cloud.send({
        method: 'GET',
        target: JOB,
        headers: { host },
        body: undefined,
      });
      return [status, element(text, 'Code')];
    };

    expect(await bare('cos')).toEqual([403, 'AccessDenied']);
    expect(await bare('ci')).toEqual([401, 'MissingAuthorization']);
  });

  test('an unknown secret ID is named as each family does', async () => {
    const cloud = await TestCloud.start();
    const key = { secretId: 'AKIDunknown', secretKey: 'x' };

    expect((await codeOf(cloud, 'cos', { path: '/', key })).slice(0, 2)).toEqual([403, 'InvalidAccessKeyId']);
    expect((await codeOf(cloud, 'ci', { path: JOB, key })).slice(0, 2)).toEqual([401, 'SecretidNotExist']);
  });

  test('a signature is good through the second that it ends in, and not after', async () => {
    const cloud = await TestCloud.start();
    const signedAt = SECONDS;
    cloud.nowMs = (signedAt + 600) * 1_000 + 999;
    expect((await cloud.ask({ path: '/', signedAt })).status).toBe(200);

    cloud.nowMs += 1;
    expect(await codeOf(cloud, 'cos', { path: '/', signedAt })).toEqual([
      403,
      'AccessDenied',
      'Request has expired',
    ]);
    expect((await codeOf(cloud, 'ci', { path: JOB, signedAt })).slice(0, 2)).toEqual([
      401,
      'SignatureExpired',
    ]);
  });

  test('a client may be a quarter of an hour ahead and no more, which COS can say in two ways', async () => {
    const cloud = await TestCloud.start();
    expect((await cloud.ask({ path: '/', signedAt: SECONDS + 900 })).status).toBe(200);

    const ahead = { path: '/', signedAt: SECONDS + 901 };
    expect((await codeOf(cloud, 'cos', ahead)).slice(0, 2)).toEqual([403, 'RequestTimeTooSkewed']);
    cloud.cloud.control.behaviour.signatureErrors = 'message';
    expect(await codeOf(cloud, 'cos', ahead)).toEqual([403, 'AccessDenied', 'RequestTimeTooSkewed']);
  });

  test('every answer carries the cloud’s own time', async () => {
    const cloud = await TestCloud.start();
    cloud.cloud.control.skewClock(3_600_000);

    const { headers } = await cloud.ask({ path: '/', signedAt: SECONDS + 3_600 });
    expect(headers['date']).toBe('Thu, 01 Jan 2026 01:00:00 GMT');
  });
});

describe('keys', () => {
  const tokens = { cos: 'x-cos-security-token', ci: 'x-ci-security-token' };

  test('a temporary key needs its token, under the family’s name, signed or not', async () => {
    const cloud = await TestCloud.start();
    const key = cloud.cloud.credentials.issueTemporary();
    const asked = { path: '/', key };

    expect((await codeOf(cloud, 'cos', asked)).slice(0, 2)).toEqual([403, 'InvalidAccessKeyId']);
    expect((await cloud.ask({ ...asked, headers: { [tokens.cos]: key.token } })).status).toBe(200);
    expect((await cloud.ask({ ...asked, headers: { [tokens.ci]: key.token } })).status).toBe(403);
    expect((await cloud.ask({ ...asked, headers: { [tokens.cos]: 'another' } })).status).toBe(403);

    const ci = { family: 'ci', path: JOB, key } as const;
    expect((await cloud.ask({ ...ci, headers: { [tokens.ci]: key.token } })).status).toBe(200);
    expect((await cloud.ask({ ...ci, headers: { [tokens.cos]: key.token } })).status).toBe(200);
    expect((await cloud.ask(ci)).status).toBe(401);

    const unsigned = cloud.wire(asked);
    const headers = { ...unsigned.headers, [tokens.cos]: key.token };
    expect((await cloud.send({ ...unsigned, headers })).status).toBe(200);
  });

  test('a long-lived key has no token', async () => {
    const cloud = await TestCloud.start();

    expect((await cloud.ask({ path: '/', headers: { [tokens.cos]: 'some' } })).status).toBe(403);
  });

  test('a temporary key ends at its time, or when it is told to', async () => {
    const cloud = await TestCloud.start();
    const { credentials } = cloud.cloud;
    const key = credentials.issueTemporary(60_000);
    const other = credentials.issueTemporary();
    const asked = { path: '/', key, headers: { [tokens.cos]: key.token } };
    expect((await cloud.ask(asked)).status).toBe(200);

    cloud.nowMs += 60_000;
    expect((await codeOf(cloud, 'cos', asked)).slice(0, 2)).toEqual([400, 'ExpiredToken']);
    credentials.expire(other);
    const expired = { path: JOB, key: other, headers: { [tokens.ci]: other.token } };
    expect((await codeOf(cloud, 'ci', expired)).slice(0, 2)).toEqual([400, 'ExpiredToken']);
  });

  test('after a rotation both keys are good, until the old one is revoked', async () => {
    const cloud = await TestCloud.start();
    const { credentials } = cloud.cloud;
    const old = credentials.longLived;
    const fresh = credentials.rotate();
    const status = async (key: typeof old) => (await cloud.ask({ path: '/', key })).status;

    expect([await status(old), await status(fresh)]).toEqual([200, 200]);
    credentials.revoke(old.secretId);
    expect([await status(old), await status(fresh)]).toEqual([403, 200]);
  });

  test('another account’s bucket is closed unless it is shared', async () => {
    const cloud = await TestCloud.start();
    const [closed, shared] = [aBucket('theirs-1999999999'), aBucket('open-1999999999')];
    await cloud.cloud.control.createBucket(closed, BEIJING);
    await cloud.cloud.control.createBucket(shared, BEIJING, { shared: true });
    const status = async (bucket: string) =>
      (await cloud.ask({ path: '/', host: `${bucket}.cos.${BEIJING}.myqcloud.com` })).status;

    expect([await status(closed), await status(shared)]).toEqual([403, 200]);
  });
});
