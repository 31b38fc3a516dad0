/**
 * CRC-64/XZ, which COS sends as `x-cos-hash-crc64ecma` (COS, "CRC64 verification": the polynomial of ECMA-182, reflected, initial value and
 * final XOR all ones). The 64 bits are kept as two halves of 32, because a BigInt for each byte would be far slower.
 */

/** The polynomial of ECMA-182, 0x42f0e1eba9ea3693, with its bits reversed. */
const POLYNOMIAL_HIGH = 0xc96c5795;
const POLYNOMIAL_LOW = 0xd7870f42;

/** What each byte value contributes. */
const ENTRIES = Array.from({ length: 256 }, (_, byte) => entryOf(byte));

/** The same by halves, as arrays that are quick to read. */
const TABLE_HIGH = Uint32Array.from(ENTRIES, ({ high }) => high);
const TABLE_LOW = Uint32Array.from(ENTRIES, ({ low }) => low);

function entryOf(byte: number): { readonly high: number; readonly low: number } {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit++) {
    const carry = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (carry === 1) {
      high ^= POLYNOMIAL_HIGH;
      low ^= POLYNOMIAL_LOW;
    }
  }
  return { high, low };
}

/** The CRC-64 of `bytes` as COS writes it: an unsigned decimal number. */
export function crc64Ecma(bytes: Uint8Array): string {
  let high = -1;
  let low = -1;
  // By index: an iterator makes it two thirds slower. The indices are below the lengths of what they are for, so the zeros are never used.
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- see above
  for (let at = 0; at < bytes.length; at++) {
    const index = (low ^ (bytes[at] ?? 0)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (TABLE_LOW[index] ?? 0);
    high = (high >>> 8) ^ (TABLE_HIGH[index] ?? 0);
  }
  return ((BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0)).toString();
}
