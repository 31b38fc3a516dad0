import type { ColdStartResult } from '../cold-start/measure.js';
import type { PressureResult } from '../pressure/measure.js';
import type { ScaleResult } from '../scale/measure.js';
import type { CellResult } from '../throughput/measure.js';
import type { Results, Spread } from './results.js';
import { label3 } from './svg.js';
import { targets } from './targets.js';

/** The results as the page has them, between its marks. */
export function markdownOf(results: Results): string {
  const { machine, date, rounds, isQuick } = results;
  return [
    `Measured on ${date} with Node ${machine.node} on ${machine.system}, ${machine.cores} cores (${machine.processor}), ` +
      `${rounds} rounds${isQuick ? ', quickly (`npm run bench:quick`)' : ''}. While it ran, ${label3(machine.load[0])} to ${label3(machine.load[1])} ` +
      'processes wanted a core: read ratios, not milliseconds.',
    '## What was to be reached',
    table(
      ['', 'target', 'reached', ''],
      targets(results).map(({ what, target, reached, isMet }) => [
        what,
        target,
        reached,
        isMet ? 'met' : '**missed**',
      ]),
    ),
    '## Throughput and CPU a job',
    '![CPU time a job](benchmarks/cpu.svg)',
    ...cells(results.throughput),
    '## Cold start',
    '![CPU time of a cold start](benchmarks/cold-start.svg)',
    coldStarts(results.coldStarts),
    '### What the bundles are made of',
    ...results.coldStarts.map(account),
    '## Scale',
    '![Peak memory by backlog](benchmarks/memory.svg)',
    scale(results.scale),
    ...(results.pressure === null ? [] : ['## Pressure', pressure(results.pressure)]),
  ].join('\n\n');
}

function cells(all: readonly CellResult[]): readonly string[] {
  const groups = grouped(all);
  return [...groups.values()].map((cell) => {
    const [first] = cell;
    const ours = cell.find(({ contestant }) => contestant === 'docjob');
    const rows = cell.map((one) => [
      one.label,
      spread(one.cpuMsPerJob),
      ours === undefined ? '' : (one.cpuMsPerJob.median / ours.cpuMsPerJob.median).toFixed(2),
      spread(one.jobsPerSecond),
      `${Math.round(100 * one.cloudShare.median)} %`,
      callsOf(one),
    ]);
    const heading = `**${first?.concurrency ?? 0} at a time, ${first?.pages.toLocaleString('en') ?? ''} pages a job**, ${first?.jobs ?? 0} jobs a load`;
    const head = ['', 'CPU ms a job', 'to docjob', 'jobs a second', 'cloud at work', 'SQS calls a job'];
    return `${heading}\n\n${table(head, rows)}`;
  });
}

function grouped(all: readonly CellResult[]): ReadonlyMap<string, readonly CellResult[]> {
  const groups = new Map<string, CellResult[]>();
  for (const one of all) {
    const key = `${one.concurrency} ${one.pages}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

function callsOf({ callsPerJob }: CellResult): string {
  const calls = Object.entries(callsPerJob).filter(([name]) => name.startsWith('sqs '));
  return label3(calls.reduce((sum, [, count]) => sum + count, 0));
}

function coldStarts(all: readonly ColdStartResult[]): string {
  const head = ['', 'bundle', 'load', 'first signed request', 'first job asked about', 'resident after load'];
  const both = (wall: Spread, cpu: Spread): string => `${spread(cpu)}, ${label3(wall.median)}`;
  const rows = all.map((one) => [
    one.label,
    kilobytes(one.bytes),
    both(one.loadMs, one.loadCpuMs),
    both(one.signedMs, one.signedCpuMs),
    both(one.describeMs, one.describeCpuMs),
    `${label3(one.rssMb.median)} MB`,
  ]);
  return `Milliseconds of CPU (median, least and greatest), then by the clock (median).\n\n${table(head, rows)}`;
}

/** Smaller packages are told together. */
const SMALL = 4_000;

function account({ label, bytes, packages }: ColdStartResult): string {
  const large = packages.filter((one) => one.bytes >= SMALL);
  const rest = packages.filter((one) => one.bytes < SMALL);
  const named = packages.reduce((sum, one) => sum + one.bytes, 0);
  const rows = [
    ...large.map((one) => [`\`${one.name}\``, kilobytes(one.bytes)]),
    [`${rest.length} smaller ones`, kilobytes(rest.reduce((sum, one) => sum + one.bytes, 0))],
    ['what ties the files together', kilobytes(bytes - named)],
    ['**all**', kilobytes(bytes)],
  ];
  return `<details><summary>${label}: ${kilobytes(bytes)}</summary>\n\n${table(['package', 'in the bundle'], rows)}\n\n</details>`;
}

function scale(all: readonly ScaleResult[]): string {
  const head = [
    'queue',
    'pending jobs',
    'pages a job',
    'at a time',
    'function',
    'finished',
    'CPU ms a job',
    'ms a job',
    'peak memory',
  ];
  const rows = all.map(({ queue, backlog, pages, concurrency, memoryMb, finished, cost, problem }) => [
    queue === 'sqs' ? 'SQS' : 'bucket',
    backlog.toLocaleString('en'),
    pages.toLocaleString('en'),
    String(concurrency),
    `${memoryMb} MB`,
    finished.toLocaleString('en'),
    ...(cost === null
      ? [`failed: ${(problem ?? '').slice(0, 80)}`, '', '']
      : [
          label3(cost.cpuMsPerJob),
          label3(cost.wallMsPerJob),
          cost.peakRssMb === null ? 'not known' : `${label3(cost.peakRssMb)} MB`,
        ]),
  ]);
  return table(head, rows);
}

function pressure(result: PressureResult): string {
  const { requestsPerSecond, concurrency, free, throttled, recoverySeconds, retryAfter, fairness } = result;
  const rows = [
    ['requests a second, where nobody asks for less', label3(free.rate)],
    ['the most that were under way at a time', String(free.peakInFlight)],
    [`of a host that takes ${throttled.limit} a second: taken a second`, label3(throttled.rate)],
    ['refused in the first five seconds', String(throttled.refusedAtFirst)],
    ['refused of what followed', `${(100 * throttled.refusedShare).toFixed(1)} %`],
    [
      'nine tenths of the set rate again, once it takes more',
      recoverySeconds === null ? 'never' : `after ${recoverySeconds} s`,
    ],
    [`sent before the Retry-After of ${retryAfter.refusals} refusals had passed`, String(retryAfter.early)],
    ['looks a second at the jobs of a bucket, alone', label3(fairness.alone)],
    ['the same beside a bucket that was first and takes one request a second', label3(fairness.beside)],
  ];
  return table(
    [`${requestsPerSecond} requests a second and ${concurrency} looks at a time are set`, ''],
    rows,
  );
}

function spread({ median, min, max }: Spread): string {
  return `${label3(median)} (${label3(min)}–${label3(max)})`;
}

function kilobytes(bytes: number): string {
  return `${label3(bytes / 1_000)} KB`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (columns: readonly string[]): string =>
    `| ${columns.map((one) => one.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
