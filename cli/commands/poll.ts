import { openQueue } from '../../lib/queue/open-queue.js';
import * as v from 'valibot';
import { parseConfig, type Config } from '../../lib/config.js';
import { after, between, minutes, type EpochMs, type Millis } from '../../lib/domain/units.js';
import type { RunReport } from '../../lib/poller/report.js';
import { run } from '../../lib/poller/run.js';
import type { PendingQueue } from '../../lib/queue/pending-queue.js';
import { duration, flag, wholeNumber } from '../args.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { dryRun } from '../dry-run.js';
import { toldError, UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { withEffects, type CommandEffects } from '../services.js';
import { watchedQueue } from '../watched-queue.js';
import { foreseenInJson, foreseenInWords, reportInWords } from './poll-words.js';

/** As often as the deployed timer. */
const EVERY: Millis = minutes(1);

const DRY_RUN_LIMIT = 100;

/** `docjob poll`: what the poll function does, from here. */
export const poll = command({
  name: 'poll',
  summary: 'look at pending jobs and write the manifests of those that ended',
  details:
    'One run, as the poll function makes it: a report is its result. With --watch it is one run after the other until Ctrl-C, which lets jobs that were ' +
    'taken go back. With --dry-run it prints for each job that is due what a run would do, and changes nothing: what it takes goes back at the end, or on ' +
    'CMQ when its lease ends; SQS counts it as received. Ends with 1 where messages went to the dead letters or could not be settled.',
  examples: [
    { line: 'docjob poll', says: 'one run' },
    { line: 'docjob poll --watch --every 30s', says: 'a run every 30 seconds' },
    { line: 'docjob poll --dry-run --limit 20', says: 'what would become of the first 20 jobs that are due' },
  ],
  declare: (declared) => {
    declared
      .option('--once', 'one run (the default)')
      .option('--watch', 'runs until Ctrl-C')
      .option('--every <duration>', 'with --watch: from the start of a run to that of the next (default: 1m)')
      .option('--time-limit <duration>', 'how long a run may take', '1m')
      .option('--dry-run', 'print what would be done, and do none of it')
      .option('--limit <n>', `with --dry-run: so many jobs at most (default: ${DRY_RUN_LIMIT})`);
  },
  args: v.object({
    once: flag,
    watch: flag,
    every: v.optional(duration),
    timeLimit: duration,
    dryRun: flag,
    limit: v.optional(wholeNumber(1, 100_000)),
  }),
  run: async (args, context) => {
    if (args.watch && (args.once || args.dryRun))
      throw new UsageError(`--watch cannot go with ${args.once ? '--once' : '--dry-run'}`);
    if (args.every !== undefined && !args.watch) throw new UsageError('--every is for --watch');
    if (args.limit !== undefined && !args.dryRun) throw new UsageError('--limit is for --dry-run');
    const config = parseConfig(await context.settings());
    if (args.dryRun) return pollDry(args.limit ?? DRY_RUN_LIMIT, args.timeLimit, config, context);
    if (args.watch) return watch(args.every ?? EVERY, args.timeLimit, config, context);
    const report = await pollOnce(args.timeLimit, config, context);
    context.output.result(report, (style) => reportInWords(report, style));
    return exitCodeOf(report);
  },
});

/** One run with a queue of its own, as each call of the function has. */
function pollOnce(timeLimit: Millis, config: Config, context: Context): Promise<RunReport> {
  return withRun(timeLimit, config, context, (effects, queue, deadline) => {
    const watched = watchedQueue(queue, ({ leased, settled }) =>
      context.output.progress(`${leased} jobs taken, ${settled} settled`),
    );
    return run(config.run, { ...effects, queue: watched }, { deadline, signal: context.signal });
  });
}

async function watch(every: Millis, timeLimit: Millis, config: Config, context: Context): Promise<ExitCode> {
  const { clock, signal, output } = context;
  for (let runs = 0; !signal.aborted; runs += 1) {
    const startedAt = clock.now();
    try {
      const report = await pollOnce(timeLimit, config, context);
      output.item(report, (style) => `${timeOfDay(startedAt)}  ${reportInWords(report, style)}`);
    } catch (error) {
      // What is wrong from the start stays wrong; what comes later may pass, as it would for a timer.
      if (runs === 0) throw error;
      output.error(toldError(error));
    }
    const rest = between(clock.now(), after(startedAt, every));
    // Ctrl-C ends the wait, and the watch with it.
    if (rest > 0) await clock.sleep(rest, signal).catch(() => undefined);
  }
  return EXIT.ok;
}

function pollDry(limit: number, timeLimit: Millis, config: Config, context: Context): Promise<ExitCode> {
  const { output, signal } = context;
  return withRun(timeLimit, config, context, async (effects, queue, deadline) => {
    let count = 0;
    await dryRun(limit, { config, effects, queue, deadline, signal }, (foreseen) => {
      count += 1;
      output.item(foreseenInJson(foreseen), (style) => foreseenInWords(foreseen, style));
    });
    output.note(count === 0 ? 'nothing is due' : `${count} looked at; nothing was changed`);
    return EXIT.ok;
  });
}

async function withRun<T>(
  timeLimit: Millis,
  config: Config,
  context: Context,
  work: (effects: CommandEffects, queue: PendingQueue, deadline: EpochMs) => Promise<T>,
): Promise<T> {
  return withEffects(context, config.run.concurrency, async (effects) => {
    const deadline = after(context.clock.now(), timeLimit);
    const queue = await openQueue(config.queue, { ...effects, deadline });
    try {
      return await work(effects, queue, deadline);
    } finally {
      await queue.close();
    }
  });
}

function exitCodeOf({ deadLettered, unsettled }: RunReport): ExitCode {
  return Object.keys(deadLettered).length === 0 && unsettled === 0 ? EXIT.ok : EXIT.foundWrong;
}

function timeOfDay(moment: EpochMs): string {
  return new Date(moment).toISOString().slice(11, 19);
}
