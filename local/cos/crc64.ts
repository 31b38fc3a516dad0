/**
 * CRC-64/XZ (the ECMA-182 polynomial, reflected), as COS reports it in `x-cos-hash-crc64ecma`. In two halves of 32 bits: a BigInt for each byte would
 * be some twenty times slower.
 */

/** The polynomial 0x42F0E1EBA9EA3693, bits reversed. */
const POLYNOMIAL_HIGH = 0xc96c5795;
const POLYNOMIAL_LOW = 0xd7870f42;

const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    const carry = (low & 1) === 1;
    low = (low >>> 1) | ((high & 1) << 31);
    high >>>= 1;
    if (carry) {
      low ^= POLYNOMIAL_LOW;
      high ^= POLYNOMIAL_HIGH;
    }
  }
  HIGH[byte] = high;
  LOW[byte] = low;
}

/** The checksum of `bytes` as COS prints it: an unsigned decimal number. */
export function crc64Decimal(bytes: Uint8Array): string {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (LOW[index] ?? 0);
    high = (high >>> 8) ^ (HIGH[index] ?? 0);
  }
  return String((BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0));
}
