import { describe, expect, test } from '@jest/globals';
import { presignedLinks, type LinkPolicy } from '../../../cli/view/index.js';
import { signRequest } from '../../../lib/cos-signer/index.js';
import { epochMs, hours } from '../../../lib/domain/units.js';
import type { Manifest } from '../../../lib/manifest/index.js';
import { START, TestCloud } from '../../local/clouds.js';
import { aManifest, aPage, storedManifest } from './manifests.js';

const policy: LinkPolicy = {
  credentials: { secretId: 'AKIDexample', secretKey: 'secret' },
  now: epochMs(START),
  validFor: hours(2),
};

const withOutput = (output: Manifest['job']['output']): Manifest => {
  const { job } = storedManifest('document');
  return aManifest([], { job: { ...job, output } });
};

const PAGES = withOutput({ bucket: 'pages-1250000000', region: 'ap-shanghai', object: '${Number}' });

function linkOf(key: string, manifest = PAGES, changes: Partial<LinkPolicy> = {}): string | undefined {
  return presignedLinks(manifest, { ...policy, ...changes })(aPage(1, { key }));
}

describe('the link to a picture', () => {
  test('is a GET of its key in the output bucket, signed from a minute ago until it runs out', () => {
    const url = new URL(linkOf('out/第 1 页.png') ?? '');
    expect(url.origin).toBe('https://pages-1250000000.cos.ap-shanghai.myqcloud.com');
    expect(decodeURIComponent(url.pathname)).toBe('/out/第 1 页.png');
    const [start, end] = [START / 1_000 - 60, START / 1_000 + 7_200];
    expect(url.searchParams.get('q-sign-time')).toBe(`${start};${end}`);
    const { signature } = signRequest(
      { method: 'GET', path: '/out/第 1 页.png', headers: { host: url.host } },
      policy.credentials,
      { start, end },
    );
    expect(url.searchParams.get('q-signature')).toBe(signature);
  });

  test('carries the token of a temporary key', () => {
    const credentials = { ...policy.credentials, token: 'a+token/=' };
    expect(
      new URL(linkOf('1.png', PAGES, { credentials }) ?? '').searchParams.get('x-cos-security-token'),
    ).toBe('a+token/=');
  });

  test.each([
    ['http://127.0.0.1:8080', 'http://pages-1250000000.cos.ap-shanghai.myqcloud.com.localhost:8080'],
    ['http://localhost:8080', 'http://pages-1250000000.cos.ap-shanghai.myqcloud.com.localhost:8080'],
    ['http://127.0.0.1', 'http://pages-1250000000.cos.ap-shanghai.myqcloud.com.localhost'],
    // A browser cannot be told to connect there and ask for the service.
    ['http://proxy.example:3128', 'https://pages-1250000000.cos.ap-shanghai.myqcloud.com'],
    ['http://127.0.0.1.example', 'https://pages-1250000000.cos.ap-shanghai.myqcloud.com'],
  ])('with COS at %s leads to %s', (endpoint, origin) => {
    expect(new URL(linkOf('1.png', PAGES, { endpoint: new URL(endpoint) }) ?? '').origin).toBe(origin);
  });

  test.each(['a/../b.png', './a.png', 'a/.', '', '\ud800.png'])(
    'is none for the key %j, which no browser can ask for',
    (key) => {
      expect(linkOf(key)).toBeUndefined();
    },
  );

  test.each([
    'a b.png',
    'a%2e%2e/b.png',
    'a//b.png',
    '/a.png',
    "a'(1)*!.png",
    'a?b#c&d.png',
    '…',
    '.../a',
    'a\\b.png',
  ])('is there for the key %j', (key) => {
    const url = linkOf(key);
    expect(decodeURIComponent(new URL(url ?? '').pathname)).toBe(`/${key}`);
  });

  test.each([
    ['no output', null],
    ['a bucket that is none', { bucket: 'evil.example/x-1250000000', region: 'ap-beijing', object: '' }],
    ['a region that is none', { bucket: 'pages-1250000000', region: 'ap-beijing.evil.example', object: '' }],
  ])('is none where the manifest names %s', (_what, output) => {
    expect(linkOf('1.png', withOutput(output))).toBeUndefined();
  });
});

describe('what the service makes of the link', () => {
  const KEY = 'out/第 1 页 (+&=).png';

  async function cloudWithPage(): Promise<{ cloud: TestCloud; get: (url: string) => Promise<number> }> {
    const cloud = await TestCloud.start();
    const [bucket] = cloud.cloud.control.buckets.filter(({ name }) => name === 'pages-1250000000');
    if (bucket === undefined) throw new Error('the test cloud has that bucket');
    await cloud.cloud.control.putObject(bucket.name, KEY, Buffer.from('a picture'));
    const get = async (text: string): Promise<number> => {
      const { host, pathname, search } = new URL(text);
      const { status } = await cloud.send({
        method: 'GET',
        target: pathname + search,
        headers: { host },
        body: undefined,
      });
      return status;
    };
    return { cloud, get };
  }

  const linkFor = ({ cloud }: TestCloud, changes: Partial<LinkPolicy> = {}): string =>
    linkOf(KEY, PAGES, {
      credentials: cloud.credentials.longLived,
      endpoint: new URL(cloud.origin),
      ...changes,
    }) ?? '';

  test('is its picture, until it runs out', async () => {
    const { cloud, get } = await cloudWithPage();
    const url = linkFor(cloud);
    expect(await get(url)).toBe(200);
    cloud.nowMs += hours(2) + 1_000;
    expect(await get(url)).toBe(403);
  });

  test('by a temporary key is its picture, and nothing without the token', async () => {
    const { cloud, get } = await cloudWithPage();
    const url = linkFor(cloud, { credentials: cloud.cloud.credentials.issueTemporary() });
    expect(await get(url)).toBe(200);
    expect(await get(url.replace(/x-cos-security-token=[^&]*&/, ''))).toBe(403);
  });

  test.each([
    ['another key', (url: string) => url.replace('out/', 'in/')],
    ['another bucket', (url: string) => url.replace('pages-', 'docs-').replace('shanghai', 'beijing')],
    ['a longer time', (url: string) => url.replaceAll(/%3B\d+/g, '%3B4000000000')],
    [
      'a parameter more',
      (url: string) => `${url}&response-content-type=text%2Fhtml&q-url-param-list=response-content-type`,
    ],
    ['no signature', (url: string) => url.replace(/q-signature=.*/, '')],
  ])('is a refusal for %s', async (_what, change) => {
    const { cloud, get } = await cloudWithPage();
    expect(await get(change(linkFor(cloud)))).toBe(403);
  });
});
