import { describe, expect, test } from '@jest/globals';
import { Histogram } from '../../../cli/view/histogram.js';
import { DEAD_LETTER, summarizeLog } from '../../../cli/view/summary.js';
import { Timeline } from '../../../cli/view/timeline.js';
import { epochMs, hours, minutes, seconds } from '../../../lib/domain/units.js';
import { inPieces, sampleLog } from './sample-log.js';

const total = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, one) => sum + one, 0);

describe('the summary of a log', () => {
  test('adds up what the runs reported', async () => {
    const lines = sampleLog(100);
    const summary = await summarizeLog(inPieces(lines));
    const reports = lines
      .map((line) => JSON.parse(line) as { report?: { leased: number; finished: Record<string, number> } }) // written just above
      .flatMap(({ report }) => report ?? []);
    expect(summary.runs).toBe(100);
    expect(summary.leased).toBe(reports.reduce((sum, { leased }) => sum + leased, 0));
    expect(summary.finished.get('Success')).toBe(
      reports.reduce((sum, { finished }) => sum + (finished['Success'] ?? 0), 0),
    );
    expect(summary.staleness.count).toBe(lines.filter((line) => line.includes('manifest-written')).length);
    expect(total(summary.deadLettered)).toBe(summary.deadLettersLogged);
    expect(summary.stopped.get('queue-empty')).toBe(91);
    expect(summary.period).toEqual({ from: Date.UTC(2026, 0, 1, 8), to: Date.UTC(2026, 0, 1, 9, 39) });
    expect(summary.lines).toEqual({ read: lines.length, used: lines.length });
  });

  test('loses nothing over time', async () => {
    const { timeline, finished, deadLettered, calls, staleness } = await summarizeLog(
      inPieces(sampleLog(300)),
    );
    const steps = timeline.steps();
    const sum = (of: (step: (typeof steps)[number]['value']) => number): number =>
      steps.reduce((all, { value }) => all + of(value), 0);
    expect(steps.length).toBeLessThanOrEqual(60);
    expect(timeline.step).toBe(minutes(5));
    expect(sum(({ outcomes }) => total(outcomes))).toBe(total(finished) + total(deadLettered));
    expect(sum(({ outcomes }) => outcomes.get(DEAD_LETTER) ?? 0)).toBe(total(deadLettered));
    expect(sum((step) => total(step.calls))).toBe(total(calls));
    expect(sum((step) => step.staleness.count)).toBe(staleness.count);
  });

  test('groups failures by their code, the most frequent first, each with its latest', async () => {
    const { failures } = await summarizeLog(inPieces(sampleLog(100)));
    expect(failures.map(({ count, last: { code } }) => [code, count])).toEqual([
      ['SlowDown', 18],
      ['InternalError', 9],
    ]);
    expect(failures[0]?.last.at).toBe(Date.UTC(2026, 0, 1, 9, 39) - minutes(40));
  });

  test('of a log without anything of ours is empty', async () => {
    const summary = await summarizeLog(inPieces(['START', 'END', '{"level":"info"}']));
    expect(summary).toMatchObject({ runs: 0, period: undefined, lines: { read: 3, used: 0 } });
    expect(summary.timeline.steps()).toEqual([]);
  });

  test('keeps the latest dead letters and few of all names, whatever a log holds', async () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => {
      const time = new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString();
      return [
        JSON.stringify({
          time,
          level: 'warn',
          event: 'dead-letter',
          lease: `m-${index}`,
          reason: `r-${index}`,
        }),
        JSON.stringify({ time, level: 'warn', event: 'look-failed', code: `c-${index}` }),
        JSON.stringify({
          time,
          event: 'run-finished',
          report: { finished: { [`s-${index}`]: 1 }, stopped: `w-${index}` },
        }),
      ];
    }).flat();
    const summary = await summarizeLog(inPieces(lines));
    expect(summary.deadLettersLogged).toBe(3_000);
    expect(summary.deadLetters).toHaveLength(1_000);
    expect([summary.deadLetters[0]?.name, summary.deadLetters.at(-1)?.name]).toEqual(['m-2999', 'm-2000']);
    expect(summary.failures.length).toBeLessThanOrEqual(200);
    expect(summary.finished.size).toBeLessThanOrEqual(50);
    expect(summary.stopped.size).toBeLessThanOrEqual(50);
  });
});

describe('a timeline', () => {
  const counting = (): Timeline<{ count: number }> =>
    new Timeline(
      () => ({ count: 0 }),
      (into, from) => (into.count += from.count),
    );

  test.each([
    [[0, seconds(59)], seconds(1), 60],
    [[0, seconds(60)], seconds(5), 13],
    [[0, hours(1)], minutes(5), 13],
    [[0, hours(24 * 30)], hours(24), 31],
    [[0, hours(24 * 365 * 100)], seconds(2_419_200 * 32), 41],
  ])('with moments at %j has steps of %d ms, %d of them', (moments, step, steps) => {
    const timeline = counting();
    for (const moment of moments) timeline.at(epochMs(moment)).count += 1;
    expect(timeline.step).toBe(step);
    expect(timeline.steps()).toHaveLength(steps);
  });

  test('keeps all in whatever order it comes', () => {
    const timeline = counting();
    for (let at = 0; at < 10_000; at += 1) timeline.at(epochMs((at * 7_919_000) % 90_000_000)).count += 1;
    expect(timeline.steps().reduce((sum, { value }) => sum + value.count, 0)).toBe(10_000);
  });
});

describe('a histogram', () => {
  test('knows quantiles to within a few per cent, and the greatest exactly', () => {
    const histogram = new Histogram();
    for (let value = 1; value <= 10_000; value += 1) histogram.add(value);
    expect(histogram.count).toBe(10_000);
    expect(histogram.most).toBe(10_000);
    for (const share of [0.1, 0.5, 0.95]) {
      const error = Math.abs((histogram.quantile(share) ?? 0) / (10_000 * share) - 1);
      expect(error).toBeLessThan(0.03);
    }
    expect(histogram.quantile(1)).toBe(10_000);
  });

  test('has none of none, and zero of zeros', () => {
    const histogram = new Histogram();
    expect(histogram.quantile(0.5)).toBeNull();
    histogram.add(0);
    expect(histogram.quantile(0.5)).toBe(0);
  });

  test('counts by size, and takes another in', () => {
    const [one, other] = [new Histogram(), new Histogram()];
    for (const value of [0, 500, 1_500]) one.add(value);
    for (const value of [1_700, 90_000]) other.add(value);
    one.merge(other);
    expect(one.between([1_000, 60_000])).toEqual([2, 2, 1]);
    expect([one.count, one.most]).toEqual([5, 90_000]);
  });
});
