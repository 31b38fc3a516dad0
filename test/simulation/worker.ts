import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { scenarioOf, type WorldName } from './scenario.js';
import { addResult, noStatistics } from './statistics.js';
import { simulate } from './world/simulation.js';
import { WORLDS } from './worlds.js';

/** What a worker is to do: every so many seeds from the first on, until it is told to stop. */
export interface WorkerTask {
  readonly world: WorldName;
  readonly firstSeed: number;
  readonly step: number;
  readonly count: number;
  /** Ends at the first seed that fails. */
  readonly stopsAtFailure: boolean;
}

/** How often a worker reports. */
const REPORT_EVERY_MS = 500;

async function work(task: WorkerTask): Promise<void> {
  const stop = new AbortController();
  parentPort?.once('message', () => {
    stop.abort();
  });
  let statistics = noStatistics();
  let reportedAt = performance.now();
  for (let done = 0; done < task.count && !stop.signal.aborted; done += 1) {
    const seed = task.firstSeed + done * task.step;
    const result = await simulate(scenarioOf(seed, task.world), { openQueue: WORLDS[task.world] });
    addResult(statistics, seed, result);
    if (task.stopsAtFailure && result.violations.length > 0) break;
    // A simulation takes no turn of the event loop, and to be told to stop needs one.
    await setImmediate();
    if (performance.now() - reportedAt < REPORT_EVERY_MS) continue;
    parentPort?.postMessage(statistics);
    statistics = noStatistics();
    reportedAt = performance.now();
  }
  parentPort?.postMessage(statistics);
  parentPort?.close();
}

// Nobody reads stacks here, and they cost: a seed that fails is run once more elsewhere.
Error.stackTraceLimit = 0;
// The worker's own data, as runInWorker gives it.
void work(workerData as WorkerTask);
