import { countText } from './format.js';
import { markup, type Markup } from './markup.js';

/** What a series is drawn in: a class of the style. */
export type Tone = 'good' | 'bad' | 'one' | 'two' | 'three' | 'four';

/** Values of one kind, one for each place on the axis; null where there is none. */
export interface Series {
  readonly name: string;
  readonly tone: Tone;
  readonly values: readonly (number | null)[];
}

/** A plot over an axis with places. */
export interface Plot {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** What the plot shows, in a sentence, for who cannot see it. */
  readonly description: string;
  /** What the axes show, with their units. */
  readonly x: string;
  readonly y: string;
  /** The places of the axis, each with the whole name that the table gives it; most have no label, lest they run into each other. */
  readonly places: readonly { readonly label?: string | undefined; readonly name: string }[];
  readonly series: readonly Series[];
  /** Round steps of the value axis, ascending; powers of ten and their doubles and fivefolds if left out. */
  readonly steps?: readonly number[];
  /** How a value is written. */
  readonly shown: (value: number) => string;
}

const WIDTH = 720;
const HEIGHT = 250;
const LEFT = 84;
const RIGHT = 36;
const TOP = 30;
const BOTTOM = 54;
const INNER = { width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM } as const;

/** A plot of columns, the series one above the other. */
export function columnPlot(plot: Plot): Markup {
  const sums = plot.places.map((_, index) =>
    plot.series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0),
  );
  const scale = scaleTo(Math.max(0, ...sums), plot.steps);
  const pitch = INNER.width / plot.places.length;
  const width = Math.max(1, Math.min(48, pitch * 0.8));
  const columns = plot.places.map((_, index) => {
    let below = 0;
    return plot.series.map(({ tone, values }) => {
      const value = values[index] ?? 0;
      if (value === 0) return markup``;
      const [top, bottom] = [scale.y(below + value), scale.y(below)];
      below += value;
      const x = LEFT + pitch * (index + 0.5) - width / 2;
      // A line of ground between parts keeps them apart in print and for who does not tell the colours.
      const gap = below === value ? 0 : 1;
      return markup`<rect class="fill ${tone}" x="${coordinate(x)}" y="${coordinate(top)}" width="${coordinate(width)}" height="${coordinate(Math.max(1, bottom - top - gap))}"/>`;
    });
  });
  return figure(plot, scale, columns.flat());
}

/** A plot of lines with a mark at each value; a line breaks where there is none. */
export function linePlot(plot: Plot): Markup {
  const most = Math.max(0, ...plot.series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const scale = scaleTo(most, plot.steps);
  const pitch = INNER.width / plot.places.length;
  const lines = plot.series.map(({ tone, values }, nth) => {
    const points = values.map((value, index) =>
      value === null
        ? null
        : ([coordinate(LEFT + pitch * (index + 0.5)), coordinate(scale.y(value))] as const),
    );
    const path = points
      .map((point, index) =>
        point === null ? '' : `${(points[index - 1] ?? null) === null ? 'M' : 'L'}${point[0]} ${point[1]}`,
      )
      .join('');
    // Told apart by the form of their marks as well.
    const marks = points.flatMap((point) =>
      point === null
        ? []
        : nth === 0
          ? markup`<circle class="fill ${tone}" cx="${point[0]}" cy="${point[1]}" r="3.5"/>`
          : markup`<rect class="fill ${tone}" x="${point[0] - 3}" y="${point[1] - 3}" width="6" height="6"/>`,
    );
    return markup`<path class="line ${tone}" d="${path}"/>${marks}`;
  });
  return figure(plot, scale, lines);
}

interface Scale {
  readonly ticks: readonly number[];
  readonly y: (value: number) => number;
}

/** A scale from zero to beyond the greatest value, in round steps. */
function scaleTo(most: number, steps: readonly number[] | undefined): Scale {
  const rough = Math.max(most, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const decimal = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power);
  const step = steps?.find((one) => one >= rough) ?? decimal;
  const ticks = Array.from({ length: Math.ceil(Math.max(most, 1) / step) + 1 }, (_, index) => index * step);
  const top = ticks.at(-1) ?? 1;
  return { ticks, y: (value) => TOP + INNER.height * (1 - value / top) };
}

function coordinate(value: number): number {
  return Number(value.toFixed(1));
}

function figure(plot: Plot, scale: Scale, drawn: readonly Markup[]): Markup {
  const { id, title, description, series } = plot;
  const legend =
    series.length < 2
      ? undefined
      : markup`<ul class="legend">${series.map(({ name, tone }) => markup`<li><svg width="12" height="12" aria-hidden="true"><rect class="fill ${tone}" width="12" height="12" rx="2"/></svg>${name}</li>`)}</ul>`;
  return markup`
<figure class="plot" aria-labelledby="${id}-title"><figcaption><h3 id="${id}-title">${title}</h3>${legend}</figcaption>
<div class="scroll" tabindex="0" role="group" aria-label="Plot: ${title}"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${description}">${axes(plot, scale)}${drawn}</svg></div>
${table(plot)}</figure>`;
}

function axes({ x, y, places, shown }: Plot, scale: Scale): Markup {
  const rows = scale.ticks.map((tick) => {
    const at = coordinate(scale.y(tick));
    return markup`<path class="${tick === 0 ? 'axis' : 'grid'}" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${at + 5}" text-anchor="end">${shown(tick)}</text>`;
  });
  const pitch = INNER.width / places.length;
  const labels = places.map(({ label }, index) =>
    label === undefined
      ? markup``
      : markup`<text x="${coordinate(LEFT + pitch * (index + 0.5))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${label}</text>`,
  );
  return markup`${rows}${labels}<text x="4" y="13">${y}</text><text x="${WIDTH - RIGHT}" y="${HEIGHT - 10}" text-anchor="end">${x}</text>`;
}

function table({ title, x, places, series, shown }: Plot): Markup {
  const heads = series.map(({ name }) => markup`<th scope="col">${name}</th>`);
  const rows = places.map(
    ({ name }, index) =>
      markup`<tr><th scope="row">${name}</th>${series.map(({ values }) => {
        const value = values[index] ?? null;
        return markup`<td>${value === null ? '–' : shown(value)}</td>`;
      })}</tr>`,
  );
  return markup`<details class="screen"><summary>The numbers<span class="hidden"> of: ${title}</span></summary><div class="scroll" tabindex="0" role="group" aria-label="Table: ${title}"><table><thead><tr><th scope="col">${x}</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

/** One bar. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly tone: Tone;
  /** What it means, in a few words. */
  readonly note?: string;
}

/** Bars below each other with their numbers: a table that shows its lengths. */
export function barTable(caption: string, bars: readonly Bar[]): Markup {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const rows = bars.map(({ label, value, tone, note }) => {
    const length = value === 0 ? 0 : Math.max(1, coordinate((200 * value) / most));
    return markup`<tr><th scope="row">${label}${note === undefined ? undefined : markup`<span class="note-text">${note}</span>`}</th><td class="number">${countText(value)}</td><td class="bar"><svg viewBox="0 0 200 14" preserveAspectRatio="none" aria-hidden="true"><rect class="fill ${tone}" width="${length}" height="14"/></svg></td></tr>`;
  });
  return markup`<table class="bars"><caption class="hidden">${caption}</caption><thead class="hidden"><tr><th scope="col">What</th><th scope="col">How many</th><td></td></tr></thead><tbody>${rows}</tbody></table>`;
}
