import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { encodePath, presignUrl, urlEncode } from '../../lib/cos-signer/index.js';
import { anyPath, anyText, plainName, recordOf } from '../cos-signer/arbitraries.js';
import { BEIJING, DOCS, element, START, TestCloud, type Wire } from './clouds.js';
import { aBucket } from '../support/pending-jobs.js';

const SECONDS = START / 1_000;
const COS_HOST = `${DOCS}.cos.${BEIJING}.myqcloud.com`;
const JOB = '/doc_jobs/d13cfd584cd9011ea820b597ad1785a2f';

/** Published vectors whose whole wire form is known: host, path, headers and parameters. */
interface Vector {
  readonly name: string;
  readonly credentials: { readonly secretId: string; readonly secretKey: string };
  readonly validity: { readonly start: number; readonly end: number };
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly expected: { readonly authorization: string };
}

// The vectors' own format, checked by their own tests.
const VECTORS = JSON.parse(
  readFileSync(new URL('../cos-signer/vectors.json', import.meta.url), 'utf8'),
) as Vector[];

/** Sent to a host of the service, with the key alone: a long-lived key has no token. */
function isWholeRequest({ request: { headers } }: Vector): boolean {
  const host = headers['Host'] ?? headers['host'] ?? '';
  return host.endsWith('.myqcloud.com') && headers['x-ci-security-token'] === undefined;
}

const withAuthorization = (wire: Wire, change: (authorization: string) => string): Wire => ({
  ...wire,
  headers: { ...wire.headers, authorization: change(wire.headers['authorization'] ?? '') },
});

describe('a signature that holds', () => {
  test('is accepted by COS and by CI', async () => {
    const cloud = await TestCloud.start();

    expect((await cloud.ask({ path: '/' })).status).toBe(200);
    expect((await cloud.ask({ family: 'ci', path: JOB })).status).toBe(200);
  });

  test('is accepted for any path, parameters and headers that our own signer can sign', async () => {
    const cloud = await TestCloud.start();
    const { longLived } = cloud.cloud.credentials;
    const arbitrary = fc.record({
      path: anyPath,
      query: recordOf(plainName, anyText),
      // Node refuses to send other headers than these in latin1.
      headers: fc.record({ 'x-cos-meta-a': fc.stringMatching(/^[!-~]{1,20}$/), date: fc.constant('today') }),
    });

    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ path, query, headers }) => {
        const { status, text } = await cloud.ask({ path, query, headers, key: longLived });
        // Whatever becomes of such a request, it is not refused for its signature.
        expect([status, element(text, 'Code')]).not.toEqual([403, 'SignatureDoesNotMatch']);
        expect(status).not.toBe(401);
      }),
      { numRuns: 100 },
    );
  });

  test.each(VECTORS.filter(isWholeRequest))(
    'is accepted in the published form of $name',
    async ({ credentials, validity, request, expected }) => {
      const cloud = await TestCloud.start({ credentials, now: () => validity.start * 1_000 });
      const search = Object.entries(request.query).map(
        ([name, value]) => `${urlEncode(name)}=${urlEncode(value)}`,
      );
      const length = request.headers['Content-Length'] ?? request.headers['content-length'];
      const { status, text } = await cloud.send({
        method: request.method,
        target: encodePath(request.path) + (search.length === 0 ? '' : `?${search.join('&')}`),
        headers: { ...request.headers, authorization: expected.authorization },
        body: length === undefined ? undefined : Buffer.alloc(Number(length)),
      });

      // The vectors' buckets are not in this cloud: that is found out only once the signature has passed.
      expect({ status, code: element(text, 'Code') }).toEqual({ status: 404, code: 'NoSuchBucket' });
    },
  );

  test('is accepted from the query, as a presigned URL has it', async () => {
    const cloud = await TestCloud.start();
    await cloud.cloud.control.putObject(DOCS, 'a b/报告.docx', Buffer.from('text'));
    const validity = { start: SECONDS, end: SECONDS + 60 };
    const presigned = (key: Parameters<typeof presignUrl>[1]): URL =>
      new URL(
        presignUrl({ method: 'GET', origin: `http://${COS_HOST}`, path: '/a b/报告.docx' }, key, validity),
      );
    const fetched = async (url: URL): Promise<number> => {
      const target = `${url.pathname}${url.search}`;
      return (await cloud.send({ method: 'GET', target, headers: { host: COS_HOST }, body: undefined }))
        .status;
    };
    const { credentials } = cloud.cloud;

    expect(await fetched(presigned(credentials.longLived))).toBe(200);
    expect(await fetched(presigned(credentials.issueTemporary()))).toBe(200);
    expect(await fetched(presigned({ ...credentials.longLived, secretKey: 'another' }))).toBe(403);
  });
});

describe('a signature that does not hold', () => {
  test('is refused whichever byte of the authorization is another', async () => {
    const cloud = await TestCloud.start();
    const wire = cloud.wire({ path: '/', query: { prefix: 'a' } });
    const { length } = wire.headers['authorization'] ?? '';
    const statuses = await Promise.all(
      Array.from({ length }, async (_, at) => {
        const changed = withAuthorization(wire, (text) => {
          const other = text[at] === 'x' ? 'y' : 'x';
          return text.slice(0, at) + other + text.slice(at + 1);
        });
        return (await cloud.send(changed)).status;
      }),
    );

    expect(new Set(statuses)).toEqual(new Set([403]));
  });

  test.each([
    ['the method', (wire: Wire): Wire => ({ ...wire, method: 'HEAD' })],
    ['the path', (wire: Wire): Wire => ({ ...wire, target: '/b?prefix=a' })],
    ['a parameter', (wire: Wire): Wire => ({ ...wire, target: '/a?prefix=b' })],
    ['a parameter left out', (wire: Wire): Wire => ({ ...wire, target: '/a' })],
    [
      'a signed header',
      (wire: Wire): Wire => ({ ...wire, headers: { ...wire.headers, 'x-cos-meta-a': '2' } }),
    ],
    ['a repeated parameter', (wire: Wire): Wire => ({ ...wire, target: '/a?prefix=a&prefix=a' })],
  ])('is refused when it was made for another request: %s', async (_, change) => {
    const cloud = await TestCloud.start();
    const wire = cloud.wire({ path: '/a', query: { prefix: 'a' }, headers: { 'x-cos-meta-a': '1' } });

    expect((await cloud.send(change(wire))).status).toBe(403);
  });

  test('shows what COS calculated, and CI says only that it is invalid', async () => {
    const cloud = await TestCloud.start();
    const key = { ...cloud.cloud.credentials.longLived, secretKey: 'wrong' };
    const cos = await cloud.ask({ path: '/a.json', key });
    const ci = await cloud.ask({ family: 'ci', path: JOB, key });

    expect(cos).toMatchObject({ status: 403, headers: { 'content-type': 'application/xml' } });
    expect(element(cos.text, 'Code')).toBe('SignatureDoesNotMatch');
    expect(element(cos.text, 'StringToSign')).toMatch(/^sha1\n\d+;\d+\n[0-9a-f]{40}\n$/);
    expect(element(cos.text, 'FormatString')).toBe(`get\n/a.json\n\nhost=${COS_HOST}\n`);
    expect(element(cos.text, 'Resource')).toBe(`${COS_HOST}/a.json`);
    expect(element(cos.text, 'RequestId')).toBe(cos.headers['x-cos-request-id']);
    expect(element(cos.text, 'TraceId')).toBe(cos.headers['x-cos-trace-id']);
    expect(cos.headers['server']).toBe('tencent-cos');

    expect([ci.status, element(ci.text, 'Code')]).toEqual([401, 'InvalidAuthorization']);
    expect(element(ci.text, 'Resource')).toBeUndefined();
    expect(element(ci.text, 'RequestId')).toBe(ci.headers['x-ci-request-id']);
    expect(ci.headers['server']).toBe('tencent-ci');
  });

  test('is refused when the host is not signed', async () => {
    const cloud = await TestCloud.start();
    const wire = cloud.wire({ path: '/' });
    const unsigned = withAuthorization(wire, (text) => text.replace('q-header-list=host', 'q-header-list='));

    expect((await cloud.send(unsigned)).text).toContain('the host is not signed');
  });

  test('is refused without an answer body on HEAD', async () => {
    const cloud = await TestCloud.start();
    const { status, body } = await cloud.ask({
      method: 'HEAD',
      path: '/a',
      key: { secretId: 'x', secretKey: 'y' },
    });

    expect([status, body.length]).toEqual([403, 0]);
  });
});

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
