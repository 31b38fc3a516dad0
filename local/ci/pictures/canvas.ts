import { GLYPH_WIDTH, glyphOf } from './font.js';

/** Red, green and blue of the colours, which pixels name by their place here. */
export const PALETTE = [
  [0xff, 0xff, 0xff],
  [0x33, 0x33, 0x33],
  [0xc4, 0xc4, 0xc4],
  [0xe2, 0xe2, 0xe2],
  [0x2f, 0x62, 0xa8],
  [0xd3, 0xe1, 0xf3],
  [0x2b, 0x7a, 0x52],
  [0xd5, 0xec, 0xdf],
] as const;

/** The colours by name. */
export const PAPER = 0;
export const INK = 1;
export const TEXT = 2;
export const RULE = 3;
export const BLUE = 4;
export const PALE_BLUE = 5;
export const GREEN = 6;
export const PALE_GREEN = 7;

/** A place in {@link PALETTE}. */
export type Colour = number;

/** A part of a picture as wide as the picture, a pixel a byte. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height).fill(PAPER);
  }

  /** Fills a rectangle, as much of it as is on the canvas. */
  fill(left: number, top: number, width: number, height: number, colour: Colour): void {
    const right = Math.min(left + width, this.width);
    const bottom = Math.min(top + height, this.height);
    for (let y = top; y < bottom; y += 1) {
      this.pixels.fill(colour, y * this.width + left, y * this.width + right);
    }
  }

  /** Writes a line of text, `scale` pixels a dot, and leaves off what does not fit. */
  write(left: number, top: number, scale: number, text: string, colour: Colour): void {
    let x = left;
    for (const letter of text) {
      if (x + GLYPH_WIDTH * scale > this.width - left) return;
      for (const [row, dots] of glyphOf(letter).entries()) {
        for (let column = 0; column < GLYPH_WIDTH; column += 1) {
          const isSet = (dots >> (GLYPH_WIDTH - 1 - column)) & 1;
          if (isSet === 1) this.fill(x + column * scale, top + row * scale, scale, scale, colour);
        }
      }
      x += widthOf(1, scale);
    }
  }
}

/** How wide so many letters are, the gap after the last one included. */
export function widthOf(letters: number, scale: number): number {
  return letters * (GLYPH_WIDTH + 1) * scale;
}
