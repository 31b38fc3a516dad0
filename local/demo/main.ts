import { parseArgs } from 'node:util';
import pMap from 'p-map';
import { seconds } from '../../lib/domain/units.js';
import { systemClock } from '../../lib/platform/system.js';
import type { RunReport } from '../../lib/poller/report.js';
import { readOutcomes } from './outcomes.js';
import { writePages } from './pages.js';
import { ProgressDisplay } from './progress.js';
import { demoJobs } from './scenario.js';
import { addFaults, DEAD_LETTER_QUEUE, PENDING_QUEUE, setStage, type Stage } from './stage.js';
import { submit } from './submit.js';
import { outcomeTable, summarize, surprises } from './summary.js';

/** The demo behind `npm start`: document jobs go in, manifests come out, through the real protocols, on an embedded cloud. */

/** Emptied at every start, so it is the demo's alone: `npm run cloud` keeps its own beside it. */
const FOLDER = '.docjob/demo';

/** The timer's period; a deployment's is a minute. */
const TICK = seconds(1);

/** What is not settled by then never will be: the oldest job is given up after 20 s. */
const TIME_LIMIT = seconds(55);

const USAGE = `Usage: npm start [-- --json]

  --json  print nothing but one line of JSON at the end
  --help  print this
`;

interface Runs {
  readonly reports: RunReport[];
  failed: number;
}

/** Runs the poll function on a fast timer until the queue is empty. */
async function pollUntilSettled(
  stage: Stage,
  total: number,
  signal: AbortSignal,
  display: ProgressDisplay,
  note: (text: string) => void,
): Promise<Runs> {
  const runs: Runs = { reports: [], failed: 0 };
  const startedAt = systemClock.now();
  for (;;) {
    const tickedAt = systemClock.now();
    try {
      runs.reports.push((await stage.poll.invoke({ trigger: 'timer' })) as RunReport); // what a timer's call returns
    } catch (error) {
      signal.throwIfAborted();
      runs.failed += 1;
      note(`a run failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    const { visible, inFlight, delayed } = stage.cloud.sqs.counts(PENDING_QUEUE);
    const pending = visible + inFlight + delayed;
    const deadLetters = stage.cloud.sqs.messages(DEAD_LETTER_QUEUE).length;
    const settled = total - pending;
    const elapsedMs = systemClock.now() - startedAt;
    display.show({
      settled,
      total,
      manifests: settled - deadLetters,
      deadLetters,
      runs: runs.reports.length,
      elapsedMs,
    });
    if (pending === 0 || elapsedMs > TIME_LIMIT) return runs;
    const nextTick = tickedAt + TICK - systemClock.now();
    if (nextTick > 0) await systemClock.sleep(seconds(nextTick / 1_000), signal);
  }
}

/** Plays the whole demo. @returns whether every job ended as it should. */
async function play(isJson: boolean, signal: AbortSignal): Promise<boolean> {
  const startedAt = systemClock.now();
  const say = (text: string): void => {
    if (!isJson) process.stdout.write(`${text}\n`);
  };
  const warnings: string[] = [];
  const log: string[] = [];
  const stage = await setStage(FOLDER, signal, (line) => {
    log.push(line);
    if (line.includes('"level":"error"')) warnings.push(line);
  });
  const display = new ProgressDisplay(isJson ? { write: () => true } : process.stderr);
  try {
    say(
      `The embedded cloud (COS, CI, SQS) is at ${stage.cloud.origin}; its buckets are folders in ${FOLDER}/buckets.`,
    );
    say(
      `The poll function is one file of ${Math.round(stage.bundleBytes / 1024)} KB, deployed as to AWS Lambda.`,
    );
    const jobs = demoJobs();
    const submitted = await pMap(jobs, (job) => submit(stage, job), { concurrency: 8, signal });
    say(
      `${jobs.length} jobs are submitted and in the queue. The service throttles, fails, breaks off and lies a little.\n`,
    );
    addFaults(stage.cloud);
    const runs = await pollUntilSettled(stage, jobs.length, signal, display, (text) => warnings.push(text));
    display.end();

    const outcomes = await readOutcomes(stage, submitted);
    const { elapsedMs, bundleBytes } = {
      elapsedMs: systemClock.now() - startedAt,
      bundleBytes: stage.bundleBytes,
    };
    const summary = summarize(outcomes, runs, { elapsedMs, bundleBytes });
    if (isJson) process.stdout.write(`${JSON.stringify(summary)}\n`);
    say(`\n${outcomeTable(outcomes)}\n`);
    say(
      `${summary.asExpected} of ${summary.jobs} jobs ended as they should: ${summary.manifests} manifests, ${summary.deadLetters} dead letters, ` +
        `in ${summary.runs} runs and ${Math.round(elapsedMs / 1_000)} s.`,
    );
    say(
      `Staleness, from a job's end to its manifest: median ${inSeconds(summary.stalenessMedianMs)}, ` +
        `worst ${inSeconds(summary.stalenessWorstMs)}.`,
    );
    say(
      `${summary.callsPerFinishedJob} calls to CI a finished job, ${summary.retries} retries in all, at one tick a second.`,
    );
    say(`The manifests are files: ${FOLDER}/buckets/<bucket>/manifests/<jobId>.json`);
    const { sheet, report } = await writePages(stage, submitted, log, {
      folder: FOLDER,
      now: systemClock.now(),
    });
    say(`To look at: ${sheet === undefined ? '' : `${sheet}, a job and its pages; `}${report}, all runs`);
    for (const surprise of surprises(outcomes)) process.stderr.write(`${surprise}\n`);
    if (!summary.ok) for (const warning of warnings) process.stderr.write(`${warning}\n`);
    return summary.ok;
  } finally {
    display.end();
    await stage.close();
  }
}

function inSeconds(durationMs: number | null): string {
  return durationMs === null ? 'none' : `${(durationMs / 1_000).toFixed(1)} s`;
}

async function main(): Promise<number> {
  const options = {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  let flags: { json: boolean; help: boolean };
  try {
    flags = parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  if (flags.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => abort.abort(new Error(`stopped by ${signal}`)));
  }
  try {
    return (await play(flags.json, abort.signal)) ? 0 : 1;
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    process.stderr.write('\nStopped. Nothing is left running.\n');
    // What shells expect of a command that Ctrl-C ended.
    return 130;
  }
}

process.exitCode = await main();
