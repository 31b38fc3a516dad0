import { expect, test } from '@jest/globals';
import {
  countText,
  counted,
  durationText,
  fileNameOf,
  momentText,
  rangeText,
  writtenTimeText,
} from '../../../cli/view/format.js';
import { epochMs } from '../../../lib/domain/units.js';

test.each([
  [0, '0 s'],
  [850, '850 ms'],
  [999.6, '1 s'],
  [4_230, '4.2 s'],
  [10_499, '10 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [125_000, '2 min 5 s'],
  [119_700, '2 min'],
  [3_600_000, '1 h'],
  [7_199_000, '2 h'],
  [11_100_000, '3 h 5 min'],
  [86_400_000, '1 d'],
  [277_200_000, '3 d 5 h'],
])('%d ms are %s', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text);
});

test('numbers, ranges and times are written as people read them', () => {
  expect(countText(1_234_567)).toBe('1,234,567');
  expect([1, 2].map((count) => counted(count, 'page'))).toEqual(['1 page', '2 pages']);
  expect(counted(2, 'page is', 'pages are')).toBe('2 pages are');
  expect([rangeText(3, 3), rangeText(3, 7)]).toEqual(['3', '3–7']);
  expect(momentText(epochMs(Date.UTC(2026, 0, 1)))).toBe('2026-01-01 00:00:00 UTC');
  expect(['2020-07-24T17:28:47+08:00', '2020-07-24T17:28:47Z'].map(writtenTimeText)).toEqual([
    '2020-07-24 17:28:47 +08:00',
    '2020-07-24 17:28:47 UTC',
  ]);
  expect(['a/b/文.doc', 'c.doc', ''].map(fileNameOf)).toEqual(['文.doc', 'c.doc', '']);
});
