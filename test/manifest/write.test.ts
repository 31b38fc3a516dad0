import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { crc64Ecma } from '../../lib/cos/crc64.js';
import {
  buildManifest,
  hasManifest,
  IntegrityError,
  manifestBytes,
  writeManifest,
} from '../../lib/manifest/index.js';
import { SOURCE } from '../support/pending-jobs.js';
import { assertValidManifest } from './assert-valid-manifest.js';
import { documentedPages, documentedSheets } from './documented-jobs.js';
import { FakeCos } from './fake-cos.js';

const location = { ...SOURCE, key: 'manifests/a b/清单.json' };
const path = `/${location.key}`;
const complete = buildManifest(documentedPages, SOURCE, true);
const incomplete = buildManifest(documentedSheets, SOURCE, false);

const md5 = (body: Uint8Array): string => createHash('md5').update(body).digest('hex');
const methods = (cos: FakeCos): string => cos.requests.map(({ method }) => method).join(' ');

describe('writing a manifest', () => {
  test('puts its bytes at its place, with their MD5 and a summary of the manifest', async () => {
    const cos = new FakeCos();
    const result = await writeManifest(cos, location, complete);

    const bytes = manifestBytes(complete);
    expect(result).toEqual({ kind: 'written', bytes: bytes.length });
    expect(cos.requests).toEqual([
      {
        family: 'cos',
        ...SOURCE,
        method: 'PUT',
        path,
        headers: {
          'content-type': 'application/json',
          'content-md5': createHash('md5').update(bytes).digest('base64'),
          'x-cos-meta-docjob-job-id': complete.job.jobId,
          'x-cos-meta-docjob-state': 'Success',
          'x-cos-meta-docjob-pages': '1',
          'x-cos-meta-docjob-complete': 'true',
          'x-cos-meta-docjob-schema-version': '1.0',
        },
        body: bytes,
      },
    ]);
    assertValidManifest(cos.text(path) ?? '');
  });

  test('twice leaves the same object', async () => {
    const cos = new FakeCos();
    await writeManifest(cos, location, complete);
    const first = cos.text(path);
    await writeManifest(cos, location, complete);
    expect(cos.text(path)).toBe(first);
  });
});

describe('what COS says it stored', () => {
  test.each<[string, (body: Uint8Array) => Record<string, string>]>([
    ['nothing', () => ({})],
    ['the right CRC-64', (body) => ({ 'x-cos-hash-crc64ecma': crc64Ecma(body) })],
    [
      'the right CRC-64 and an ETag of its own',
      (body) => ({ 'x-cos-hash-crc64ecma': crc64Ecma(body), etag: `"${'0'.repeat(32)}"` }),
    ],
    ['the right MD5', (body) => ({ etag: `"${md5(body)}"` })],
    ['the right MD5 in upper case', (body) => ({ etag: `"${md5(body).toUpperCase()}"` })],
    ['an ETag that is no MD5', () => ({ etag: '"abc-2"' })],
    ['a weak ETag', () => ({ etag: `W/"${'0'.repeat(32)}"` })],
    ['an ETag of parts', () => ({ etag: `"${'0'.repeat(32)}"-2` })],
    [
      'another MD5, of an encrypted object',
      () => ({ etag: `"${'0'.repeat(32)}"`, 'x-cos-server-side-encryption': 'AES256' }),
    ],
  ])('is believed when it is %s', async (_, confirm) => {
    await expect(writeManifest(new FakeCos(confirm), location, complete)).resolves.toMatchObject({
      kind: 'written',
    });
  });

  const CRC64_DIFFERS = / with the CRC-64 1, but what was sent has \d+: it is sent again$/;
  test.each<[string, (body: Uint8Array) => Record<string, string>, said: RegExp]>([
    ['another CRC-64', () => ({ 'x-cos-hash-crc64ecma': '1' }), CRC64_DIFFERS],
    [
      'another CRC-64, the right MD5 beside it',
      (body) => ({ 'x-cos-hash-crc64ecma': '1', etag: `"${md5(body)}"` }),
      CRC64_DIFFERS,
    ],
    [
      'another CRC-64 of an encrypted object',
      () => ({ 'x-cos-hash-crc64ecma': '1', 'x-cos-server-side-encryption': 'AES256' }),
      CRC64_DIFFERS,
    ],
    [
      'the MD5 of part of the body',
      (body) => ({ etag: `"${md5(body.subarray(1))}"` }),
      / with the ETag "\w{32}", but what was sent has "\w{32}": it is sent again$/,
    ],
  ])('is an error that is tried again when it is %s', async (_, confirm, said) => {
    const error: unknown = await writeManifest(new FakeCos(confirm), location, complete).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(IntegrityError);
    expect(String(error)).toContain(`COS stored ${location.key} in ${location.bucket} `);
    expect(error).toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(said),
      code: 'stored-otherwise',
      disposition: 'transient',
      requestId: 'request-1',
    });
  });
});

describe('an incomplete manifest', () => {
  const meta = (jobId: string, pages: string, isComplete: boolean) => ({
    'x-cos-meta-docjob-job-id': jobId,
    'x-cos-meta-docjob-pages': pages,
    'x-cos-meta-docjob-complete': String(isComplete),
  });
  const jobId = incomplete.job.jobId;

  test('is written where there is none', async () => {
    const cos = new FakeCos();
    await expect(writeManifest(cos, location, incomplete)).resolves.toMatchObject({ kind: 'written' });
    expect(methods(cos)).toBe('HEAD PUT');
    expect(cos.requests[0]).toEqual({
      family: 'cos',
      method: 'HEAD',
      path,
      bucket: location.bucket,
      region: location.region,
    });
    expect(cos.text(path)).toBe(manifestBytes(incomplete).toString());
  });

  test('is written over itself', async () => {
    const cos = new FakeCos();
    await writeManifest(cos, location, incomplete);
    await expect(writeManifest(cos, location, incomplete)).resolves.toMatchObject({ kind: 'written' });
  });

  test('never replaces what a complete one of the same job has', async () => {
    const cos = new FakeCos();
    await writeManifest(cos, location, { ...incomplete, complete: true });
    const before = cos.text(path);
    await expect(writeManifest(cos, location, incomplete)).resolves.toEqual({ kind: 'kept', pages: 2 });
    expect(cos.text(path)).toBe(before);
  });

  test.each([
    ['more pages', meta(jobId, '3', false), 'kept'],
    ['more pages, complete', meta(jobId, '6', true), 'kept'],
    ['as many pages, complete', meta(jobId, '2', true), 'kept'],
    ['as many pages', meta(jobId, '2', false), 'written'],
    ['fewer pages', meta(jobId, '1', false), 'written'],
    ['fewer pages, called complete', meta(jobId, '1', true), 'written'],
    ['more pages, but of another job', meta('d0', '9', true), 'written'],
    ['no summary', {}, 'written'],
    ['a summary that is no number', meta(jobId, 'many', true), 'written'],
  ])('meets a manifest with %s', async (_, headers, kind) => {
    const cos = new FakeCos();
    cos.place(path, headers);
    await expect(writeManifest(cos, location, incomplete)).resolves.toMatchObject({ kind });
    expect(methods(cos)).toBe(kind === 'kept' ? 'HEAD' : 'HEAD PUT');
  });

  test('is not written when it is not COS that says that there is none', async () => {
    const cos = new FakeCos();
    cos.place(path, meta(jobId, '6', true));
    cos.headStatus = 404;
    cos.isProxied = true;
    await expect(writeManifest(cos, location, incomplete)).rejects.toMatchObject({ status: 404 });
    expect(methods(cos)).toBe('HEAD');
  });

  test.each([403, 500])('is not written when the question is answered with %d', async (status) => {
    const cos = new FakeCos();
    cos.headStatus = status;
    await expect(writeManifest(cos, location, incomplete)).rejects.toMatchObject({ status });
    expect(methods(cos)).toBe('HEAD');
  });
});

test('a complete manifest replaces an incomplete one without asking', async () => {
  const cos = new FakeCos();
  await writeManifest(cos, location, incomplete);
  await writeManifest(cos, location, { ...incomplete, complete: true });
  expect(methods(cos)).toBe('HEAD PUT PUT');
  expect(cos.text(path)).toContain('"complete": true');
});

test('whether a manifest is there, whatever it says, is one HEAD', async () => {
  const cos = new FakeCos();
  await expect(hasManifest(cos, location)).resolves.toBe(false);
  await writeManifest(cos, location, complete);
  await expect(hasManifest(cos, location)).resolves.toBe(true);
  expect(methods(cos)).toBe('HEAD PUT HEAD');
});
