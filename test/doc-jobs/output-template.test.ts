import { describe, expect, test } from '@jest/globals';
import {
  fixedBeginning,
  templateProblems,
  withoutLeadingSlash,
  type TemplateUse,
} from '../../lib/doc-jobs/output-template.js';

const PAGES: TemplateUse = { kind: 'pages', isOneFile: false };
const SHEETS: TemplateUse = { kind: 'spreadsheet', isOneFile: false };
const PDF: TemplateUse = { kind: 'spreadsheet', isOneFile: true };

describe('an output template', () => {
  test.each<[string, TemplateUse]>([
    ['out/${Number}.jpg', PAGES],
    ['out/${Page}.jpg', PAGES],
    ['/out/${Number}.jpg', PAGES],
    ['out/${SheetID}/${Page}.jpg', SHEETS],
    ['out/${Number}', { kind: undefined, isOneFile: false }],
    ['out/a.pdf', PDF],
    ['.hidden/..a/b..${Number}', PAGES],
    // The longest that still fits: 4 digits of a page, 7 of a sheet.
    [`${'x'.repeat(846)}\${Number}`, PAGES],
    [`${'x'.repeat(846)}\${Page}`, PAGES],
    [`${'x'.repeat(839)}\${SheetID}\${Page}`, SHEETS],
  ])('can be %s', (template, use) => {
    expect(templateProblems(template, use)).toEqual([]);
  });

  const NO_PAGE = 'must contain ${Number} or ${Page}, or all pictures would have one key';
  const TOO_LONG = 'can become longer than the 850 bytes of a COS key';
  test.each<[string, TemplateUse, ...problems: string[]]>([
    ['out.jpg', PAGES, NO_PAGE],
    ['${SheetID}.jpg', PAGES, NO_PAGE],
    ['out/${Number}', SHEETS, 'must contain ${SheetID} for a spreadsheet, or its sheets would share keys'],
    ['${Number}/${number}', PAGES, 'has an unknown placeholder: CI knows ${Number}, ${Page} and ${SheetID}'],
    [
      '${}',
      PDF,
      'has an unknown placeholder: CI knows ${Number}, ${Page} and ${SheetID}',
      'must not be empty',
    ],
    ['${Number}${Page', PAGES, 'has a "${" that is never closed'],
    [`${'x'.repeat(847)}\${Number}`, PAGES, TOO_LONG],
    [`${'x'.repeat(847)}\${Page}`, PAGES, TOO_LONG],
    [`${'x'.repeat(840)}\${SheetID}\${Page}`, SHEETS, TOO_LONG],
    [
      `${'x'.repeat(845)}\${Number} `,
      PAGES,
      'must not begin or end with a space, which would be lost in XML',
    ],
    ['//${Number}', PAGES, 'must not begin with a slash or backslash: keys have none'],
    ['./${Number}', PAGES, 'must not have "." or ".." as a segment'],
    ['a/../${Number}', PAGES, 'must not have "." or ".." as a segment'],
  ])('cannot be %s', (template, use, ...problems) => {
    expect(templateProblems(template, use)).toEqual(problems);
  });

  test.each([
    ['/a/${Number}/', 'a/${Number}/', 'a/'],
    ['a${Number}${Page}', 'a${Number}${Page}', 'a'],
    ['${Number}', '${Number}', ''],
    ['plain/', 'plain/', 'plain/'],
  ])('%s makes keys without a slash in front, all with one beginning', (template, key, beginning) => {
    expect([withoutLeadingSlash(template), fixedBeginning(template)]).toEqual([key, beginning]);
  });
});
