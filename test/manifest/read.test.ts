import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildManifest, manifestBytes, ManifestError, readManifest } from '../../lib/manifest/index.js';
import { SOURCE } from '../support/pending-jobs.js';
import { anyEndedJob } from './arbitraries.js';
import { documentedPages, documentedSheets } from './documented-jobs.js';

const manifest = buildManifest(documentedSheets, SOURCE, true);
const reading = (value: unknown) => () => readManifest(JSON.stringify(value));

/** The error that `act` throws. */
function errorOf(act: () => unknown): ManifestError {
  try {
    act();
  } catch (error) {
    if (error instanceof ManifestError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('reading a manifest', () => {
  test('takes bytes, text, and text with a byte order mark in its bytes', () => {
    const bytes = manifestBytes(manifest);
    expect(readManifest(bytes)).toEqual(manifest);
    expect(readManifest(bytes.toString())).toEqual(manifest);
    expect(readManifest(Buffer.concat([Buffer.from('\ufeff'), bytes]))).toEqual(manifest);
  });

  test('takes a later minor version, and leaves out the fields that it does not know', () => {
    const later = {
      ...manifest,
      schemaVersion: '1.7',
      job: { ...manifest.job, priority: 3 },
      pages: manifest.pages.map((page) => ({ ...page, width: 800 })),
      watermark: {},
    };
    expect(readManifest(JSON.stringify(later))).toEqual({ ...manifest, schemaVersion: '1.7' });
  });

  test.each(['2.0', '2.10', '0.9', '10.0', '11.1'])(
    'refuses version %s, and says which it can read',
    (schemaVersion) => {
      const error = errorOf(reading({ schemaVersion, jobs: [] }));
      expect(error.message).toBe(
        `the manifest has schema version ${schemaVersion}, but this reader knows only 1.x: use another version of docjob`,
      );
      expect(error).toMatchObject({ code: 'unreadable-manifest', path: 'schemaVersion' });
    },
  );

  test.each(['', '1', '1.', 'v1.0', 'v2.0', '1.00', '1.0.0', '2.0.0', 1, null])(
    'refuses %j as a version',
    (schemaVersion) => {
      const error = errorOf(reading({ ...manifest, schemaVersion }));
      expect(error.path).toBe('schemaVersion');
      expect(error.message).toContain('the manifest is not valid at schemaVersion: Invalid');
    },
  );

  test.each([
    ['job.state', { ...manifest, job: { ...manifest.job, state: 'Running' } }],
    ['job.endTime', { ...manifest, job: { ...manifest.job, endTime: '2020-07-24T17:28:49+0800' } }],
    ['counts.total', { ...manifest, counts: { ...manifest.counts, total: 1.5 } }],
    ['complete', { ...manifest, complete: 'true' }],
    ['pages.1.pageNo', { ...manifest, pages: [manifest.pages[0], { ...manifest.pages[1], pageNo: '1' }] }],
    ['pages', { ...manifest, pages: undefined }],
  ])('names the field that is wrong: %s', (path, value) => {
    const error = errorOf(reading(value));
    expect(error.path).toBe(path);
    expect(error.message).toContain(`the manifest is not valid at ${path}: Invalid`);
  });

  test.each([null, [], 'text', 7])('refuses %j at its root', (value) => {
    const error = errorOf(reading(value));
    expect(error.message).toMatch(/^the manifest is not valid at (its root|schemaVersion): /);
    expect(error).toMatchObject({ name: 'ManifestError', code: 'unreadable-manifest', disposition: 'job' });
    // Nobody but the root has no path.
    expect(error.path).toBe(error.message.includes('its root') ? undefined : 'schemaVersion');
  });

  test('refuses what is not JSON, or not UTF-8', () => {
    const error = errorOf(() => readManifest('<Error/>'));
    expect(error.message).toContain('not whole JSON in UTF-8');
    expect(error.cause).toBeInstanceOf(SyntaxError);
    // Latin-1 for "é": decoding leniently would quietly change the text.
    const bytes = Buffer.from(JSON.stringify({ ...manifest, note: 'é' }), 'latin1');
    expect(errorOf(() => readManifest(bytes)).message).toContain('not whole JSON in UTF-8');
  });
});

describe('a truncated manifest never reads', () => {
  test('wherever the documented one is cut; only the final newline may go', () => {
    const bytes = manifestBytes(buildManifest(documentedPages, SOURCE, true));
    for (let length = 0; length < bytes.length - 1; length++) {
      expect(() => readManifest(bytes.subarray(0, length))).toThrow(ManifestError);
    }
    expect(readManifest(bytes.subarray(0, -1))).toEqual(readManifest(bytes));
  });

  test('whatever it held', () => {
    fc.assert(
      fc.property(
        anyEndedJob,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (job, share) => {
          const bytes = manifestBytes(buildManifest(job, SOURCE, true));
          const cut = bytes.subarray(0, Math.floor(share * (bytes.length - 1)));
          expect(() => readManifest(cut)).toThrow(ManifestError);
        },
      ),
      { numRuns: 500 },
    );
  });
});
