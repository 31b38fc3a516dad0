import { PALETTE, type Canvas } from './canvas.js';

/**
 * A part of a JPEG that is compressed already: the rows of its blocks. Each begins anew at a restart marker, and so does not depend on what
 * stands above it (ITU-T T.81 §F.1.1.5).
 */
export interface JpegPart {
  readonly width: number;
  readonly height: number;
  readonly rows: readonly Buffer[];
}

const BLOCK = 8;

/** Divides every coefficient: no table of the standard, for few bytes with letters that stay sharp. */
const QUANTUM = 16;

/** Luminance and the two colour differences of each colour, less 128 (JFIF 1.02, "Conversion to and from RGB"). */
const PLANES: readonly (readonly [number, number, number])[] = PALETTE.map(([r, g, b]) => [
  Math.round(0.299 * r + 0.587 * g + 0.114 * b) - 128,
  Math.round(-0.1687 * r - 0.3313 * g + 0.5 * b),
  Math.round(0.5 * r - 0.4187 * g - 0.0813 * b),
]);

const COSINES = Array.from({ length: BLOCK }, (_, u) =>
  Array.from(
    { length: BLOCK },
    (__, x) => Math.cos(((2 * x + 1) * u * Math.PI) / 16) * (u === 0 ? Math.SQRT1_2 : 1) * 0.5,
  ),
);

/** The places of a block along its diagonals, there and back (T.81, figure 5). */
const ZIGZAG: readonly number[] = Array.from({ length: 64 }, (_, place) => place).sort((one, other) => {
  const [x1, y1, x2, y2] = [one % 8, one >> 3, other % 8, other >> 3];
  return x1 + y1 - (x2 + y2) || ((x1 + y1) % 2 === 0 ? x1 - x2 : y1 - y2);
});

/** So many zeros that another symbol has to follow (T.81 §F.1.2.2). */
const SIXTEEN_ZEROS = 0xf0;

/**
 * Codes of two lengths (T.81, annex C): the first symbol is `0`, every other one begins with `1`. By far the most blocks are of one colour and like their
 * neighbour, which the first symbol says: no difference, no more coefficients.
 */
interface Codes {
  readonly symbols: readonly number[];
  readonly longLength: number;
}

const DC: Codes = { symbols: Array.from({ length: 12 }, (_, size) => size), longLength: 5 };
const AC: Codes = {
  symbols: [
    0,
    SIXTEEN_ZEROS,
    ...Array.from({ length: 160 }, (_, at) => (Math.floor(at / 10) << 4) | ((at % 10) + 1)),
  ],
  longLength: 9,
};

/** Compresses a part. Its width and height must be multiples of eight. */
export function jpegPart(canvas: Canvas): JpegPart {
  const { width, height } = canvas;
  return {
    width,
    height,
    rows: Array.from({ length: height / BLOCK }, (_, row) => encodeRow(canvas, row * BLOCK)),
  };
}

/** The picture (T.81, baseline; JFIF) whose parts stand one below the other. All must be of one width. */
export function jpeg(parts: readonly JpegPart[]): Buffer {
  const width = parts[0]?.width ?? 0;
  const height = parts.reduce((sum, part) => sum + part.height, 0);
  const rows = parts.flatMap((part) => part.rows);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    segment(0xdb, [0, ...Array<number>(64).fill(QUANTUM)]),
    segment(0xc0, [8, ...word(height), ...word(width), 3, ...[1, 2, 3].flatMap((id) => [id, 0x11, 0])]),
    segment(0xc4, [0x00, ...tableOf(DC)]),
    segment(0xc4, [0x10, ...tableOf(AC)]),
    segment(0xdd, word(width / BLOCK)),
    segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
    ...rows.flatMap((row, index) => (index === 0 ? [row] : [restart(index - 1), row])),
    Buffer.from([0xff, 0xd9]),
  ]);
}

function segment(marker: number, content: readonly number[]): Buffer {
  return Buffer.from([0xff, marker, ...word(content.length + 2), ...content]);
}

function word(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}

/** They count from 0 to 7, over and over. */
function restart(index: number): Buffer {
  return Buffer.from([0xff, 0xd0 + (index % 8)]);
}

/** How many codes there are of each length up to sixteen, and their symbols. */
function tableOf({ symbols, longLength }: Codes): number[] {
  const counts = Array<number>(16).fill(0);
  counts[0] = 1;
  counts[longLength - 1] = symbols.length - 1;
  return [...counts, ...symbols];
}

function encodeRow({ width, pixels }: Canvas, top: number): Buffer {
  const bits = new BitWriter();
  const before = [0, 0, 0];
  const block = Buffer.alloc(64);
  for (let left = 0; left < width; left += BLOCK) {
    for (let y = 0; y < BLOCK; y += 1) {
      const from = (top + y) * width + left;
      block.set(pixels.subarray(from, from + BLOCK), y * BLOCK);
    }
    for (const [plane, coefficients] of transformed(block).entries()) {
      const [dc = 0] = coefficients;
      bits.writeNumber(DC, 0, dc - (before[plane] ?? 0));
      before[plane] = dc;
      encodeRest(bits, coefficients);
    }
  }
  return bits.end();
}

/** The quantised coefficients of a block's three planes, each in zigzag order as far as the last that is not zero. */
type Transformed = readonly (readonly number[])[];

/** The same blocks, blank ones and pieces of letters, come again and again. */
const known = new Map<string, Transformed>();
const MOST_KNOWN = 4_096;

function transformed(block: Buffer): Transformed {
  const name = block.toString('latin1');
  const before = known.get(name);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const planes = [0, 1, 2].map((plane) =>
    transform(Array.from(block, (colour) => PLANES[colour]?.[plane] ?? 0)),
  );
  known.set(name, planes);
  return planes;
}

/** The discrete cosine transform (T.81 §A.3.3), lines first, then columns. */
function transform(values: readonly number[]): readonly number[] {
  const lines = values.map((_, place) =>
    sum8((x) => (values[(place & 56) + x] ?? 0) * (COSINES[place % 8]?.[x] ?? 0)),
  );
  const coefficients = ZIGZAG.map((place) => {
    const value = sum8((y) => (lines[8 * y + (place % 8)] ?? 0) * (COSINES[place >> 3]?.[y] ?? 0));
    return Math.round(value / QUANTUM);
  });
  return coefficients.slice(0, Math.max(1, coefficients.findLastIndex((value) => value !== 0) + 1));
}

function sum8(term: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < BLOCK; index += 1) sum += term(index);
  return sum;
}

function encodeRest(bits: BitWriter, coefficients: readonly number[]): void {
  let zeros = 0;
  for (const value of coefficients.slice(1)) {
    if (value === 0) {
      zeros += 1;
      continue;
    }
    for (; zeros > 15; zeros -= 16) bits.writeSymbol(AC, SIXTEEN_ZEROS);
    bits.writeNumber(AC, zeros, value);
    zeros = 0;
  }
  if (coefficients.length < 64) bits.writeSymbol(AC, 0);
}

class BitWriter {
  readonly #bytes: number[] = [];
  /** What is not written yet, fewer than eight bits between calls. */
  #bits = 0;
  #count = 0;

  writeSymbol({ symbols, longLength }: Codes, symbol: number): void {
    const index = symbols.indexOf(symbol);
    if (index === 0) this.#write(0, 1);
    else this.#write((1 << (longLength - 1)) + index - 1, longLength);
  }

  /** A number as its size, after so many zeros, and then its own bits; of a negative one the bits of one less (T.81 §F.1.2.1). */
  writeNumber(codes: Codes, zeros: number, value: number): void {
    const size = 32 - Math.clz32(Math.abs(value));
    this.writeSymbol(codes, (zeros << 4) | size);
    this.#write((value < 0 ? value - 1 : value) & ((1 << size) - 1), size);
  }

  /** Fills the last byte with ones. */
  end(): Buffer {
    if (this.#count > 0) this.#write((1 << (8 - this.#count)) - 1, 8 - this.#count);
    return Buffer.from(this.#bytes);
  }

  #write(value: number, length: number): void {
    this.#bits = (this.#bits << length) | value;
    this.#count += length;
    while (this.#count >= 8) {
      this.#count -= 8;
      const byte = (this.#bits >> this.#count) & 0xff;
      this.#bytes.push(byte);
      // A byte of ones would be a marker (T.81 §B.1.1.5).
      if (byte === 0xff) this.#bytes.push(0);
    }
    this.#bits &= (1 << this.#count) - 1;
  }
}
