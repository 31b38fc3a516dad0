import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { buildManifest, manifestBytes, readManifest } from '../../lib/manifest/index.js';
import { SOURCE } from '../support/pending-jobs.js';
import { anyEndedJob, anySucceededJob } from './arbitraries.js';
import { assertValidManifest } from './assert-valid-manifest.js';
import {
  cancelledJob,
  documentedPages,
  documentedSheets,
  DOCUMENTED_SOURCE,
  failedJob,
} from './documented-jobs.js';

describe('the manifest of each documented job, byte for byte', () => {
  test.each([
    ['document.json', documentedPages, true],
    // The example says that six pages succeeded, and lists two.
    ['spreadsheet-incomplete.json', documentedSheets, false],
    ['failed.json', failedJob, true],
    ['cancelled.json', cancelledJob, true],
  ])('%s', (file, job, complete) => {
    const bytes = manifestBytes(buildManifest(job, DOCUMENTED_SOURCE, complete));
    assertValidManifest(bytes);
    expect(bytes.toString()).toBe(readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8'));
  });
});

describe('any manifest', () => {
  test('has the same bytes each time, is valid by the published schema, and reads back as it was', () => {
    fc.assert(
      fc.property(anyEndedJob, fc.boolean(), (job, complete) => {
        const manifest = buildManifest(job, SOURCE, complete);
        const bytes = manifestBytes(manifest);

        expect(manifestBytes(buildManifest(structuredClone(job), SOURCE, complete)).equals(bytes)).toBe(true);
        assertValidManifest(bytes);
        expect(readManifest(bytes)).toEqual(manifest);
      }),
      { numRuns: 500 },
    );
  });

  test('has the same bytes whatever the order of the pages in the answer', () => {
    const twoOrders = anySucceededJob.chain((job) =>
      fc.tuple(fc.constant(job), fc.shuffledSubarray([...job.pages], { minLength: job.pages.length })),
    );
    fc.assert(
      fc.property(twoOrders, ([job, pages]) => {
        const bytes = manifestBytes(buildManifest(job, SOURCE, true));
        expect(manifestBytes(buildManifest({ ...job, pages }, SOURCE, true)).equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('keeps every page, with all five fields as given', () => {
    fc.assert(
      fc.property(anySucceededJob, (job) => {
        const { pages } = buildManifest(job, SOURCE, true);
        const kept = pages.map(({ pageNo, tgtUri, picIndex, picNum, sheetPics }) => ({
          pageNo,
          tgtUri,
          picIndex,
          picNum,
          sheetPics,
        }));
        expect(kept).toHaveLength(job.pages.length);
        expect(kept).toEqual(expect.arrayContaining([...job.pages]));
      }),
    );
  });

  test('leaves the job as it was', () => {
    const pages = Object.freeze([...documentedSheets.pages].reverse());
    expect(() => buildManifest(Object.freeze({ ...documentedSheets, pages }), SOURCE, true)).not.toThrow();
  });
});

describe('pages', () => {
  const page = (pageNo: number, picIndex: number | null, picNum: number | null, tgtUri: string) => ({
    pageNo,
    picIndex,
    picNum,
    tgtUri,
    sheetPics: null,
  });

  test('are in the order of page, picture in file, picture in sheet, name; null first', () => {
    const inOrder = [
      page(1, null, null, 'z'),
      page(1, 0, null, 'z'),
      page(1, 1, null, 'z'),
      page(1, 1, 1, 'z'),
      page(1, 1, 2, 'Z'),
      page(1, 1, 2, 'a'),
      page(1, 2, 1, 'a'),
      page(2, 1, 1, 'a'),
      page(10, 1, 1, 'a'),
    ];
    const job = { ...documentedPages, pages: [...inOrder].reverse() };
    expect(buildManifest(job, SOURCE, true).pages).toEqual(
      inOrder.map((one) => ({ ...one, key: one.tgtUri })),
    );
  });

  test.each([
    ['big/test-1', 'big/test-1'],
    ['/big/test-1', 'big/test-1'],
    ['//big/test-1', '/big/test-1'],
    ['/', ''],
    ['', ''],
  ])('named %j have the key %j: without one leading slash', (tgtUri, key) => {
    const job = { ...documentedPages, pages: [page(1, null, null, tgtUri)] };
    expect(buildManifest(job, SOURCE, true).pages).toMatchObject([{ tgtUri, key }]);
  });
});

test.each([failedJob, cancelledJob])('a job that ended as $state has no pages to wait for', (job) => {
  const manifest = buildManifest(job, SOURCE, false);
  expect(manifest).toMatchObject({
    complete: true,
    pages: [],
    counts: { total: null, succeeded: null, failed: null, sheets: null },
  });
});

test('what UTF-8 cannot express stays an escape', () => {
  const job = { ...failedJob, message: 'half \ud83d, whole 😀' };
  const text = manifestBytes(buildManifest(job, SOURCE, true)).toString();
  expect(text).toContain('"message": "half \\ud83d, whole 😀"');
});
