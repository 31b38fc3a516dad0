import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRfc3339 } from '../../lib/domain/rfc3339.js';

describe('a time in RFC 3339', () => {
  test.each([
    ['2020-07-24T17:28:47+0800', '2020-07-24T17:28:47+08:00', '2020-07-24T09:28:47.000Z'],
    ['2020-07-24T17:28:47+08:00', '2020-07-24T17:28:47+08:00', '2020-07-24T09:28:47.000Z'],
    ['2020-07-24T09:28:47Z', '2020-07-24T09:28:47Z', '2020-07-24T09:28:47.000Z'],
    ['2020-07-24T09:28:47.123456Z', '2020-07-24T09:28:47.123456Z', '2020-07-24T09:28:47.123Z'],
    ['2020-07-24T09:28:47.1-09:30', '2020-07-24T09:28:47.1-09:30', '2020-07-24T18:58:47.100Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ])('%s keeps its offset and names its moment', (text, iso, moment) => {
    expect(parseRfc3339(text)).toEqual({ iso, at: Date.parse(moment) });
  });

  test.each([
    ['no offset', '2020-07-24T17:28:47'],
    ['a date alone', '2020-07-24'],
    ['31 February', '2021-02-31T00:00:00Z'],
    ['29 February of a common year', '2023-02-29T00:00:00Z'],
    ['hour 24', '2020-07-24T24:00:00Z'],
    ['second 60', '2020-07-24T23:59:60Z'],
    ['an offset of 24 hours', '2020-07-24T17:28:47+24:00'],
    ['an offset of 60 minutes', '2020-07-24T17:28:47+08:60'],
    ['space around', ' 2020-07-24T17:28:47Z'],
    ['a line end', '2020-07-24T17:28:47Z\n'],
    ['what CI writes for a time to come', '-'],
    ['nothing', ''],
  ])('%s is none', (_what, text) => {
    expect(parseRfc3339(text)).toBeNull();
  });

  test('what a date writes comes back as the same moment', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        (date) => {
          expect(parseRfc3339(date.toISOString())?.at).toBe(date.getTime());
        },
      ),
    );
  });
});
