import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  fetchManifest,
  ManifestError,
  pageUrls,
  readManifest,
  waitForManifest,
} from '../../lib/consumer/index.js';
import { startCloud, type Cloud } from '../../local/cloud.js';
import { aBucket, aRegion } from '../support/pending-jobs.js';

const BYTES = readFileSync('test/manifest/fixtures/document.json');
const MANIFEST = readManifest(BYTES);
const { jobId } = MANIFEST.job;
const OUTPUT = { bucket: aBucket('pictures-1250000000'), region: aRegion('ap-guangzhou') };
/** The manifest as that of a job whose pictures are in our bucket. */
const OURS = {
  ...MANIFEST,
  pages: ['out/1.jpg', 'out/a b+ü/2.jpg'].flatMap((key) => MANIFEST.pages.map((page) => ({ ...page, key }))),
  job: { ...MANIFEST.job, output: { ...OUTPUT, object: 'out/${Number}.jpg' } },
};

let root: string;
let cloud: Cloud;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'docjob-consumer-'));
  cloud = await startCloud({ root });
  await cloud.control.createBucket(OUTPUT.bucket, OUTPUT.region);
});

afterEach(async () => {
  await cloud.close();
  await rm(root, { recursive: true, force: true });
});

const access = (secretKey = cloud.credentials.longLived.secretKey) => ({
  ...OUTPUT,
  jobId,
  credentials: { ...cloud.credentials.longLived, secretKey },
  endpoint: cloud.origin,
});

const put = (key: string, bytes: Uint8Array = BYTES) => cloud.control.putObject(OUTPUT.bucket, key, bytes);

describe('a manifest that is asked for', () => {
  test('is read from its place, and is undefined before it is there', async () => {
    await expect(fetchManifest(access())).resolves.toBeUndefined();
    await put(`manifests/${jobId}.json`);
    await expect(fetchManifest(access())).resolves.toEqual(MANIFEST);
  });

  test('is read from where MANIFEST_KEY puts it, which may name the source', async () => {
    await put(`done/docs-1250000000/ap-beijing/${jobId}.json`);
    await expect(
      fetchManifest({
        ...access(),
        keyTemplate: 'done/${bucket}/${region}/${jobId}.json',
        source: { bucket: 'docs-1250000000', region: 'ap-beijing' },
      }),
    ).resolves.toEqual(MANIFEST);
  });

  test('of another job under its name is refused', async () => {
    await put('manifests/d1.json');
    const reading = fetchManifest({ ...access(), jobId: 'd1' });
    await expect(reading).rejects.toThrow(ManifestError);
    await expect(reading).rejects.toThrow(jobId);
  });

  test.each([
    ['jobId', { jobId: 'a/b' }],
    ['bucket', { bucket: 'no-appid' }],
    ['region', { region: 'ap-beijing.evil.example' }],
    ['source.bucket', { source: { bucket: 'x', region: 'ap-beijing' } }],
    ['source.region', { source: { bucket: 'docs-1250000000', region: '' } }],
    ['the manifest key', { keyTemplate: 'all.json' }],
  ])('is not asked for under a name that cannot be: %s', async (part, wrong) => {
    await expect(fetchManifest({ ...access(), ...wrong })).rejects.toThrow(TypeError);
    await expect(fetchManifest({ ...access(), ...wrong })).rejects.toThrow(part);
  });
});

test('a manifest that is waited for is there when it was written meanwhile', async () => {
  const fault = { kind: 'status', status: 503 } as const;
  const rule = cloud.control.faults.add({ match: { family: 'cos' }, fault, times: 1 });
  await put(`manifests/${jobId}.json`);
  await expect(waitForManifest({ ...access(), timeoutMs: 20_000 })).resolves.toEqual(MANIFEST);
  expect(rule.struck).toBe(1);
});

describe('the pages of a manifest', () => {
  test('each come with a URL that gets its picture without a key, in their order', async () => {
    for (const { key } of OURS.pages) await put(key, Buffer.from(`picture ${key}`));
    const urls = Array.from(
      pageUrls(OURS, { credentials: cloud.credentials.longLived, validForSeconds: 60 }),
    );
    expect(urls.map(({ page }) => page)).toEqual(OURS.pages);
    expect(urls.length).toBeGreaterThan(1);
    for (const { page, url } of urls) {
      expect(new URL(url).host).toBe('pictures-1250000000.cos.ap-guangzhou.myqcloud.com');
      await expect(get(url)).resolves.toEqual({ status: 200, body: `picture ${page.key}` });
    }
  });
});

describe('URLs of pages', () => {
  const credentials = { secretId: 'AKID', secretKey: 'key' };
  const one = (manifest: typeof MANIFEST, options = {}) =>
    Array.from(pageUrls(manifest, { credentials, validForSeconds: 60, ...options }), ({ url }) => url)[0];

  test('begin a minute early, and end when they were asked to', () => {
    const before = Math.floor(Date.now() / 1_000);
    const [start = 0, end = 0] =
      /q-sign-time=(\d+)%3[bB](\d+)/
        .exec(one(OURS) ?? '')
        ?.slice(1)
        .map(Number) ?? [];
    expect(end - start).toBe(120);
    expect(start).toBeGreaterThanOrEqual(before - 60);
    expect(start).toBeLessThanOrEqual(Math.floor(Date.now() / 1_000) - 60);
  });

  test('are for the source bucket where CI named no output', () => {
    const { job } = MANIFEST;
    expect(one({ ...MANIFEST, job: { ...job, output: null } })).toContain(
      'https://examplebucket-1250000000.cos.ap-beijing.myqcloud.com/big/test-1?',
    );
  });

  test('can be for another domain of the bucket', () => {
    expect(one(OURS, { origin: 'https://pages.example.com' })).toContain(
      'https://pages.example.com/out/1.jpg?',
    );
  });

  test('are not made for a host that only looks like a bucket', () => {
    const output = { bucket: 'evil.example/x-1250000000', region: 'ap-beijing', object: '' };
    expect(() => one({ ...MANIFEST, job: { ...MANIFEST.job, output } })).toThrow(/bucket name/);
  });

  test.each([0, -1, 1.5, Number.NaN])('are not made to hold for %d seconds', (validForSeconds) => {
    expect(() => one(OURS, { validForSeconds })).toThrow(TypeError);
  });
});

function get(url: string): Promise<{ status: number | undefined; body: string }> {
  const { pathname, search, host } = new URL(url);
  const { hostname, port } = new URL(cloud.origin);
  return new Promise((resolve, reject) => {
    http
      .get({ hostname, port, path: pathname + search, headers: { host } }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode, body }));
      })
      .on('error', reject);
  });
}
