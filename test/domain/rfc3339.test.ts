import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRfc3339 } from '../../lib/domain/rfc3339.js';

describe('a time in RFC 3339', () => {
  test.each<[text: string, iso: string, utc: string]>([
    ['2020-07-24T17:28:47+0800', '2020-07-24T17:28:47+08:00', '2020-07-24T09:28:47.000Z'],
    ['2020-07-24T17:28:47+08:00', '2020-07-24T17:28:47+08:00', '2020-07-24T09:28:47.000Z'],
    ['2020-07-24T09:28:47Z', '2020-07-24T09:28:47Z', '2020-07-24T09:28:47.000Z'],
    ['2020-07-24T09:28:47+0000', '2020-07-24T09:28:47+00:00', '2020-07-24T09:28:47.000Z'],
    ['2020-07-24T09:28:47-0000', '2020-07-24T09:28:47-00:00', '2020-07-24T09:28:47.000Z'],
    ['2020-12-31T20:00:00-0530', '2020-12-31T20:00:00-05:30', '2021-01-01T01:30:00.000Z'],
    ['2021-01-01T01:00:00+0530', '2021-01-01T01:00:00+05:30', '2020-12-31T19:30:00.000Z'],
    ['2020-07-24T17:28:47.5+0800', '2020-07-24T17:28:47.5+08:00', '2020-07-24T09:28:47.500Z'],
    ['2020-07-24T17:28:47.123456789Z', '2020-07-24T17:28:47.123456789Z', '2020-07-24T17:28:47.123Z'],
    ['2020-07-24T17:28:47.007Z', '2020-07-24T17:28:47.007Z', '2020-07-24T17:28:47.007Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0099-01-01T00:00:00Z', '0099-01-01T00:00:00Z', '0099-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59+0000', '9999-12-31T23:59:59+00:00', '9999-12-31T23:59:59.000Z'],
  ])('reads %s', (text, iso, utc) => {
    const time = parseRfc3339(text);
    expect(time?.iso).toBe(iso);
    expect(time && new Date(time.at).toISOString()).toBe(utc);
  });

  test.each([
    ['what has not happened yet', '-'],
    ['nothing', ''],
    ['31 February', '2020-02-31T00:00:00+0800'],
    ['29 February of no leap year', '2023-02-29T00:00:00Z'],
    ['31 April', '2020-04-31T00:00:00Z'],
    ['month 0', '2020-00-10T00:00:00Z'],
    ['month 13', '2020-13-10T00:00:00Z'],
    ['day 0', '2020-01-00T00:00:00Z'],
    ['hour 24', '2020-01-01T24:00:00Z'],
    ['hour 25', '2020-01-01T25:00:00Z'],
    ['minute 60', '2020-01-01T00:60:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['an offset of a day', '2020-01-01T00:00:00+2400'],
    ['an offset of 60 minutes', '2020-01-01T00:00:00+0060'],
    ['half an offset', '2020-01-01T00:00:00+08'],
    ['no offset', '2020-07-24T17:28:47'],
    ['a space for the T', '2020-07-24 17:28:47+0800'],
    ['a date alone', '2020-07-24'],
    ['seconds since the epoch', '1595582927'],
    ['a date of HTTP', 'Fri, 24 Jul 2020 09:28:47 GMT'],
    ['a point without a fraction', '2020-07-24T17:28:47.Z'],
    ['something after it', '2020-07-24T17:28:47Z\n'],
    ['something before it', ' 2020-07-24T17:28:47Z'],
    ['a year of five digits', '12020-07-24T17:28:47Z'],
    ['other digits than ours', '２０２０-07-24T17:28:47Z'],
  ])('takes %s for no time', (_what, text) => {
    expect(parseRfc3339(text)).toBeNull();
  });

  test('what it makes of a time is RFC 3339 of the same moment, and reads again', () => {
    const dates = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, fc.integer({ min: -1439, max: 1439 }), fc.boolean(), (date, offset, colon) => {
        const minutes = Math.abs(offset);
        const two = (value: number) => String(value).padStart(2, '0');
        const wallClock = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const written = `${wallClock}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${colon ? ':' : ''}${two(minutes % 60)}`;
        const time = parseRfc3339(written);
        expect(time?.at).toBe(date.getTime());
        expect(Date.parse(time?.iso ?? '')).toBe(date.getTime());
        expect(parseRfc3339(time?.iso ?? '')).toEqual(time);
      }),
    );
  });
});
