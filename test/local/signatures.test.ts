import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { encodePath, presignUrl, urlEncode } from '../../lib/cos-signer/index.js';
import { anyPath, anyText, plainName, recordOf } from '../cos-signer/arbitraries.js';
import { BEIJING, DOCS, element, START, TestCloud, type Wire } from './clouds.js';

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
