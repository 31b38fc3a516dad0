import { CloudProcess } from '../cloud/cloud-process.js';
import type { QueueKind } from '../cloud/messages.js';
import { bundleForBench } from '../contestants/bundles.js';
import { ContestantProcess } from '../contestants/contestant-process.js';
import { contestantEnv } from '../throughput/measure.js';

/** What one process was given to do. */
export interface ScaleLoad {
  readonly queue: QueueKind;
  /** Jobs that are pending at the start. */
  readonly backlog: number;
  readonly pages: number;
  /** Looks at a time. */
  readonly concurrency: number;
  /** The memory of the function that the process stands for, in MB. */
  readonly memoryMb: 128 | 256;
}

/** What came of it; no cost when the process ended, as it does without enough memory. */
export interface ScaleResult extends ScaleLoad {
  /** Jobs that were finished: all of the backlog, or what so many runs take. */
  readonly finished: number;
  readonly cost: {
    readonly cpuMsPerJob: number;
    readonly wallMsPerJob: number;
    readonly peakRssMb: number | null;
  } | null;
  readonly problem: string | null;
}

/** Finished of a larger backlog: five runs of 2,000 leases each, as many as the default takes. */
const MOST_FINISHED = 10_000;

/**
 * Node's limits for a function of so much memory. Its program, stacks and buffers take some 55 MB beside the old space, and its young space up to three
 * semispaces.
 */
const NODE_LIMITS = {
  128: ['--max-old-space-size=64', '--max-semi-space-size=2'],
  256: ['--max-old-space-size=180', '--max-semi-space-size=4'],
} as const;

/** Runs docjob against a backlog, in a process with the limits of a small function: run after run in one process, as a platform keeps it. */
export async function measureScale(load: ScaleLoad, folder: string): Promise<ScaleResult> {
  const { queue, backlog, pages, concurrency, memoryMb } = load;
  const { file } = await bundleForBench('bench/contestants/docjob.ts', folder);
  const cloud = await CloudProcess.start();
  const contestant = new ContestantProcess(
    file,
    contestantEnv(cloud, queue, concurrency),
    NODE_LIMITS[memoryMb],
  );
  try {
    const jobIds = await cloud.fill(backlog, pages, queue);
    const wanted = Math.min(backlog, MOST_FINISHED);
    const { cpuMs, wallMs, peakRssMb } = await contestant.finish({ jobIds: jobIds.slice(0, wanted) });
    const { manifests, pending } = await cloud.check(jobIds, queue);
    if (manifests < wanted || manifests + pending !== backlog) {
      throw new Error(`of ${backlog} jobs ${manifests} have a manifest and ${pending} are pending`);
    }
    const cost = { cpuMsPerJob: cpuMs / manifests, wallMsPerJob: wallMs / manifests, peakRssMb };
    return { ...load, finished: manifests, cost, problem: null };
  } catch (error) {
    return { ...load, finished: 0, cost: null, problem: firstLine(error) };
  } finally {
    await contestant.close();
    await cloud.close();
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? text;
}
