import type { EpochMs, Millis } from '../../lib/domain/units.js';
import { countText, durationText, momentText } from './format.js';
import type { Markup } from './markup.js';
import { columnPlot, linePlot, type Plot, type Series } from './plots.js';
import { DEAD_LETTER, type LogSummary, type Step } from './summary.js';

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/** How jobs were settled, step by step. */
export function outcomesPlot({ timeline }: LogSummary): Markup {
  const series = (name: string, key: string, tone: Series['tone']): Series => ({
    name,
    tone,
    values: timeline.steps().map(({ value }) => value.outcomes.get(key) ?? 0),
  });
  return columnPlot({
    id: 'plot-outcomes',
    title: 'Jobs settled',
    description:
      'Columns over time: how many jobs were settled, by the state that they ended in, and how many were given up.',
    y: 'jobs',
    series: [
      series('Success', 'Success', 'good'),
      series('Failed', 'Failed', 'bad'),
      series('Cancel', 'Cancel', 'three'),
      series('dead letters', DEAD_LETTER, 'four'),
    ],
    shown: countText,
    ...timeAxis(timeline),
  });
}

/** What the service was asked, step by step. */
export function callsPlot({ timeline }: LogSummary): Markup {
  const series = (name: string, family: string, tone: Series['tone']): Series => ({
    name,
    tone,
    values: timeline.steps().map(({ value }) => value.calls.get(family) ?? 0),
  });
  return columnPlot({
    id: 'plot-calls',
    title: 'Calls',
    description: 'Columns over time: requests to CI and to COS, retries included.',
    y: 'requests, retries included',
    series: [series('CI', 'ci', 'one'), series('COS', 'cos', 'two')],
    shown: countText,
    ...timeAxis(timeline),
  });
}

/** How stale manifests were, step by step. */
export function stalenessPlot({ timeline }: LogSummary): Markup {
  const values = (of: (step: Step) => number | null): readonly (number | null)[] =>
    timeline.steps().map(({ value }) => (value.staleness.count === 0 ? null : of(value)));
  return linePlot({
    id: 'plot-staleness',
    title: 'Staleness',
    description: 'Lines over time: the median and the worst time from a job’s end to its manifest.',
    y: 'from a job’s end to its manifest',
    series: [
      { name: 'median', tone: 'one', values: values((step) => step.staleness.quantile(0.5)) },
      { name: 'worst', tone: 'two', values: values((step) => step.staleness.most) },
    ],
    steps: DURATION_STEPS_MS,
    shown: durationText,
    ...timeAxis(timeline),
  });
}

/** The bounds between the columns: about twice as long each, and round. */
const SIZES_MS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 30].map((count) => count * MINUTE),
  ...[1, 3, 12, 24].map((count) => count * HOUR),
];

/** Round steps of an axis of durations. */
const DURATION_STEPS_MS: readonly number[] = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map((count) => count * HOUR),
];

/** How many manifests were how stale. */
export function stalenessSizesPlot({ staleness }: LogSummary): Markup {
  const counts = staleness.between(SIZES_MS);
  const last = Math.max(
    counts.findLastIndex((count) => count > 0),
    3,
  );
  const places = counts.slice(0, last + 1).map((_, index) => {
    const [from, to] = [SIZES_MS[index - 1], SIZES_MS[index]];
    const isLabelled = index % 2 === 0 || last < MOST_LABELS;
    if (to === undefined) return { label: 'more', name: `${durationText(from ?? 0)} and more` };
    return {
      label: isLabelled ? `< ${durationText(to)}` : undefined,
      name: from === undefined ? `below ${durationText(to)}` : `${durationText(from)} to ${durationText(to)}`,
    };
  });
  return columnPlot({
    id: 'plot-sizes',
    title: 'Manifests by staleness',
    description: 'Columns: how many manifests were written how long after their job’s end.',
    x: 'from a job’s end to its manifest',
    y: 'manifests',
    places,
    series: [{ name: 'manifests', tone: 'one', values: counts.slice(0, last + 1) }],
    shown: countText,
  });
}

/** Labels that do not run into each other. */
const MOST_LABELS = 9;

/** Labels at round times, whatever the step. */
const LABEL_EVERY = [1, 2, 3, 4, 6, 12];

function timeAxis(timeline: LogSummary['timeline']): Pick<Plot, 'x' | 'places'> {
  const { step } = timeline;
  const steps = timeline.steps();
  const first = steps[0]?.from;
  const isWithinDay = first !== undefined && dayOf(first) === dayOf(steps.at(-1)?.from ?? first);
  const every = LABEL_EVERY.find((count) => count >= steps.length / MOST_LABELS) ?? steps.length;
  return {
    x: `time (UTC), in steps of ${durationText(step)}${isWithinDay ? `, on ${dayOf(first)}` : ''}`,
    places: steps.map(({ from }) => ({
      label: Math.round(from / step) % every === 0 ? labelOf(from, step, isWithinDay) : undefined,
      name: momentText(from),
    })),
  };
}

function dayOf(moment: EpochMs): string {
  return momentText(moment).slice(0, 10);
}

function labelOf(moment: EpochMs, step: Millis, isWithinDay: boolean): string {
  const text = momentText(moment);
  if (isWithinDay) return text.slice(11, step < MINUTE ? 19 : 16);
  return step < 24 * HOUR ? text.slice(5, 16) : text.slice(0, 10);
}
