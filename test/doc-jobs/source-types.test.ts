import { describe, expect, test } from '@jest/globals';
import { SOURCE_TYPES, sourceKindOf } from '../../lib/doc-jobs/source-types.js';

/** As CreateDocProcessJobs lists them (1045/47932). */
const SPREADSHEETS = 'xls xlt et ett xlsx xltx csv xlsb xlsm xltm ets'.split(' ');
const PAGES = [
  ...'pptx ppt pot potx pps ppsx dps dpt pptm potm ppsm doc dot wps wpt docx dotx docm dotm'.split(' '),
  ...'pdf lrc c cpp h asm s java asp bat bas prg cmd rtf txt log xml htm html'.split(' '),
];

describe('what a document is', () => {
  test('is known for exactly the types that CI documents', () => {
    expect([...SOURCE_TYPES].sort()).toEqual([...SPREADSHEETS, ...PAGES].sort());
  });

  test.each([
    ['spreadsheet', SPREADSHEETS],
    ['pages', PAGES],
  ])('is %s by the suffix of its key, in any case, or by its type', (kind, types) => {
    for (const type of types) {
      expect(sourceKindOf(`in/a.b/c.${type}`, undefined)).toBe(kind);
      expect(sourceKindOf(`A.${type.toUpperCase()}`, undefined)).toBe(kind);
      expect(sourceKindOf('report', type)).toBe(kind);
    }
  });

  test('is told by the last suffix, and by the type before any suffix', () => {
    expect(sourceKindOf('a.docx.xlsx', undefined)).toBe('spreadsheet');
    expect(sourceKindOf('a.xlsx', 'docx')).toBe('pages');
  });

  test.each(['xlsx', 'in.xlsx/report', 'a.', 'a.xlsx ', 'a.unknown', ''])(
    'is not told by the key %j',
    (key) => {
      expect(sourceKindOf(key, undefined)).toBeUndefined();
    },
  );
});
