import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { replay } from './replay.js';
import { reportOf } from './report.js';
import { bundleSimulation, runInWorker, type RunningWorker } from './run-in-worker.js';
import { addStatistics, noStatistics, type Statistics } from './statistics.js';
import type { WorldName } from './scenario.js';
import { isWorldName, WORLD_NAMES } from './worlds.js';

/** `npm run simulate`: many seeds on all cores, or one seed with its trace. */

const USAGE = `npm run simulate -- [--seeds N] [--seed S] [--world W] [--workers N] [--json]
  --seeds N    how many seeds (of each world; default 1000; with --seed alone: that one, with its trace)
  --seed S     the first seed (default 1)
  --world W    the kind of queue: sqs, bucket or cmq (default: all, one after the other)
  --workers N  threads (default: one for each core)
  --json       the report as JSON, and nothing else on standard output
`;

/** How often progress is shown where it is not written over. */
const PLAIN_PROGRESS_MS = 10_000;

interface Options {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly worlds: readonly WorldName[];
  readonly workers: number;
  readonly isJson: boolean;
  readonly isReplay: boolean;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      world: { type: 'string' },
      workers: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const numbers = [values.seeds ?? '1000', values.seed ?? '1', values.workers].map(Number);
  const [seeds = 0, firstSeed = 0, workers = 0] = numbers;
  const isWrong = numbers.some((number) => !Number.isSafeInteger(number) || number < 1);
  const worlds = values.world === undefined ? WORLD_NAMES : [values.world].filter(isWorldName);
  if (values.help || isWrong || worlds.length === 0) return undefined;
  const isReplay = values.seeds === undefined && values.seed !== undefined;
  return { seeds, firstSeed, worlds, workers, isJson: values.json, isReplay };
}

async function runAll(
  world: WorldName,
  options: Options,
  enough: AbortSignal,
): Promise<Statistics & { seconds: number }> {
  const { seeds, firstSeed, isJson } = options;
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
  enough.addEventListener('abort', stop, { once: true });
  const secondsSoFar = (): number => (performance.now() - startedAt) / 1_000;
  const progress = isJson ? undefined : showProgress(() => progressLine(total, seeds, secondsSoFar()));
  try {
    await Promise.all(workers.map(({ ended }) => ended));
  } finally {
    clearInterval(progress);
    enough.removeEventListener('abort', stop);
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

async function tell(world: WorldName, statistics: Statistics & { seconds: number }): Promise<void> {
  process.stdout.write(reportOf(statistics, statistics.seconds, world));
  const [first] = statistics.failures;
  if (first !== undefined) await replay(world, first.seed, process.stdout);
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const enough = new AbortController();
  process.once('SIGINT', () => {
    enough.abort();
  });
  let isSound = true;
  const byWorld: Partial<Record<WorldName, Statistics>> = {};
  for (const world of options.worlds) {
    if (enough.signal.aborted) break;
    if (options.isReplay) isSound = (await replay(world, options.firstSeed, process.stdout)) && isSound;
    else {
      const statistics = await runAll(world, options, enough.signal);
      byWorld[world] = statistics;
      isSound &&= statistics.failures.length === 0;
      if (!options.isJson) await tell(world, statistics);
    }
  }
  if (options.isJson) process.stdout.write(`${JSON.stringify(byWorld, null, 2)}\n`);
  return isSound ? 0 : 1;
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', () => process.exit());
process.exitCode = await main();
