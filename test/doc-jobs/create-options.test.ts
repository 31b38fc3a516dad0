import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { readOptions } from '../../lib/doc-jobs/create-options.js';

const problemsOf = (options: Record<string, unknown>, object = 'a.docx'): readonly string[] =>
  readOptions(object, options).problems;

describe('an option', () => {
  test.each<[string, unknown]>([
    ['sourceType', 'docx'],
    ['targetType', 'png'],
    ['startPage', 1],
    ['startPage', 5_000],
    ['endPage', -1],
    ['endPage', 1],
    ['pageRanges', '1,2-4,7'],
    ['pageRanges', '5000'],
    ['imageParams', 'imageMogr2/thumbnail/!50p'],
    ['quality', 1],
    ['quality', 100],
    ['zoom', 10],
    ['zoom', 200],
    ['imageDpi', 96],
    ['imageDpi', 600],
    ['picPagination', 1],
    ['docPassword', '密码 p'],
    ['comments', 1],
    ['jobLevel', 2],
    ['queueId', 'p50882922b848464fadd222d771438328'],
    ['userData', 'order 7'],
    ['callBack', 'https://example.com/hook?x=1'],
    ['callBack', `http://h/${'x'.repeat(1_015)}`],
    ['callBack', 'no'],
    ['callBackFormat', 'JSON'],
    ['callBackType', 'Url'],
  ])('%s takes %j', (option, value) => {
    expect(readOptions('a.docx', { [option]: value })).toEqual({
      options: { [option]: value },
      problems: [],
    });
  });

  test.each<[string, unknown, string]>([
    ['sourceType', '.docx', 'a suffix that CI documents, such as docx'],
    ['targetType', 'JPG', 'one of jpg, png, pdf'],
    ['startPage', 0, 'a whole number from 1 to 5000'],
    ['startPage', '1', 'a whole number from 1 to 5000'],
    ['endPage', 0, 'a whole number from 1 to 5000, or -1 for the last page'],
    ['endPage', 5_001, 'a whole number from 1 to 5000, or -1 for the last page'],
    ['pageRanges', '1, 2', 'pages and ranges such as 1,2-4,7'],
    ['pageRanges', '0-3', 'pages and ranges such as 1,2-4,7'],
    ['quality', 0, 'a whole number from 1 to 100'],
    ['quality', 50.5, 'a whole number from 1 to 100'],
    ['zoom', 9, 'a whole number from 10 to 200'],
    ['zoom', 201, 'a whole number from 10 to 200'],
    ['imageDpi', 95, 'a whole number from 96 to 600'],
    ['imageDpi', 601, 'a whole number from 96 to 600'],
    ['paperSize', 3, 'one of 0, 1, 2'],
    ['picPagination', true, 'one of 0, 1'],
    ['comments', null, 'one of 0, 1'],
    ['jobLevel', 3, 'one of 0, 1, 2'],
    ['queueId', '../p1', 'the ID of a CI queue'],
    ['queueId', 5, 'the ID of a CI queue'],
    ['userData', 'naïve', '1 to 1024 printable ASCII characters, no space at either end'],
    ['userData', 'x'.repeat(1_025), '1 to 1024 printable ASCII characters, no space at either end'],
    ['userData', 'x ', '1 to 1024 printable ASCII characters, no space at either end'],
    ['callBack', 'ftp://example.com', 'an http or https URL, or "no"'],
    ['callBack', 'yes', 'an http or https URL, or "no"'],
    ['callBack', ['https://example.com'], 'an http or https URL, or "no"'],
    ['callBack', 'xhttps://example.com', 'an http or https URL, or "no"'],
    ['callBack', 'https://example.com/钩', 'an http or https URL, or "no"'],
    ['callBack', 'https://:80', 'an http or https URL, or "no"'],
    ['callBack', `http://h/${'x'.repeat(1_016)}`, 'an http or https URL, or "no"'],
    ...[{ mqMode: 'Fanout' }, { mqName: 'a b' }, { mqName: undefined }, { other: 1 }].map(
      (wrong) =>
        [
          'callBackMqConfig',
          { mqRegion: 'bj', mqMode: 'Topic', mqName: 'jobs', ...wrong },
          'an object with mqRegion, mqMode ("Queue" or "Topic") and mqName',
        ] as [string, unknown, string],
    ),
    ['callBackFormat', 'xml', 'one of XML, JSON'],
    ['callBackType', 'Kafka', 'one of Url, TDMQ'],
  ])('%s refuses %j, and says what it takes', (option, value, expected) => {
    expect(problemsOf({ [option]: value })).toEqual([`${option} must be ${expected}`]);
  });

  test('that nobody documents is refused by its name', () => {
    expect(problemsOf({ Zoom: 100, toString: 1 })).toEqual([
      '"Zoom" is no option',
      '"toString" is no option',
    ]);
    expect(problemsOf({ ['x'.repeat(41)]: 1 })).toEqual([`"${'x'.repeat(40)}" is no option`]);
  });

  test('is never quoted by its value: it may be a secret', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.constantFrom('docPassword', 'callBack', 'userData', 'zoom', 'other'),
        (secret, option) => {
          const { problems } = readOptions('a.docx', { [option]: ` ${secret}\n` });
          expect(problems).toHaveLength(1);
          expect(problems.join()).not.toContain(secret);
        },
      ),
    );
  });
});

describe('options that cannot go together', () => {
  const MQ = { mqRegion: 'bj', mqMode: 'Queue', mqName: 'jobs' };

  test.each<[Record<string, unknown>, string]>([
    [
      { targetType: 'pdf', startPage: 2, endPage: 3 },
      'startPage, endPage cannot be chosen for the targetType pdf, which takes whole documents',
    ],
    [
      { targetType: 'pdf', pageRanges: '1' },
      'pageRanges cannot be chosen for the targetType pdf, which takes whole documents',
    ],
    [
      { targetType: 'pdf', zoom: 50, quality: 50, imageDpi: 96, picPagination: 0, imageParams: 'a' },
      'imageParams, quality, zoom, imageDpi, picPagination is for pictures, not for the targetType pdf',
    ],
    [
      { sheetId: 1, paperSize: 1, paperDirection: 1 },
      'sheetId, paperDirection, paperSize is for spreadsheets only',
    ],
    [{ pageRanges: '1', startPage: 1 }, 'startPage cannot be given beside pageRanges'],
    [{ pageRanges: '1', endPage: 3 }, 'endPage cannot be given beside pageRanges'],
    [{ startPage: 3, endPage: 2 }, 'endPage must not be before startPage'],
    [{ pageRanges: '2-1' }, 'pageRanges must ascend without overlaps'],
    [{ pageRanges: '1-3,3' }, 'pageRanges must ascend without overlaps'],
    [{ pageRanges: '9000' }, 'pageRanges must ascend without overlaps'],
    [{ picPagination: 1, startPage: 1, endPage: 21 }, 'picPagination makes one picture of 20 pages at most'],
    [{ picPagination: 1, pageRanges: '1-10,21-31' }, 'picPagination makes one picture of 20 pages at most'],
    [
      { callBackType: 'TDMQ', callBackMqConfig: MQ, callBack: 'no' },
      'callBack cannot be given for the callBackType TDMQ',
    ],
    [{ callBackMqConfig: MQ }, 'callBackMqConfig is for the callBackType TDMQ only'],
    [{ callBackType: 'TDMQ' }, 'callBackMqConfig is needed for the callBackType TDMQ'],
  ])('%j', (options, problem) => {
    expect(problemsOf(options)).toEqual([problem]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['a.xlsx', { sheetId: 1, paperDirection: 1 }],
    ['A.XLSX', { sheetId: 1 }],
    // The suffix tells nothing: CI may know better.
    ['report', { sheetId: 1 }],
    ['report', { sourceType: 'csv', sheetId: 1 }],
    ['a.docx', { picPagination: 1, startPage: 1, endPage: 20 }],
    ['a.docx', { picPagination: 1, pageRanges: '11-30' }],
    ['a.docx', { picPagination: 1, startPage: 30, endPage: -1 }],
    ['a.docx', { startPage: 2, endPage: 2 }],
    ['a.docx', { callBackType: 'TDMQ', callBackMqConfig: MQ }],
    ['a.docx', { callBackType: 'TDMQ', callBackMqConfig: { ...MQ, mqMode: 'Topic' } }],
  ])('%s with %j is fine', (object, options) => {
    expect(problemsOf(options, object)).toEqual([]);
  });

  test('are all named, together with what is wrong by itself', () => {
    expect(problemsOf({ zoom: 1, startPage: 3, endPage: 2, colour: 'red' })).toEqual([
      'zoom must be a whole number from 10 to 200',
      '"colour" is no option',
      'endPage must not be before startPage',
    ]);
  });

  test('each range of pages that ascends is taken, and none that does not', () => {
    const range = fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 5_000 }));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 5 }), (ranges) => {
        const flat = ranges.flat();
        const ascends = ranges.every(
          ([first, last], index) => first <= last && first > (flat[2 * index - 1] ?? 0),
        );
        const text = ranges.map(([first, last]) => `${first}-${last}`).join(',');
        expect(problemsOf({ pageRanges: text }).length === 0).toBe(ascends);
      }),
    );
  });
});
