import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { replay } from './replay.js';
import { reportOf } from './report.js';
import { bundleSimulation, runInWorker, type RunningWorker } from './run-in-worker.js';
import { addStatistics, noStatistics, type Statistics } from './statistics.js';
import type { WorldName } from './scenario.js';
import { isWorldName } from './worlds.js';

/** `npm run simulate`: many seeds on all cores, or one seed with its trace. */

const USAGE = `npm run simulate -- [--seeds N] [--seed S] [--world sqs] [--workers N] [--json]
  --seeds N    how many seeds (default 1000; with --seed alone: that one, with its trace)
  --seed S     the first seed (default 1)
  --world W    the kind of queue (default sqs)
  --workers N  threads (default: one for each core)
  --json       the report as JSON, and nothing else on standard output
`;

/** How often progress is shown where it is not written over. */
const PLAIN_PROGRESS_MS = 10_000;

interface Options {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly world: WorldName;
  readonly workers: number;
  readonly isJson: boolean;
  readonly isReplay: boolean;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      world: { type: 'string', default: 'sqs' },
      workers: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const numbers = [values.seeds ?? '1000', values.seed ?? '1', values.workers].map(Number);
  const [seeds = 0, firstSeed = 0, workers = 0] = numbers;
  const isWrong = numbers.some((number) => !Number.isSafeInteger(number) || number < 1);
  if (values.help || isWrong || !isWorldName(values.world)) return undefined;
  const isReplay = values.seeds === undefined && values.seed !== undefined;
  return { seeds, firstSeed, world: values.world, workers, isJson: values.json, isReplay };
}

async function runAll(options: Options): Promise<Statistics & { seconds: number }> {
  const { seeds, firstSeed, world, isJson } = options;
  const total = noStatistics();
  const startedAt = performance.now();
  const script = await bundleSimulation();
  const step = Math.min(options.workers, seeds);
  const workers: RunningWorker[] = Array.from({ length: step }, (_, index) => {
    const count = Math.ceil((seeds - index) / step);
    const task = { world, firstSeed: firstSeed + index, step, count, stopsAtFailure: false };
    return runInWorker(script, task, (more) => {
      addStatistics(total, more);
    });
  });
  const stop = (): void => workers.forEach((worker) => worker.stop());
  process.once('SIGINT', stop);
  const secondsSoFar = (): number => (performance.now() - startedAt) / 1_000;
  const progress = isJson ? undefined : showProgress(() => progressLine(total, seeds, secondsSoFar()));
  try {
    await Promise.all(workers.map(({ ended }) => ended));
  } finally {
    clearInterval(progress);
    process.off('SIGINT', stop);
    if (process.stdout.isTTY && !isJson) process.stdout.write('\r\u001b[2K');
  }
  return { ...total, seconds: secondsSoFar() };
}

function progressLine({ seeds, failures, jobs }: Statistics, of: number, seconds: number): string {
  return `${seeds}/${of} seeds, ${jobs} jobs, ${failures.length} failed, ${Math.round(seeds / seconds)} seeds/s`;
}

function showProgress(line: () => string): NodeJS.Timeout {
  const isTerminal = process.stdout.isTTY;
  return setInterval(
    () => {
      process.stdout.write(isTerminal ? `\r\u001b[2K${line()}` : `${line()}\n`);
    },
    isTerminal ? 250 : PLAIN_PROGRESS_MS,
  );
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (options.isReplay) return (await replay(options.world, options.firstSeed, process.stdout)) ? 0 : 1;
  const statistics = await runAll(options);
  if (options.isJson) process.stdout.write(`${JSON.stringify(statistics, null, 2)}\n`);
  else {
    process.stdout.write(reportOf(statistics, statistics.seconds, options.world));
    const [first] = statistics.failures;
    if (first !== undefined) await replay(options.world, first.seed, process.stdout);
  }
  return statistics.failures.length === 0 ? 0 : 1;
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', () => process.exit());
process.exitCode = await main();
