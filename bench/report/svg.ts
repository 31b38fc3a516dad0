/** One bar, with its spread. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Ours is drawn in another colour than the others. */
  readonly isOurs: boolean;
}

/** Bars that belong together. */
export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LEFT = 240;
const RIGHT = 90;
const BAR = 18;
const GAP = 6;
const HEAD = 44;
const GROUP_HEAD = 26;
const OURS = '#1f6feb';
const OTHERS = '#8b949e';
const INK = '#24292f';

/** A chart of horizontal bars, in groups, all on one scale; a thin line shows least and greatest. */
export function barChart(title: string, unit: string, groups: readonly BarGroup[]): string {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ high }) => high)));
  const scale = (value: number): number => (value / most) * (WIDTH - LEFT - RIGHT);
  const parts: string[] = [];
  let y = HEAD;
  for (const { title: heading, bars } of groups) {
    parts.push(text(12, y + 16, heading, 'font-weight="bold"'));
    y += GROUP_HEAD;
    for (const { label, value, low, high, isOurs } of bars) {
      const middle = y + BAR / 2;
      parts.push(
        text(LEFT - 8, middle + 4, label, 'text-anchor="end"'),
        `<rect x="${LEFT}" y="${y}" width="${shown(scale(value))}" height="${BAR}" fill="${isOurs ? OURS : OTHERS}"/>`,
        `<path d="M${shown(LEFT + scale(low))} ${middle}H${shown(LEFT + scale(high))}" stroke="${INK}"/>`,
        text(shown(LEFT + scale(Math.max(value, high)) + 6), middle + 4, `${label3(value)} ${unit}`),
      );
      y += BAR + GAP;
    }
    y += GAP;
  }
  return frame(title, y + 8, parts);
}

/** A line: values over a quantity. */
export interface Line {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const COLOURS = [OURS, '#bf8700', '#1a7f37', '#cf222e'];
const PLOT = { left: 70, top: 60, width: 560, height: 220 } as const;

/** A chart of lines over a logarithmic axis; the other begins at zero. */
export function lineChart(
  title: string,
  axes: { readonly x: string; readonly y: string },
  lines: readonly Line[],
): string {
  const points = lines.flatMap((line) => line.points);
  const [least, most] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const top = Math.max(...points.map(({ y }) => y)) * 1.15;
  const atX = (x: number): number =>
    PLOT.left + (most === least ? 0.5 : Math.log(x / least) / Math.log(most / least)) * PLOT.width;
  const atY = (y: number): number => PLOT.top + PLOT.height * (1 - y / top);
  const parts = [
    `<path d="M${PLOT.left} ${PLOT.top}V${PLOT.top + PLOT.height}H${PLOT.left + PLOT.width}" fill="none" stroke="${INK}"/>`,
    text(PLOT.left, PLOT.top - 8, axes.y),
    text(PLOT.left + PLOT.width, PLOT.top + PLOT.height + 38, axes.x, 'text-anchor="end"'),
  ];
  for (const x of new Set(points.map((point) => point.x)))
    parts.push(
      text(shown(atX(x)), PLOT.top + PLOT.height + 18, x.toLocaleString('en'), 'text-anchor="middle"'),
    );
  for (const y of [0, top / 2 / 1.15, top / 1.15])
    parts.push(
      text(PLOT.left - 6, shown(atY(y) + 4), label3(y), 'text-anchor="end"'),
      `<path d="M${PLOT.left} ${shown(atY(y))}h${PLOT.width}" stroke="#d0d7de"/>`,
    );
  lines.forEach(({ label, points: own }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? INK;
    const path = own
      .map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${shown(atX(x))} ${shown(atY(y))}`)
      .join('');
    parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const { x, y } of own)
      parts.push(`<circle cx="${shown(atX(x))}" cy="${shown(atY(y))}" r="3" fill="${colour}"/>`);
    const last = own.at(-1);
    if (last !== undefined)
      parts.push(text(shown(atX(last.x) + 8), shown(atY(last.y) + 4), label, `fill="${colour}"`));
  });
  return frame(title, PLOT.top + PLOT.height + 52, parts);
}

/** Three digits that count, as a reader wants them. */
export function label3(value: number): string {
  if (value === 0) return '0';
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

function frame(title: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="${INK}">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(12, 24, title, 'font-size="15" font-weight="bold"'),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}"${attributes === '' ? '' : ` ${attributes}`}>${escaped}</text>`;
}

function shown(value: number): number {
  return Number(value.toFixed(1));
}
