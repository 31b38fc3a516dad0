import { describe, expect, test } from '@jest/globals';
import { reportPage, summarizeLog } from '../../../cli/view/index.js';
import { epochMs } from '../../../lib/domain/units.js';
import { HOSTILE_TEXT } from './manifests.js';
import { inPieces, sampleLog } from './sample-log.js';

const now = epochMs(Date.UTC(2026, 0, 2));

async function reportOn(lines: readonly string[]): Promise<string> {
  return reportPage(await summarizeLog(inPieces(lines)), { now, title: 'stage prod' });
}

const textOf = (html: string): string =>
  html
    .replace(/<style>[^]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('a report', () => {
  test('says what became of the jobs, what it cost, and why jobs were given up', async () => {
    const text = textOf(await reportOn(sampleLog(100)));
    for (const words of [
      'Report on 100 runs stage prod 2026-01-01 08:00:00 UTC to 2026-01-01 09:39:00 UTC (1 h 39 min)',
      '4 jobs given up: see the dead letters below.',
      'runs 100 none failed',
      'too-old dead letter',
      'the job had not ended after 3 days: CI says Running',
      'SlowDown look-failed 18',
      'throttled the service asked for fewer requests 18',
      'NjBhYzEyMzRfOGM0Y18xYjc2',
      'Each look: a job that waits is counted at every look.',
      'queue-empty 91',
    ]) {
      expect(text).toContain(words);
    }
  });

  test('draws each plot with its units, and gives its numbers in a table', async () => {
    const html = await reportOn(sampleLog(100));
    for (const title of ['Jobs settled', 'Calls', 'Staleness', 'Manifests by staleness']) {
      expect(html).toContain(`The numbers<span class="hidden"> of: ${title}</span>`);
    }
    expect(html.match(/role="img" aria-label="[^"]{40,}"/g)).toHaveLength(4);
    const text = textOf(html);
    for (const axis of [
      'requests, retries included',
      'time (UTC), in steps of 5 min, on 2026-01-01',
      'from a job’s end to its manifest',
    ]) {
      expect(text).toContain(axis);
    }
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('adds up to the same in its plot and in its numbers', async () => {
    const html = await reportOn(sampleLog(100));
    const table = html.slice(html.indexOf('id="plot-outcomes-title"'), html.indexOf('id="plot-calls-title"'));
    const cells = Array.from(table.matchAll(/<td>([\d,]+)<\/td>/g), ([, count = '']) =>
      Number(count.replace(',', '')),
    );
    const { finished, deadLettersLogged } = await summarizeLog(inPieces(sampleLog(100)));
    const settled = [...finished.values()].reduce((sum, count) => sum + count, deadLettersLogged);
    expect(cells.reduce((sum, count) => sum + count, 0)).toBe(settled);
  });

  test('of nothing says what it needs', async () => {
    const html = await reportOn(['no log of ours']);
    expect(textOf(html)).toContain(
      'No run is in the 1 line that were read: give the log of the poll function',
    );
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('of one run that failed says so', async () => {
    const report = { leased: 1, stopped: 'failed', errors: { credentials: 1 } };
    const html = await reportOn([
      JSON.stringify({ time: '2026-01-01T00:00:00.000Z', level: 'info', event: 'run-finished', report }),
    ]);
    const text = textOf(html);
    expect(text).toContain('Report on a run stage prod 2026-01-01 00:00:00 UTC');
    expect(text).toContain('1 run failed: see the errors below.');
    expect(text).toContain('credentials our identity is wrong: the run stopped 1');
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('of a log without staleness says why there is no plot of it', async () => {
    const report = { finished: { Success: 1 } };
    const html = await reportOn([
      JSON.stringify({ time: '2026-01-01T00:00:00.000Z', event: 'run-finished', report }),
    ]);
    expect(textOf(html)).toContain('No line says how stale a manifest was');
    expect(html).not.toContain('plot-staleness');
  });

  test('takes no text of a log for markup', async () => {
    const [time, text] = ['2026-01-01T00:00:00.000Z', HOSTILE_TEXT];
    const html = reportPage(
      await summarizeLog(
        inPieces([
          JSON.stringify({
            time,
            level: 'warn',
            event: 'dead-letter',
            jobId: text,
            bucket: text,
            reason: text,
            detail: text,
            requestId: text,
          }),
          JSON.stringify({ time, level: 'warn', event: text, code: text, message: text, requestId: text }),
          JSON.stringify({
            time,
            event: 'run-finished',
            report: {
              finished: { [text]: 1 },
              deadLettered: { [text]: 1 },
              errors: { [text]: 1 },
              stopped: text,
            },
          }),
        ]),
      ),
      { now, title: text },
    );
    expect(html).not.toMatch(/<script|<img/);
    expect(html.match(/<\/title>/g)).toHaveLength(1);
    expect(html.match(/<\/style>/g)).toHaveLength(1);
  });
});
