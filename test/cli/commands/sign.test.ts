import { describe, expect, test } from '@jest/globals';
import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { epochMs } from '../../../lib/domain/units.js';
import { systemClock } from '../../../lib/platform/system.js';
import { aCloud, child, DOCS, docjob } from '../command-line.js';

const HOST = 'docs-1250000000.cos.ap-beijing.myqcloud.com';
const KEY = { TENCENTCLOUD_SECRET_ID: 'AKIDexample', TENCENTCLOUD_SECRET_KEY: 'an-example-secret' };
const AT = { ...systemClock, now: () => epochMs(1_700_000_000_000) };

/** The status of a request to the cloud, as curl would make it with what was printed. */
async function statusOf(
  origin: string,
  {
    method = 'GET',
    path,
    headers,
  }: { method?: string; path: string; headers: Readonly<Record<string, string>> },
): Promise<number | undefined> {
  const { hostname, port } = new URL(origin);
  const sent = request({
    hostname,
    port,
    method,
    path,
    headers: { host: HOST, ...headers },
    agent: false,
  }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage]; // what the event has
  response.resume();
  return response.statusCode;
}

describe('docjob sign', () => {
  test('prints an Authorization header that the service takes, whatever the key of the object', async () => {
    const { cloud, env } = await aCloud();
    await cloud.control.putObject(DOCS.bucket, 'a b/100%+ü.docx', Buffer.from('x'), {});
    const path = '/a%20b/100%25%2B%C3%BC.docx';
    const { code, stdout, stderr } = await child(['sign', 'GET', `https://${HOST}${path}`], { env }).ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(await statusOf(cloud.origin, { path, headers: { authorization: stdout.trim() } })).toBe(200);
    expect(await statusOf(cloud.origin, { path: '/other', headers: { authorization: stdout.trim() } })).toBe(
      403,
    );
  });

  test('signs the parameters of the URL, and headers that are named', async () => {
    const { cloud, env } = await aCloud();
    const url = `https://${HOST}/?prefix=a%2Fb&delimiter=`;
    const args = ['sign', 'GET', url, '--header', 'X-Cos-Meta-A: one  two ', '--json'];
    const { stdout } = await docjob(args, { env });
    const { headers } = JSON.parse(stdout) as { headers: Record<string, string> }; // tested here
    expect(headers).toMatchObject({
      'x-cos-meta-a': 'one  two',
      authorization: expect.stringContaining('q-url-param-list=delimiter;prefix'),
    });
    expect(await statusOf(cloud.origin, { path: '/?prefix=a%2Fb&delimiter=', headers })).toBe(200);
  });

  test('prints a URL that carries its signature', async () => {
    const { cloud, env } = await aCloud();
    await cloud.control.putObject(DOCS.bucket, 'a.docx', Buffer.from('x'), {});
    const { stdout } = await docjob(
      ['sign', 'get', `https://${HOST}/a.docx`, '--presign', '--expires', '1h'],
      { env },
    );
    const { origin, pathname, search } = new URL(stdout.trim());
    expect(origin).toBe(`https://${HOST}`);
    expect(await statusOf(cloud.origin, { path: pathname + search, headers: {} })).toBe(200);
  });

  test('sends the token of a temporary key along, in the header of the host', async () => {
    const { cloud, env } = await aCloud();
    const { secretId, secretKey, token } = cloud.credentials.issueTemporary();
    const temporary = {
      ...env,
      TENCENTCLOUD_SECRET_ID: secretId,
      TENCENTCLOUD_SECRET_KEY: secretKey,
      TENCENTCLOUD_SESSION_TOKEN: token,
    };
    const { stdout, stderr } = await docjob(['sign', 'GET', `https://${HOST}/`, '--json'], {
      env: temporary,
    });
    const { headers } = JSON.parse(stdout) as { headers: Record<string, string> }; // tested here
    expect(headers['x-cos-security-token']).toBe(token);
    expect(await statusOf(cloud.origin, { path: '/', headers })).toBe(200);
    expect(stderr).toContain('temporary');
    const ci = await docjob(
      ['sign', 'GET', 'https://docs-1250000000.ci.ap-beijing.myqcloud.com/doc_jobs', '--json'],
      { env: temporary },
    );
    expect(ci.stdout).toContain('x-ci-security-token');
    const { stdout: url } = await docjob(['sign', 'GET', `https://${HOST}/`, '--presign'], {
      env: temporary,
    });
    const { pathname, search } = new URL(url.trim());
    expect(await statusOf(cloud.origin, { path: pathname + search, headers: {} })).toBe(200);
  });

  test('shows the ladder, its SignKey only where that is asked for', async () => {
    const args = ['sign', 'GET', `https://${HOST}/a?x=1`, '--ladder', '--json'];
    const hidden = await docjob(args, { env: KEY, clock: AT });
    const shown = await docjob([...args, '--reveal'], { env: KEY, clock: AT });
    const { ladder } = JSON.parse(shown.stdout) as { ladder: { signKey: string } }; // tested here
    expect(ladder).toMatchObject({
      signKey: expect.stringMatching(/^[0-9a-f]{40}$/),
      httpString: `get\n/a\nx=1\nhost=${HOST}\n`,
      stringToSign: expect.stringMatching(/^sha1\n1699999940;1700000600\n[0-9a-f]{40}\n$/),
    });
    expect(hidden.stdout).not.toContain(ladder.signKey);
    expect(hidden.stdout).toContain(`"signKey": "${ladder.signKey.slice(0, 4)}…`);
    const words = await docjob(args.slice(0, -1), { env: KEY, clock: AT });
    expect(words.stdout).toMatch(/^StringToSign\n {2}sha1\n/m);
    expect(words.stdout + hidden.stdout).not.toContain(KEY.TENCENTCLOUD_SECRET_KEY);
  });

  test.each([
    [['GET', 'docs-1250000000'], '<url> is "docs-1250000000"'],
    [['GET', `https://${HOST}/%zz`], '<url> is'],
    [['GET', `https://${HOST}/a#b`], '<url> is'],
    [['GET', `https://user@${HOST}/`], '<url> is'],
    [['G T', `https://${HOST}/`], '<method> is "G T"'],
    [['GET', `https://${HOST}/`, '--expires', '2x'], '--expires is "2x"'],
    [['GET', `https://${HOST}/`, '--header', 'nonsense'], '--header is'],
    [['GET', `https://${HOST}/`, '--presign', '--header', 'a: b'], '--header cannot go with --presign'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await docjob(['sign', ...args], { env: KEY });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('ends with 3 where there is no key', async () => {
    const { code, stderr } = await docjob(['sign', 'GET', `https://${HOST}/`]);
    expect(code).toBe(3);
    expect(stderr).toContain('no Tencent Cloud key pair');
  });
});
