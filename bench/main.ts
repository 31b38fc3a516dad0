import { mkdtemp, rm } from 'node:fs/promises';
import { arch, availableParallelism, cpus, loadavg, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureColdStarts, type ColdStartResult } from './cold-start/measure.js';
import { ROOT } from './contestants/bundles.js';
import { measurePressure, type PressurePlan, type PressureResult } from './pressure/measure.js';
import { writeReport } from './report/write.js';
import { measureScale, type ScaleLoad, type ScaleResult } from './scale/measure.js';
import { measureCell, type Cell, type CellResult } from './throughput/measure.js';

const USAGE = `Usage: npm run bench [-- --quick] [--docs FOLDER]

Measures docjob beside the official SDK and beside bare requests, all on the embedded cloud, and writes docs/benchmarks.md with its plots and numbers.

  --quick        fewer points, smaller loads
  --docs FOLDER  the folder of benchmarks.md (docs)
`;

/** What is measured. */
interface Plan {
  readonly rounds: number;
  readonly coldStarts: number;
  readonly cells: readonly Cell[];
  readonly scale: readonly ScaleLoad[];
  readonly pressure: PressurePlan;
}

const SMALL = { pages: 10, concurrency: 16, memoryMb: 128 } as const;
const LARGE = { queue: 'sqs', pages: 5_000, memoryMb: 256 } as const;
const backlogs = (sizes: readonly number[]): readonly ScaleLoad[] =>
  sizes.flatMap((backlog) => [
    { ...SMALL, queue: 'sqs', backlog },
    { ...SMALL, queue: 'bucket', backlog },
  ]);

const FULL: Plan = {
  rounds: 3,
  coldStarts: 15,
  cells: [
    { concurrency: 1, pages: 10, jobs: 300 },
    { concurrency: 16, pages: 10, jobs: 600 },
    { concurrency: 64, pages: 10, jobs: 600 },
    { concurrency: 16, pages: 1, jobs: 600 },
    { concurrency: 16, pages: 100, jobs: 240 },
    { concurrency: 16, pages: 1_000, jobs: 45 },
  ],
  scale: [
    ...backlogs([1_000, 10_000, 100_000]),
    { ...SMALL, queue: 'sqs', backlog: 1_000, pages: 1 },
    { ...SMALL, queue: 'sqs', backlog: 500, pages: 100 },
    { ...LARGE, backlog: 200, pages: 1_000, concurrency: 16 },
    { ...LARGE, backlog: 48, concurrency: 16 },
    { ...LARGE, backlog: 48, concurrency: 1 },
  ],
  pressure: { free: 10, throttled: 30, lifted: 25 },
};

const QUICK: Plan = {
  rounds: 3,
  coldStarts: 5,
  cells: [
    { concurrency: 16, pages: 10, jobs: 300 },
    { concurrency: 16, pages: 100, jobs: 90 },
  ],
  scale: [...backlogs([1_000, 5_000]), { ...LARGE, backlog: 16, concurrency: 1 }],
  pressure: { free: 4, throttled: 15, lifted: 20 },
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    docs: { type: 'string', default: join(ROOT, 'docs') },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const plan = values.quick ? QUICK : FULL;
const loadBefore = loadavg()[0] ?? Number.NaN;
const throughput: CellResult[] = [];
const coldStarts: ColdStartResult[] = [];
const scale: ScaleResult[] = [];
let pressure: PressureResult | null = null;
const folder = await mkdtemp(join(tmpdir(), 'docjob-bundles-'));
try {
  coldStarts.push(...(await measureColdStarts(plan.coldStarts, folder)));
  await save('cold starts');
  for (const cell of plan.cells) {
    throughput.push(...(await measureCell(cell, plan.rounds, folder)));
    await save(`${cell.concurrency} at a time, ${cell.pages} pages`);
  }
  for (const load of plan.scale) {
    scale.push(await measureScale(load, folder));
    await save(`${load.backlog} pending jobs of ${load.pages} pages (${load.queue})`);
  }
  pressure = await measurePressure(plan.pressure);
  await save('pressure');
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Writes what there is so far: a full run takes half an hour, and one that breaks off should not have been for nothing. */
async function save(what: string): Promise<void> {
  const machine = {
    node: process.versions.node,
    system: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    load: [loadBefore, loadavg()[0] ?? Number.NaN] as const,
  };
  const date = new Date().toISOString().slice(0, 10);
  const { rounds } = plan;
  await writeReport(
    { machine, date, isQuick: values.quick, rounds, throughput, coldStarts, scale, pressure },
    values.docs,
  );
  process.stderr.write(`${what}: done\n`);
}
