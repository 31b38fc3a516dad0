import { expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Results } from '../../bench/report/results.js';
import { spreadOf } from '../../bench/report/spread.js';
import { targets } from '../../bench/report/targets.js';
import { writeReport } from '../../bench/report/write.js';
import { CONTESTANTS, type ContestantName } from '../../bench/throughput/contestants.js';

const flat = (value: number) => ({ median: value, min: value, max: value });

/** Docjob at 1 ms a job, its peer and the others at so many. */
function resultsWith(cpuMs: Readonly<Record<Exclude<ContestantName, 'docjob'>, number>>): Results {
  return {
    machine: { node: '20.0.0', system: 'linux x64', processor: 'a | b', cores: 2, load: [1, 2] },
    date: '2026-01-01',
    isQuick: true,
    rounds: 3,
    throughput: CONTESTANTS.map(({ name, label }) => ({
      concurrency: 16,
      pages: 10,
      jobs: 100,
      contestant: name,
      label,
      cpuMsPerJob: flat(name === 'docjob' ? 1 : cpuMs[name]),
      jobsPerSecond: flat(100),
      cloudShare: flat(0.5),
      callsPerJob: { 'sqs ReceiveMessage': 0.1 },
    })),
    coldStarts: [],
    scale: [
      {
        queue: 'sqs',
        backlog: 10,
        pages: 5_000,
        concurrency: 16,
        memoryMb: 256,
        finished: 0,
        cost: null,
        problem: 'it ended',
      },
    ],
    pressure: {
      requestsPerSecond: 50,
      concurrency: 16,
      free: { rate: 49, peakInFlight: 16 },
      throttled: { limit: 10, rate: 8.9, refusedAtFirst: 8, refusedShare: 0.06 },
      recoverySeconds: null,
      retryAfter: { refusals: 3, early: 0 },
      fairness: { alone: 25, beside: 24 },
    },
  };
}

test('the spread of measurements is their median, least and greatest', () => {
  expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
  expect(spreadOf([10, 1, 3, 4])).toEqual({ median: 3.5, min: 1, max: 10 });
  expect(spreadOf([2])).toEqual(flat(2));
});

test('a target is met by its ratio and missed otherwise, and what failed meets none', () => {
  const others = { 'floor-with-queue': 0.4, 'docjob-without-queue': 0.6, floor: 0.5 };
  const verdicts = targets(resultsWith({ peer: 2.6, ...others })).map(({ reached, isMet }) => [
    reached,
    isMet,
  ]);
  expect(verdicts).toEqual([
    ['2.60', true],
    ['1.00', false],
    ['2.50', false],
    ['1.20', true],
    ['failed', false],
    ['49.0', true],
    ['16', true],
    ['8.9', false],
    ['6.0 %', false],
    ['never', false],
    ['0', true],
    ['0.96', true],
  ]);
});

test('the report goes between the marks of its page, as often as it is written', async () => {
  const docs = await mkdtemp(join(tmpdir(), 'docjob-report-'));
  try {
    const page = join(docs, 'benchmarks.md');
    await writeFile(
      page,
      '# Benchmarks\n\n<!-- bench:begin, written by npm run bench -->\n<!-- bench:end -->\n\nThe rest.\n',
    );
    const results = resultsWith({ peer: 2, 'floor-with-queue': 1, 'docjob-without-queue': 1, floor: 1 });
    await writeReport(results, docs);
    const once = await readFile(page, 'utf8');
    await writeReport(results, docs);
    expect(await readFile(page, 'utf8')).toBe(once);

    expect(once).toMatch(/^# Benchmarks\n[^]*\*\*missed\*\*[^]*failed: it ended[^]*\nThe rest\.\n$/);
    expect(JSON.parse(await readFile(join(docs, 'benchmarks', 'results.json'), 'utf8'))).toEqual(results);
    expect(await readFile(join(docs, 'benchmarks', 'cpu.svg'), 'utf8')).toContain(
      'official SDK + sqs-consumer',
    );
  } finally {
    await rm(docs, { recursive: true, force: true });
  }
});

test('a page without the marks is left alone', async () => {
  const docs = await mkdtemp(join(tmpdir(), 'docjob-report-'));
  try {
    const page = join(docs, 'benchmarks.md');
    await writeFile(page, '# Something else\n');
    const results = resultsWith({ peer: 2, 'floor-with-queue': 1, 'docjob-without-queue': 1, floor: 1 });
    await expect(writeReport(results, docs)).rejects.toThrow('has no place for the results');
    expect(await readFile(page, 'utf8')).toBe('# Something else\n');
  } finally {
    await rm(docs, { recursive: true, force: true });
  }
});
