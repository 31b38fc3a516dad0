import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  readDocument,
  type DocumentDefaults,
  type DocumentRules,
  type ReadDocument,
} from '../../lib/submit/document.js';
import type { Document } from '../../lib/submit/make-job.js';
import { aBucket, aRegion, SOURCE } from '../support/pending-jobs.js';

const OUTPUT = { bucket: aBucket('pages-1250000000'), region: aRegion('ap-shanghai') };
const DEFAULTS: DocumentDefaults = {
  source: SOURCE,
  output: OUTPUT,
  template: 'pages/${object}/${Number}.${targetType}',
  sheetTemplate: 'pages/${object}/${SheetID}/${Number}.${targetType}',
  targetType: 'jpg',
  queueId: 'p1',
};
const RULES: DocumentRules = {
  isAllowedBucket: (bucket) => bucket.endsWith('-1250000000'),
  trigger: { bucket: SOURCE.bucket, prefix: 'in/' },
  manifestKey: 'manifests/${jobId}.json',
};

const read = (given: unknown, rules = RULES): ReadDocument =>
  readDocument(given, DEFAULTS, rules, (source, object) => `docjob:${source.bucket}:${object}`);

function documentOf(given: unknown): Document {
  const one = read(given);
  if (one.kind === 'refused') throw one.error;
  return one.document;
}

function refusalOf(given: unknown, rules = RULES) {
  const one = read(given, rules);
  return one.kind === 'refused'
    ? { object: one.object, code: one.error.code, message: one.error.message }
    : one;
}

describe('a document', () => {
  test('can be a key alone; the configuration says the rest', () => {
    expect(documentOf('books/a.docx')).toEqual({
      source: SOURCE,
      job: {
        object: 'books/a.docx',
        output: { ...OUTPUT, object: 'pages/books/a.docx/${Number}.jpg' },
        targetType: 'jpg',
        queueId: 'p1',
        userData: 'docjob:docs-1250000000:books/a.docx',
      },
      isOurUserData: true,
    });
  });

  test('that is a spreadsheet has a folder for each sheet', () => {
    for (const given of ['a.xlsx', { object: 'a', sourceType: 'csv' }]) {
      expect(documentOf(given).job.output.object).toMatch(
        /^pages\/a(\.xlsx)?\/\$\{SheetID\}\/\$\{Number\}\.jpg$/,
      );
    }
  });

  test('can say everything itself', () => {
    const given = {
      object: 'a.docx',
      bucket: 'others-1250000000',
      region: 'ap-chengdu',
      output: { ...SOURCE, object: 'own/${object}.${targetType}/${Page}' },
      targetType: 'png',
      zoom: 50,
      userData: 'order 7',
    };
    expect(documentOf(given)).toEqual({
      source: { bucket: 'others-1250000000', region: 'ap-chengdu' },
      // The queue of another bucket is not known.
      job: {
        object: 'a.docx',
        output: { ...SOURCE, object: 'own/a.docx.png/${Page}' },
        targetType: 'png',
        zoom: 50,
        userData: 'order 7',
      },
      isOurUserData: false,
    });
  });

  test.each<[unknown, string]>([
    [7, 'a document must be a key, or an object whose field object is one'],
    [null, 'a document must be a key, or an object whose field object is one'],
    [['a.docx'], 'a document must be a key, or an object whose field object is one'],
    [{ objects: 'a.docx' }, 'a document must be a key, or an object whose field object is one'],
    ['', 'object must not be empty'],
    ['/a.docx', 'object must not begin with a slash or backslash: keys have none'],
    ['a\u0000.docx', 'object must not contain control characters or halves of surrogate pairs'],
    ['a\ud800.docx', 'object must not contain control characters or halves of surrogate pairs'],
    [' a.docx', 'object must not begin or end with a space, which would be lost in XML'],
    ['a'.repeat(851), 'object has 851 bytes, but a COS key has 850 at most'],
    ['报'.repeat(283) + 'ab', 'object has 851 bytes, but a COS key has 850 at most'],
    ['a'.repeat(840), 'output.object can become longer than the 850 bytes of a COS key'],
    [
      { object: 'a', bucket: 'docs-1250000000' },
      'region must be a region such as ap-beijing, given together with a bucket',
    ],
    [
      { object: 'a', region: 'ap-beijing' },
      'bucket must be a bucket name with its APPID, given together with a region',
    ],
    [{ object: 'a', output: 'out/${Number}' }, 'output must be an object with bucket, region and object'],
    [{ object: 'a', output: { object: 7 } }, 'output.object must be a key template'],
    [{ object: 'a', output: { key: 'x' } }, 'output has no field "key"'],
    [
      { object: 'a', output: { object: 'out.jpg' } },
      'output.object must contain ${Number} or ${Page}, or all pictures would have one key',
    ],
    [
      { object: 'a', output: { object: '${name}/${Number}' } },
      'output.object has an unknown placeholder: CI knows ${Number}, ${Page} and ${SheetID}',
    ],
    [
      { object: 'a.xls', output: { object: 'out/${Number}' } },
      'output.object must contain ${SheetID} for a spreadsheet, or its sheets would share keys',
    ],
    [
      { object: 'a', output: { object: 'out/../${Number}' } },
      'output.object must not have "." or ".." as a segment',
    ],
    [{ object: 'a', zoom: 1 }, 'zoom must be a whole number from 10 to 200'],
  ])('%j is refused, and the error says why', (given, problem) => {
    expect(refusalOf(given)).toMatchObject({
      code: 'bad-document',
      message: expect.stringContaining(problem),
    });
  });

  test('is told everything that is wrong with it at once', () => {
    const given = {
      object: 'a.docx',
      region: 'Beijing',
      output: { object: 'x' },
      zoom: 1,
      colour: 'red',
      docPassword: '',
    };
    expect(refusalOf(given)).toMatchObject({
      object: 'a.docx',
      message:
        '"a.docx" was not submitted: bucket must be a bucket name with its APPID, given together with a region; ' +
        'region must be a region such as ap-beijing, given together with a bucket; ' +
        'output.object must contain ${Number} or ${Page}, or all pictures would have one key; ' +
        'zoom must be a whole number from 10 to 200; "colour" is no option; ' +
        'docPassword must be 1 to 255 characters, no control character and no space at either end',
    });
  });

  test.each([
    { object: 'a.docx', bucket: 'theirs-1259999999', region: 'ap-beijing' },
    { object: 'a.docx', output: { bucket: 'theirs-1259999999', region: 'ap-beijing' } },
  ])('%j names a bucket that is not allowed', (given) => {
    expect(refusalOf(given)).toMatchObject({
      code: 'bucket-not-allowed',
      message: 'the bucket theirs-1259999999 is not allowed: add it to ALLOWED_BUCKETS',
    });
  });

  test.each([
    [{ object: 'a.docx', output: { ...SOURCE, object: 'in/${Number}.jpg' } }, RULES],
    [{ object: 'in/a.docx', output: { ...SOURCE, object: '${object}/${Number}.jpg' } }, RULES],
    [
      { object: 'a.docx', output: { ...SOURCE } },
      { ...RULES, manifestKey: 'in/${jobId}.json' },
    ],
  ])('%j would trigger the function again', (given, rules) => {
    expect(refusalOf(given, rules)).toMatchObject({ code: 'would-trigger-itself' });
    expect(read(given, { ...rules, trigger: undefined }).kind).toBe('document');
  });

  test('of any kind is read without a throw, and never with a value quoted', () => {
    const secret = 'c0ffee-secret';
    const value = fc.oneof(
      fc.constant(secret),
      fc.constant({ [secret]: 1 }).map(() => [secret]),
      fc.anything(),
    );
    const field = fc.constantFrom(
      'bucket',
      'region',
      'output',
      'docPassword',
      'callBack',
      'callBackMqConfig',
      'zoom',
      'userData',
    );
    fc.assert(
      fc.property(fc.dictionary(field, value), (fields) => {
        const one = read({ object: 'a.docx', ...fields });
        if (one.kind === 'refused' && one.error.code === 'bad-document')
          expect(one.error.message).not.toContain(secret);
      }),
    );
  });
});
