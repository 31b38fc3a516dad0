import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crc64Ecma } from '../../lib/cos/crc64.js';

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

/** The definition, a bit at a time. */
function slowCrc64(bytes: Uint8Array): string {
  let crc = ALL_ONES;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  }
  return (crc ^ ALL_ONES).toString();
}

describe('the CRC-64 that COS sends', () => {
  test.each([
    // The check value of CRC-64/XZ in the catalogue of parametrised CRC algorithms (reveng): 995dc9bbdf1939fa.
    ['123456789', '11051210869376104954'],
    ['', '0'],
    // As in the check field of an .xz file of the same bytes, made by liblzma.
    ['The quick brown fox jumps over the lazy dog', '6583902852472283588'],
  ])('of %j is %s', (text, crc) => {
    expect(crc64Ecma(Buffer.from(text))).toBe(crc);
  });

  test('is never negative: the top bit of a byte ends up in the top half', () => {
    expect(crc64Ecma(Uint8Array.of(0xff))).toBe('18374686479671623680');
  });

  test('is that of the slow definition for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(crc64Ecma(bytes)).toBe(slowCrc64(bytes));
      }),
      { numRuns: 2_000 },
    );
  });
});
