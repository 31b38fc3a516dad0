import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BEIJING, DOCS, element, PAGES, START, TestCloud, type Received } from './clouds.js';
import { refusal } from './documents.js';

const md5 = (body: string): string => createHash('md5').update(body).digest('base64');

describe('an object', () => {
  test('comes back as it was put, with its digests, type and own metadata', async () => {
    const cloud = await TestCloud.start();
    const put = await cloud.ask({
      method: 'PUT',
      path: '/manifests/d1.json',
      body: '123456789',
      headers: {
        'content-type': 'application/json',
        'content-md5': md5('123456789'),
        'x-cos-meta-owner': 'me',
      },
    });
    const digests = {
      etag: '"25f9e794323b453885f5181f1b624d0b"',
      // The check value of CRC-64/XZ.
      'x-cos-hash-crc64ecma': '11051210869376104954',
    };
    expect(put).toMatchObject({ status: 200, headers: { ...digests, 'content-length': '0' } });

    const described = {
      ...digests,
      'content-length': '9',
      'content-type': 'application/json',
      'last-modified': new Date(START).toUTCString(),
      'x-cos-meta-owner': 'me',
    };
    const got = await cloud.ask({ path: '/manifests/d1.json' });
    expect(got).toMatchObject({ status: 200, text: '123456789', headers: described });
    const head = await cloud.ask({ method: 'HEAD', path: '/manifests/d1.json' });
    expect(head).toMatchObject({ status: 200, text: '', headers: described });
  });

  test('is a file of its own name in the bucket’s folder', async () => {
    const cloud = await TestCloud.start();
    await cloud.ask({ method: 'PUT', path: '/manifests/d1.json', body: '{}' });

    expect(await readFile(join(cloud.root, DOCS, 'manifests', 'd1.json'), 'utf8')).toBe('{}');
  });

  test('is overwritten by a later PUT, unless that forbids it', async () => {
    const cloud = await TestCloud.start();
    const put = { method: 'PUT', path: '/a.txt' } as const;
    await cloud.ask({ ...put, body: 'one' });
    await cloud.ask({ ...put, body: 'two' });
    const forbidding = cloud.ask({ ...put, body: 'three', headers: { 'x-cos-forbid-overwrite': 'true' } });

    expect(await refusal(forbidding)).toEqual([409, 'FileAlreadyExists']);
    expect((await cloud.ask({ path: '/a.txt' })).text).toBe('two');
  });

  test('is overwritten whatever the conditional headers say, which COS documents for reading only', async () => {
    const cloud = await TestCloud.start();
    await cloud.ask({ method: 'PUT', path: '/a.txt', body: 'one' });
    const headers = { 'if-none-match': '*', 'if-match': '"0"' };

    expect((await cloud.ask({ method: 'PUT', path: '/a.txt', body: 'two', headers })).status).toBe(200);
  });

  test('can be read in part', async () => {
    const cloud = await TestCloud.start();
    await cloud.ask({ method: 'PUT', path: '/a.txt', body: 'abcdef' });
    const part = async (range: string) => {
      const { status, text, headers } = await cloud.ask({ path: '/a.txt', headers: { range } });
      return [status, status === 416 ? element(text, 'Code') : text, headers['content-range']];
    };

    expect(await part('bytes=1-3')).toEqual([206, 'bcd', 'bytes 1-3/6']);
    expect(await part('bytes=4-99')).toEqual([206, 'ef', 'bytes 4-5/6']);
    expect(await part('bytes=-2')).toEqual([206, 'ef', 'bytes 4-5/6']);
    expect(await part('bytes=6-')).toEqual([416, 'InvalidRange', 'bytes */6']);
    expect(await part('bytes=3-1')).toEqual([200, 'abcdef', undefined]);
  });

  test('is gone after a DELETE, which succeeds twice', async () => {
    const cloud = await TestCloud.start();
    await cloud.ask({ method: 'PUT', path: '/a.txt', body: 'one' });
    const deleted = [
      await cloud.ask({ method: 'DELETE', path: '/a.txt' }),
      await cloud.ask({ method: 'DELETE', path: '/a.txt' }),
    ];

    expect(deleted.map(({ status }) => status)).toEqual([204, 204]);
    expect(await refusal(cloud.ask({ path: '/a.txt' }))).toEqual([404, 'NoSuchKey']);
  });

  test('outlives the cloud, and so does a file that was put there by hand', async () => {
    const first = await TestCloud.start();
    await first.ask({ method: 'PUT', path: '/a/b.txt', body: 'one', headers: { 'x-cos-meta-a': '1' } });
    await first.cloud.close();
    await writeFile(join(first.root, DOCS, 'by-hand.txt'), 'two');
    const second = await TestCloud.start({ root: first.root });

    expect(await second.ask({ path: '/a/b.txt' })).toMatchObject({
      text: 'one',
      headers: { 'x-cos-meta-a': '1' },
    });
    expect(await second.ask({ path: '/by-hand.txt' })).toMatchObject({ text: 'two' });
  });

  test('cannot leave its bucket’s folder, whatever its key', async () => {
    const cloud = await TestCloud.start();
    const { longLived: key } = cloud.cloud.credentials;
    for (const path of ['/../../x', '/a/../../../x', '/..', '/a//b', '/a/', '/a', '/%2e%2e/x']) {
      expect((await cloud.ask({ method: 'PUT', path, body: path, key })).status).toBe(200);
    }
    for (const path of ['/../../x', '/a/../../../x', '/..', '/a//b', '/a/', '/a', '/%2e%2e/x']) {
      expect((await cloud.ask({ path })).text).toBe(path);
    }
    await expect(readFile(join(cloud.root, 'x'))).rejects.toThrow('ENOENT');
  });
});

describe('COS refuses', () => {
  test('a PUT without a length, or with an MD5 that is none or another’s', async () => {
    const cloud = await TestCloud.start();
    const put = { method: 'PUT', path: '/a.txt' } as const;
    const wire = cloud.wire(put);
    const chunked = {
      ...wire,
      headers: { ...wire.headers, 'transfer-encoding': 'chunked' },
      body: Buffer.from('a'),
    };
    const withMd5 = (value: string) => cloud.ask({ ...put, body: 'a', headers: { 'content-md5': value } });

    expect(await refusal(cloud.send(chunked))).toEqual([411, 'MissingContentLength']);
    expect(await refusal(withMd5('abc'))).toEqual([400, 'InvalidDigest']);
    expect(await refusal(withMd5(md5('b')))).toEqual([400, 'BadDigest']);
    expect((await cloud.ask({ path: '/a.txt' })).status).toBe(404);
  });

  test('keys and metadata that are too long', async () => {
    const cloud = await TestCloud.start();
    const put = { method: 'PUT', body: 'a' } as const;
    const headers = { 'x-cos-meta-a': 'x'.repeat(2_048) };

    expect((await cloud.ask({ ...put, path: `/${'k'.repeat(850)}` })).status).toBe(200);
    expect(await refusal(cloud.ask({ ...put, path: `/${'中'.repeat(284)}` }))).toEqual([400, 'KeyTooLong']);
    expect(await refusal(cloud.ask({ ...put, path: '/a', headers }))).toEqual([400, 'InvalidArgument']);
  });

  test('a bucket that is not there, or is in another region', async () => {
    const cloud = await TestCloud.start();
    const hosts = [`none-1250000000.cos.${BEIJING}.myqcloud.com`, `${PAGES}.cos.${BEIJING}.myqcloud.com`];

    for (const host of hosts) {
      expect(await refusal(cloud.ask({ path: '/', host }))).toEqual([404, 'NoSuchBucket']);
    }
    const head = await cloud.ask({ method: 'HEAD', path: '/', host: hosts[0] ?? '' });
    expect([head.status, head.text]).toEqual([404, '']);
    expect((await cloud.ask({ method: 'HEAD', path: '/' })).status).toBe(200);
  });

  test('no word about versions, until somebody has switched them on', async () => {
    const cloud = await TestCloud.start();
    const ask = (query: Readonly<Record<string, string>>): Promise<Received> =>
      cloud.ask({ path: '/', query });

    expect((await ask({ versioning: '' })).text).toMatch(/<VersioningConfiguration(?:\/>|><\/Versioning)/);
    for (const state of ['Enabled', 'Suspended'] as const) {
      cloud.cloud.control.setVersioning(DOCS, state);
      expect(element((await ask({ versioning: '' })).text, 'Status')).toBe(state);
    }
    expect(await refusal(ask({ versioning: '', acl: '' }))).toEqual([501, 'NotImplemented']);
  });

  test('what this cloud does not offer, rather than doing something else', async () => {
    const cloud = await TestCloud.start();

    expect(await refusal(cloud.ask({ path: '/', query: { versions: '' } }))).toEqual([501, 'NotImplemented']);
    expect(await refusal(cloud.ask({ method: 'POST', path: '/', query: { delete: '' } }))).toEqual([
      501,
      'NotImplemented',
    ]);
    expect(
      await refusal(
        cloud.ask({ method: 'PUT', path: '/a', body: '', headers: { 'x-cos-copy-source': 'b' } }),
      ),
    ).toEqual([501, 'NotImplemented']);
  });

  test('what is denied to the account, until it is allowed again', async () => {
    const cloud = await TestCloud.start();
    const allow = cloud.cloud.control.deny({ operation: 'PutObject', bucket: DOCS, prefix: 'manifests/' });
    const put = (path: string) => cloud.ask({ method: 'PUT', path, body: '{}' });

    expect(await refusal(put('/manifests/a.json'))).toEqual([403, 'AccessDenied']);
    expect((await put('/other/a.json')).status).toBe(200);
    allow();
    expect((await put('/manifests/a.json')).status).toBe(200);
  });
});
