import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { millis } from '../../lib/domain/units.js';
import type { RunReport } from '../../lib/poller/report.js';
import { runMetrics } from '../../lib/poller/run-metrics.js';

const REPORT: RunReport = {
  leased: 20,
  finished: { Success: 5, Failed: 2, Cancel: 1 },
  incomplete: 4,
  waiting: 6,
  returned: 3,
  deadLettered: { 'too-old': 2, 'not-a-job': 1 },
  unsettled: 7,
  errors: { transient: 9, throttled: 30 },
  states: {},
  oldestAgeMs: millis(5_000),
  stalestManifestMs: millis(31_000),
  calls: { attempts: { ci: 40, cos: 17 }, retries: 1, clockOffset: undefined },
  durationMs: millis(900),
  stopped: 'queue-empty',
};

const valuesOf = (report: RunReport) =>
  Object.fromEntries(runMetrics(report).map(({ name, value }) => [name, value]));

test('sums up what a run did', () => {
  expect(valuesOf(REPORT)).toEqual({
    JobsFinished: 8,
    JobsUnsuccessful: 3,
    ManifestsIncomplete: 4,
    JobsDeadLettered: 3,
    JobsWaiting: 6,
    JobsReturned: 3,
    Errors: 46,
    Requests: 57,
    OldestJobAge: 5_000,
    StalestManifest: 31_000,
  });
});

test('a run that did nothing has zeros, no age and no staleness', () => {
  const nothing = valuesOf({
    ...REPORT,
    finished: {},
    deadLettered: {},
    errors: {},
    unsettled: 0,
    oldestAgeMs: null,
    stalestManifestMs: null,
  });
  expect(nothing).toMatchObject({
    JobsFinished: 0,
    JobsUnsuccessful: 0,
    JobsDeadLettered: 0,
    Errors: 0,
    OldestJobAge: null,
    StalestManifest: null,
  });
});

test('metrics are no more than CloudWatch gives away, counted, save for two times, and each is in the documents with its unit', async () => {
  const metrics = runMetrics(REPORT);
  expect(metrics.length).toBeLessThanOrEqual(10);
  const rows = (await readFile('docs/operations.md', 'utf8')).split('\n');
  for (const { name, unit } of metrics) {
    expect(unit).toBe(['OldestJobAge', 'StalestManifest'].includes(name) ? 'Milliseconds' : 'Count');
    expect(rows.filter((row) => row.startsWith(`| \`${name}\``) && row.includes(` ${unit} `))).toHaveLength(
      1,
    );
  }
});
