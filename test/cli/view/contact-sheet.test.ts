import { describe, expect, test } from '@jest/globals';
import { contactSheet, type TileGroup } from '../../../cli/view/contact-sheet.js';
import { aManifest, aPage, storedManifest } from './manifests.js';

/** A group as `title: labels`, gaps in brackets. */
const inWords = ({ title, tiles }: TileGroup): string =>
  `${title}: ${tiles.map(({ kind, label }) => (kind === 'gap' ? `[${label}]` : label)).join(', ')}`;

function sheetOf(...arguments_: Parameters<typeof aManifest>) {
  const { groups, missing } = contactSheet(aManifest(...arguments_));
  return { groups: groups.map(inWords), missing };
}

const counts = (changes: object) => ({
  counts: { total: null, succeeded: null, failed: null, sheets: null, ...changes },
});

describe('the pages of a document', () => {
  test.each([
    ['none', [], null, { groups: [], missing: 0 }],
    ['all', [1, 2], 2, { groups: ['Pages 1–2: Page 1, Page 2'], missing: 0 }],
    ['one missing in between', [1, 3], 3, { groups: ['Pages 1–3: Page 1, [Page 2], Page 3'], missing: 1 }],
    ['several missing in front', [4], null, { groups: ['Page 4: [Pages 1–3], Page 4'], missing: 3 }],
    ['the last missing', [1], 3, { groups: ['Page 1: Page 1, [Pages 2–3]'], missing: 2 }],
    ['all missing', [], 2, { groups: ['No pictures: [Pages 1–2]'], missing: 2 }],
    ['one listed twice', [1, 1, 2], 2, { groups: ['Pages 1–2: Page 1, Page 1, Page 2'], missing: 0 }],
    ['more than there are', [1, 2], 1, { groups: ['Pages 1–2: Page 1, Page 2'], missing: 0 }],
    ['a number that is none', [-1, 0, 1], 1, { groups: ['Pages -1–1: Page -1, Page 0, Page 1'], missing: 0 }],
  ])('are in order with their gaps: %s', (_what, numbers, total, expected) => {
    expect(
      sheetOf(
        numbers.map((number) => aPage(number)),
        counts({ total }),
      ),
    ).toEqual(expected);
  });

  test('have one gap however many are missing, since a number is no promise', () => {
    const { groups, missing } = sheetOf([aPage(2_000_000_000)], counts({ total: 9_000_000_000 }));
    expect(groups).toEqual([
      'Page 2000000000: [Pages 1–1999999999], Page 2000000000, [Pages 2000000001–9000000000]',
    ]);
    expect(missing).toBe(8_999_999_999);
  });

  test('are grouped by the hundred, each group under its own name', () => {
    const { groups } = contactSheet(aManifest(Array.from({ length: 250 }, (_, index) => aPage(index + 1))));
    expect(groups.map(({ title, detail, tiles }) => [title, detail, tiles.length])).toEqual([
      ['Pages 1–100', '100 pictures', 100],
      ['Pages 101–200', '100 pictures', 100],
      ['Pages 201–250', '50 pictures', 50],
    ]);
  });

  test('of groups that begin with the same number have IDs of their own', () => {
    const { groups } = contactSheet(aManifest(Array.from({ length: 300 }, () => aPage(1))));
    expect(new Set(groups.map(({ id }) => id)).size).toBe(3);
  });
});

describe('the sheets of a spreadsheet', () => {
  const picture = (
    pageNo: number,
    picNum: number | null,
    picIndex: number | null,
    sheetPics: number | null,
  ) => aPage(pageNo, { picNum, picIndex, sheetPics });

  test('are groups of their pictures', () => {
    const { groups, missing } = sheetOf(
      [picture(1, 1, 1, 2), picture(1, 2, 2, 2), picture(2, 1, 3, 1)],
      counts({ sheets: 2 }),
    );
    expect(groups).toEqual([
      'Sheet 1: Picture 1 (1 in file), Picture 2 (2 in file)',
      'Sheet 2: Picture 1 (3 in file)',
    ]);
    expect(missing).toBe(0);
  });

  test('show which pictures and which sheets are missing', () => {
    const { groups, missing } = sheetOf([picture(2, 2, 4, 3), picture(5, 1, 9, 1)], counts({ sheets: 6 }));
    expect(groups).toEqual([
      'Sheet 1: [Sheet 1]',
      'Sheet 2: [Picture 1], Picture 2 (4 in file), [Picture 3]',
      'Sheets 3–4: [Sheets 3–4]',
      'Sheet 5: Picture 1 (9 in file)',
      'Sheet 6: [Sheet 6]',
    ]);
    expect(missing).toBe(6);
  });

  test('are told by their pictures where CI counted no sheets, and count them where CI did not', () => {
    expect(sheetOf([picture(1, null, 1, null), picture(1, null, 2, null)]).groups).toEqual([
      'Sheet 1: Picture 1 (1 in file), Picture 2 (2 in file)',
    ]);
  });

  test('of more than a hundred pictures come in parts', () => {
    const pictures = Array.from({ length: 150 }, (_, index) => picture(1, index + 1, index + 1, 150));
    const { groups } = contactSheet(aManifest(pictures, counts({ sheets: 1 })));
    expect(groups.map(({ title }) => title)).toEqual(['Sheet 1, part 1 of 2', 'Sheet 1, part 2 of 2']);
    expect(new Set(groups.map(({ id }) => id)).size).toBe(2);
  });

  test('of the documented example, of which CI shows two pictures of six, say so', () => {
    const sheet = contactSheet(storedManifest('spreadsheet-incomplete'));
    expect(sheet.isSpreadsheet).toBe(true);
    expect(sheet.groups.map(inWords)).toEqual([
      'Sheet 1: Picture 1 (1 in file), Picture 2 (2 in file)',
      'Sheets 2–3: [Sheets 2–3]',
    ]);
    expect(sheet.missing).toBe(2);
  });
});
