import { BLUE, Canvas, GREEN, INK, PALE_BLUE, PALE_GREEN, PAPER, RULE, TEXT, widthOf } from './canvas.js';

/** What a picture shows. */
export interface Subject {
  /** The source document's name. */
  readonly name: string;
  readonly isSheet: boolean;
  /** The page or, of a spreadsheet, the sheet; and the picture's number in it. */
  readonly pageNo: number;
  readonly picNum: number;
}

/** A part of a picture, from one edge to the other. Parts of the same name look the same. */
export interface Section {
  readonly name: string;
  readonly paint: () => Canvas;
}

/** Half of what a page at 96 dpi has; multiples of eight, which JPEG needs. */
const WIDTH = 320;
const MARGIN = 32;
const INNER = WIDTH - 2 * MARGIN;

/** A4, and a sheet across. What differs from page to page, the foot, is no higher than its letters. */
const HEIGHTS = { page: { head: 56, body: 360 }, sheet: { head: 32, body: 168 } } as const;
const FOOT = 24;
const END = 16;

/** So many bodies there are to tell neighbours apart. */
const BODIES = 4;

/** The sections of a picture, from the top. */
export function sectionsOf({ name, isSheet, pageNo, picNum }: Subject): readonly Section[] {
  const { head, body } = HEIGHTS[isSheet ? 'sheet' : 'page'];
  const variant = (isSheet ? pageNo + picNum : pageNo) % BODIES;
  const number = isSheet ? `SHEET ${pageNo} - ${picNum}` : `PAGE ${pageNo}`;
  return [
    { name: `head ${String(isSheet)} ${name}`, paint: () => paintHead(head, name, isSheet) },
    {
      name: `body ${String(isSheet)} ${variant}`,
      paint: () => (isSheet ? paintCells(body, variant) : paintText(body, variant)),
    },
    { name: `foot ${number}`, paint: () => paintFoot(number) },
    { name: 'end', paint: () => new Canvas(WIDTH, END) },
  ];
}

function paintHead(height: number, name: string, isSheet: boolean): Canvas {
  const canvas = new Canvas(WIDTH, height);
  const colour = isSheet ? GREEN : BLUE;
  if (isSheet) {
    canvas.fill(0, 0, WIDTH, height - 8, colour);
    canvas.write(8, 5, 2, name, PAPER);
    return canvas;
  }
  canvas.write(MARGIN, 24, 2, name, INK);
  canvas.fill(MARGIN, 44, INNER, 4, colour);
  return canvas;
}

function paintFoot(number: string): Canvas {
  const canvas = new Canvas(WIDTH, FOOT);
  const scale = 3;
  const left = Math.max(MARGIN, (WIDTH - widthOf(number.length, scale)) >> 1);
  canvas.write(left, 0, scale, number, INK);
  return canvas;
}

/** Multiples of eight, like all that is painted in a body: a JPEG has then no edge within a block. */
const LINE = 16;
const LINE_HEIGHT = 8;

/** Paragraphs, and in all but one body something beside them: a figure, two columns, a table. */
function paintText(height: number, variant: number): Canvas {
  const canvas = new Canvas(WIDTH, height);
  canvas.fill(MARGIN, 8, 120 + 24 * variant, 8, INK);
  switch (variant) {
    case 1:
      paintParagraph(canvas, MARGIN, 32, INNER, 7);
      paintFigure(canvas, 160, 96);
      paintParagraph(canvas, MARGIN, 272, INNER, 4);
      break;
    case 2:
      paintParagraph(canvas, MARGIN, 32, 120, 19);
      paintParagraph(canvas, MARGIN + 136, 32, 120, 17);
      break;
    case 3:
      paintParagraph(canvas, MARGIN, 32, INNER, 8);
      paintTable(canvas, 168, 7);
      break;
    default:
      paintParagraph(canvas, MARGIN, 32, INNER, 6);
      paintParagraph(canvas, MARGIN, 144, INNER, 8);
      paintParagraph(canvas, MARGIN, 288, INNER, 3);
  }
  return canvas;
}

function paintParagraph(canvas: Canvas, left: number, top: number, width: number, lines: number): void {
  for (let line = 0; line < lines; line += 1) {
    const isLast = line === lines - 1;
    const length = isLast ? width / 2 : width - 8 * ((line * 2) % 3);
    canvas.fill(left, top + LINE * line, length, LINE_HEIGHT, TEXT);
  }
}

/** A chart of columns on a pale ground. */
function paintFigure(canvas: Canvas, top: number, height: number): void {
  canvas.fill(MARGIN, top, INNER, height, PALE_BLUE);
  for (let column = 0; column < 7; column += 1) {
    const rise = 24 + 8 * ((column * 3) % 7);
    canvas.fill(MARGIN + 24 + 32 * column, top + height - 8 - rise, 16, rise, BLUE);
  }
}

function paintTable(canvas: Canvas, top: number, rows: number): void {
  canvas.fill(MARGIN, top, INNER, 24, PALE_BLUE);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < 4; column += 1) {
      const length = 24 + 8 * ((row + 2 * column) % 3);
      canvas.fill(MARGIN + 8 + 64 * column, top + 8 + 24 * row, length, LINE_HEIGHT, row === 0 ? BLUE : TEXT);
    }
  }
}

/** A grid with its headings, and figures in most of the cells. */
function paintCells(height: number, variant: number): Canvas {
  const canvas = new Canvas(WIDTH, height);
  const [row, column] = [24, 64];
  canvas.fill(0, 0, WIDTH, row, PALE_GREEN);
  for (let top = row; top < height; top += row) canvas.fill(0, top, WIDTH, 1, RULE);
  for (let left = column; left < WIDTH; left += column) canvas.fill(left, 0, 1, height, RULE);
  for (let line = 0; line * row < height - row; line += 1) {
    const filled = (line + variant) % 4 === 3 ? 3 : 5;
    for (let cell = 0; cell < filled; cell += 1) {
      const length = cell === 0 ? 40 : 16 + 8 * ((line + cell * 2 + variant) % 4);
      const left = cell === 0 ? 8 : (cell + 1) * column - 8 - length;
      canvas.fill(left, line * row + 8, length, LINE_HEIGHT, line === 0 ? GREEN : cell === 0 ? INK : TEXT);
    }
  }
  return canvas;
}
