import { expect, test } from '@jest/globals';
import { cronProblem, everyMinutes } from '../../../deploy/tencent/cron.js';

test.each([
  // The examples of the document (SCF, product 583, page 9708).
  '*/5 * * * * * *',
  '0 0 2 1 * * *',
  '0 15 10 * * MON-FRI *',
  '0 0 10,14,16 * * * *',
  '0 */30 9-17 * * * *',
  '0 0 12 * * WED *',
  // Its marks.
  '0 0 0 L * ? *',
  '0 0 0 15W * ? *',
  '0 0 0 ? * 5L *',
  '0 0 0 ? * 2#3 *',
  '0 0 0 1 JAN-MAR,DEC ? 2026-2030',
  '0 0 0 ? * 0 2099',
])('%s is a timer expression', (expression) => {
  expect(cronProblem(expression)).toBeUndefined();
});

test.each([
  ['* * * * *', 'has 5 fields'],
  ['0 * * * * *', 'has 6 fields'],
  ['0  * * * * * *', 'has 8 fields'],
  ['60 * * * * * *', 'has "60" as its second'],
  ['0 60 * * * * *', 'has "60" as its minute'],
  ['0 0 24 * * * *', 'has "24" as its hour'],
  ['0 0 0 0 * * *', 'has "0" as its day of the month'],
  ['0 0 0 32 * * *', 'has "32" as its day of the month'],
  ['0 0 0 1 13 * *', 'has "13" as its month'],
  ['0 0 0 1 JANUARY * *', 'has "JANUARY" as its month'],
  ['0 0 0 * * 7 *', 'has "7" as its day of the week'],
  ['0 0 0 * * 2#6 *', 'has "2#6" as its day of the week'],
  ['0 0 0 * * * 1969', 'has "1969" as its year'],
  ['? * * * * * *', 'has "?" as its second'],
  ['0 0 0 ? * ? *', '"?" both'],
  ['0 30-10 * * * * *', 'has "30-10" as its minute'],
  ['0 */0 * * * * *', 'has "*/0" as its minute'],
  ['0 */90 * * * * *', 'has "*/90" as its minute'],
  ['0 1-2-3 * * * * *', 'has "1-2-3" as its minute'],
  ['0 1, * * * * *', 'has "" as its minute'],
  ['0 L * * * * *', 'has "L" as its minute'],
  ['0 0 0 5L * * *', 'has "5L" as its day of the month'],
  ['0 0 0 * * 15W *', 'has "15W" as its day of the week'],
])('%s is refused, and why is said', (expression, why) => {
  expect(cronProblem(expression)).toContain(why);
});

test.each([
  [1, '0 * * * * * *'],
  [5, '0 */5 * * * * *'],
  [60, '0 0 * * * * *'],
  [180, '0 0 */3 * * * *'],
  [1_440, '0 0 0 * * * *'],
])('every %s minutes is %s', (minutes, expression) => {
  expect(everyMinutes(minutes)).toBe(expression);
  expect(cronProblem(expression)).toBeUndefined();
});

test.each([0, 1.5, 7, 90, 300])('every %s minutes is nothing that one expression says evenly', (minutes) => {
  expect(() => everyMinutes(minutes)).toThrow(RangeError);
});
