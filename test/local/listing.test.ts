import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { DOCS, element, elements, TestCloud } from './clouds.js';
import { refusal } from './documents.js';

describe('a listing', () => {
  const filled = async (keys: readonly string[]): Promise<TestCloud> => {
    const cloud = await TestCloud.start();
    for (const key of keys) await cloud.cloud.control.putObject(DOCS, key, Buffer.from(key));
    return cloud;
  };
  const listed = async (cloud: TestCloud, query: Readonly<Record<string, string>>) => {
    const { text } = await cloud.ask({ path: '/', query });
    return {
      keys: elements(text, 'Key'),
      prefixes: [...text.matchAll(/<CommonPrefixes>\s*<Prefix>([^<]*)</g)].map(([, prefix]) => prefix),
      truncated: element(text, 'IsTruncated'),
      next: element(text, 'NextMarker'),
    };
  };

  test('has the keys of a prefix in the order of their UTF-8 bytes', async () => {
    const cloud = await filled(['b', 'a/2', 'a/10', 'a/\u{1F600}', 'a/\uFF01', 'a/\u4e2d', 'ab']);

    expect(await listed(cloud, { prefix: 'a/' })).toEqual({
      keys: ['a/10', 'a/2', 'a/\u4e2d', 'a/\uFF01', 'a/\u{1F600}'],
      prefixes: [],
      truncated: 'false',
      next: undefined,
    });
  });

  test('can lag behind: what is new appears late, and what was removed or written over is shown a while longer', async () => {
    const cloud = await filled(['k/gone', 'k/old', 'k/written-over']);
    cloud.cloud.control.behaviour.objectListLagMs = 30_000;
    cloud.nowMs += 60_000;
    expect((await cloud.ask({ method: 'DELETE', path: '/k/gone' })).status).toBe(204);
    for (const path of ['/k/new', '/k/written-over']) {
      expect((await cloud.ask({ method: 'PUT', path, body: 'new' })).status).toBe(200);
    }
    const sizes = async (): Promise<readonly (readonly [string, string | undefined])[]> => {
      const { text } = await cloud.ask({ path: '/', query: { prefix: 'k/' } });
      const found = elements(text, 'Size');
      return elements(text, 'Key').map((key, index) => [key, found[index]] as const);
    };
    const before = [
      ['k/gone', '6'],
      ['k/old', '5'],
      ['k/written-over', '14'],
    ];

    expect(await sizes()).toEqual(before);
    cloud.nowMs += 29_999;
    expect(await sizes()).toEqual(before);
    cloud.nowMs += 1;
    expect(await sizes()).toEqual([
      ['k/new', '3'],
      ['k/old', '5'],
      ['k/written-over', '3'],
    ]);
    // Reading an object does not go by listings.
    expect((await cloud.ask({ path: '/k/gone' })).status).toBe(404);
  });

  test('goes on after the marker, page by page, each key once', async () => {
    const keys = Array.from({ length: 25 }, (_, number) => `k/${String(number).padStart(2, '0')}`);
    const cloud = await filled(keys);
    const seen: string[] = [];
    let marker: string | undefined = '';
    while (marker !== undefined) {
      const page = await listed(cloud, { prefix: 'k/', 'max-keys': '10', marker });
      expect(page.truncated).toBe(String(page.next !== undefined));
      seen.push(...page.keys);
      marker = page.next;
    }

    expect(seen).toEqual(keys);
  });

  test('folds what is below a delimiter, on every page', async () => {
    const cloud = await filled(['a', 'b/1', 'b/2', 'c/1', 'd']);

    expect(await listed(cloud, { delimiter: '/' })).toEqual({
      keys: ['a', 'd'],
      prefixes: ['b/', 'c/'],
      truncated: 'false',
      next: undefined,
    });
    const first = await listed(cloud, { delimiter: '/', 'max-keys': '2' });
    expect(first).toMatchObject({ keys: ['a'], prefixes: ['b/'], next: 'b/' });
    expect(await listed(cloud, { delimiter: '/', marker: 'b/' })).toMatchObject({
      keys: ['d'],
      prefixes: ['c/'],
    });
  });

  test('can be encoded, and says so', async () => {
    const cloud = await filled(['a b/中&.txt']);
    const { text } = await cloud.ask({ path: '/', query: { 'encoding-type': 'url' } });

    expect(element(text, 'EncodingType')).toBe('url');
    expect(element(text, 'Key')).toBe('a%20b%2F%E4%B8%AD%26.txt');
    expect(elements((await cloud.ask({ path: '/' })).text, 'Key')).toEqual(['a b/中&amp;.txt']);
  });

  test('shows size, digest, time and owner of each object', async () => {
    const cloud = await filled(['a.txt']);
    const { text } = await cloud.ask({ path: '/' });

    expect(element(text, 'Size')).toBe('5');
    expect(element(text, 'ETag')).toBe(`&quot;${createHash('md5').update('a.txt').digest('hex')}&quot;`);
    expect(element(text, 'LastModified')).toBe('2026-01-01T00:00:00.000Z');
    expect(element(text, 'ID')).toBe('1250000000');
  });

  test.each([
    { 'max-keys': '1001' },
    { 'max-keys': '0' },
    { 'max-keys': 'x' },
    { 'encoding-type': 'base64' },
  ])('is refused for %j', async (query) => {
    const cloud = await TestCloud.start();

    expect(await refusal(cloud.ask({ path: '/', query: { ...query } }))).toEqual([400, 'InvalidArgument']);
  });
});
