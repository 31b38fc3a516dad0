import { afterEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lambdaUrlRequest, scfUrlRequest } from '../../lib/platform/function-url.js';
import { FunctionHost } from '../../local/function-host/host.js';
import { serveFunctionUrl, type FunctionUrl } from '../../local/function-host/url.js';
import { temporaryFolder } from './clouds.js';

let ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

/** Gives its event back, or does what the path says. */
const CODE = `
let running = 0;
exports.handler = exports.main_handler = async (event) => {
  const path = event.rawPath ?? event.path;
  if (path === '/throw') throw new Error('secret details');
  if (path === '/nothing') return null;
  running += 1;
  const most = running;
  await new Promise((resolve) => setImmediate(resolve));
  running -= 1;
  return { statusCode: 201, headers: { 'x-most': String(most) }, body: JSON.stringify(event) };
};
`;

async function serve(platform: 'lambda' | 'scf'): Promise<FunctionUrl> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'index.js'), CODE);
  const host = new FunctionHost({ folder, platform, env: {}, timeoutMs: 10_000, onLine: () => undefined });
  ends.push(() => host.kill());
  const url = await serveFunctionUrl(host, platform);
  ends.push(() => url.close());
  return url;
}

describe.each([
  { platform: 'lambda', read: lambdaUrlRequest },
  { platform: 'scf', read: scfUrlRequest },
] as const)('a function URL on $platform', ({ platform, read }) => {
  test('hands a request over in the form of the platform, and the answer back', async () => {
    const { origin } = await serve(platform);
    const response = await fetch(`${origin}/a/b?c=d`, {
      method: 'POST',
      body: '<x>ä</x>',
      headers: { 'content-type': 'application/xml' },
    });
    expect(response.status).toBe(201);
    const event: unknown = await response.json();
    expect(read(event)).toEqual({ method: 'POST', path: '/a/b', body: '<x>ä</x>', isBase64: false });
    expect(event).toMatchObject({ headers: { 'content-type': 'application/xml' } });
  });

  test.each(['/throw', '/nothing'])('answers 502 where the function has no answer: %s', async (path) => {
    const { origin } = await serve(platform);
    const response = await fetch(origin + path);
    expect([response.status, await response.text()]).toEqual([502, 'Internal Server Error']);
  });

  test('lets no event through that is larger than the platform takes', async () => {
    const { origin } = await serve(platform);
    const response = await fetch(origin, { method: 'POST', body: 'x'.repeat(6 * 1024 * 1024) });
    expect(response.status).toBe(413);
  });

  test('gives an instance one request at a time', async () => {
    const { origin } = await serve(platform);
    const responses = await Promise.all(Array.from({ length: 5 }, () => fetch(origin)));
    expect(responses.map(({ headers }) => headers.get('x-most'))).toEqual(['1', '1', '1', '1', '1']);
  });
});

test('Lambda hands over bytes in base64, where the content type is none of text', async () => {
  const { origin } = await serve('lambda');
  const body = Buffer.from([0xff, 0x00]);
  const headers = { 'content-type': 'application/octet-stream' };
  const event: unknown = await (await fetch(origin, { method: 'POST', body, headers })).json();
  expect(lambdaUrlRequest(event)).toMatchObject({ body: '/wA=', isBase64: true });
});
