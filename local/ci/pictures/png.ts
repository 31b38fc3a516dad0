import { constants, crc32, deflateRawSync } from 'node:zlib';
import { PALETTE, type Canvas } from './canvas.js';

/** A part of a PNG that is compressed already: pictures that share it need not compress it again. */
export interface PngPart {
  readonly width: number;
  readonly height: number;
  /** Raw deflate (RFC 1951) that ends at a byte and is not the last block. */
  readonly deflated: Buffer;
  readonly adler32: number;
  readonly rawBytes: number;
}

/** What becomes of a PNG's filter types here: a row as it is, and a row as the difference to the one above (RFC 2083 §6). */
const NONE = 0;
const UP = 2;

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** Little memory, since most parts are small and zlib clears all of it at each start. */
const DEFLATE = { level: 1, memLevel: 1, windowBits: 10, finishFlush: constants.Z_SYNC_FLUSH } as const;

/** Deflate with a window of 32 KB (RFC 1950 §2.2). */
const ZLIB_HEADER = Buffer.from('789c', 'hex');

/** An empty block that is the last (RFC 1951 §3.2.6). */
const LAST_BLOCK = Buffer.from('0300', 'hex');

/** Compresses a part. Its width must be even, since two pixels share a byte. */
export function pngPart({ width, height, pixels }: Canvas): PngPart {
  const bytesOfRow = width / 2;
  const stride = bytesOfRow + 1;
  const packed = new Uint8Array(bytesOfRow * height);
  for (let at = 0; at < packed.length; at += 1) {
    packed[at] = ((pixels[2 * at] ?? 0) << 4) | (pixels[2 * at + 1] ?? 0);
  }
  const raw = new Uint8Array(stride * height);
  for (let y = 0; y < height; y += 1) {
    raw[y * stride] = y === 0 ? NONE : UP;
    for (let x = 0; x < bytesOfRow; x += 1) {
      const at = y * bytesOfRow + x;
      raw[y * stride + 1 + x] = (packed[at] ?? 0) - (packed[at - bytesOfRow] ?? 0);
    }
  }
  const deflated = deflateRawSync(raw, DEFLATE);
  return { width, height, deflated, adler32: adler32(raw), rawBytes: raw.length };
}

/** The picture (RFC 2083) whose parts stand one below the other. All must be of one width. */
export function png(parts: readonly PngPart[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(parts[0]?.width ?? 0, 0);
  header.writeUInt32BE(
    parts.reduce((sum, { height }) => sum + height, 0),
    4,
  );
  header[8] = 4; // bits a pixel
  header[9] = 3; // a palette
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(parts.reduce((sum, part) => appended(sum, part.adler32, part.rawBytes), 1));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(PALETTE.flat())),
    chunk('IDAT', ZLIB_HEADER, ...parts.map(({ deflated }) => deflated), LAST_BLOCK, checksum),
    chunk('IEND'),
  ]);
}

function chunk(type: string, ...data: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(body.length - 4, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** The largest prime below 2¹⁶ (RFC 1950 §8.2). */
const BASE = 65_521;

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a += byte;
    if (a >= BASE) a -= BASE;
    b += a;
    if (b >= BASE) b -= BASE;
  }
  return b * 65_536 + a;
}

/** The checksum of bytes with the checksum `first` and then `length` bytes with the checksum `second`: what follows from its sums (RFC 1950 §8.2). */
function appended(first: number, second: number, length: number): number {
  const [a1, b1] = [first % 65_536, Math.floor(first / 65_536)];
  const [a2, b2] = [second % 65_536, Math.floor(second / 65_536)];
  const a = (a1 + a2 - 1 + BASE) % BASE;
  const b = (b1 + b2 + (length % BASE) * (a1 - 1 + BASE)) % BASE;
  return b * 65_536 + a;
}
