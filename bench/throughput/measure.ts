import { CloudProcess } from '../cloud/cloud-process.js';
import { bundleForBench } from '../contestants/bundles.js';
import { ContestantProcess } from '../contestants/contestant-process.js';
import type { Spread } from '../report/results.js';
import { spreadOf } from '../report/spread.js';
import { CONTESTANTS, type ContestantKind, type ContestantName } from './contestants.js';
import { runLoad, type LoadResult } from './load.js';

/** One point of the comparison. */
export interface Cell {
  readonly concurrency: number;
  readonly pages: number;
  /** Jobs that are measured; a third of them come before, to warm the code up. */
  readonly jobs: number;
}

/** What a contestant needed at one point. */
export interface CellResult extends Cell {
  readonly contestant: ContestantName;
  readonly label: string;
  readonly cpuMsPerJob: Spread;
  readonly jobsPerSecond: Spread;
  readonly cloudShare: Spread;
  readonly callsPerJob: Readonly<Record<string, number>>;
}

/** The environment that all contestants work with. */
export function contestantEnv(
  cloud: CloudProcess,
  queue: ContestantKind['queue'],
  concurrency: number,
): Record<string, string> {
  return {
    ...cloud.ready.env[queue === 'none' ? 'sqs' : queue],
    CONCURRENCY: String(concurrency),
    // What is measured is what it can do, not what it is told to.
    REQUESTS_PER_SECOND: '10000',
    QUEUE_WAIT_SECONDS: '0',
  };
}

/** Measures all contestants at one point: each in a fresh process, in rounds, each round beginning with another one. */
export async function measureCell(
  cell: Cell,
  rounds: number,
  folder: string,
): Promise<readonly CellResult[]> {
  const cloud = await CloudProcess.start();
  const results = new Map<ContestantName, LoadResult[]>();
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < CONTESTANTS.length; turn += 1) {
        const kind = CONTESTANTS[(round + turn) % CONTESTANTS.length];
        if (kind === undefined) continue;
        const result = await measureOnce(cloud, kind, cell, folder);
        results.set(kind.name, [...(results.get(kind.name) ?? []), result]);
      }
    }
  } finally {
    await cloud.close();
  }
  return CONTESTANTS.map(({ name, label }) => {
    const loads = results.get(name) ?? [];
    return {
      ...cell,
      contestant: name,
      label,
      cpuMsPerJob: spreadOf(loads.map(({ cpuMs, jobs }) => cpuMs / jobs)),
      jobsPerSecond: spreadOf(loads.map(({ wallMs, jobs }) => (1_000 * jobs) / wallMs)),
      cloudShare: spreadOf(loads.map(({ cloudShare }) => cloudShare)),
      callsPerJob: loads[0]?.callsPerJob ?? {},
    };
  });
}

/** One contestant, warmed up and measured in a fresh process. */
export async function measureOnce(
  cloud: CloudProcess,
  { entry, queue }: ContestantKind,
  { concurrency, pages, jobs }: Cell,
  folder: string,
  profileTo?: string,
): Promise<LoadResult> {
  const { file } = await bundleForBench(entry, folder, { isReadable: profileTo !== undefined });
  const contestant = new ContestantProcess(file, contestantEnv(cloud, queue, concurrency));
  try {
    await runLoad(cloud, contestant, { jobs: Math.ceil(jobs / 3), pages, queue });
    return await runLoad(cloud, contestant, {
      jobs,
      pages,
      queue,
      ...(profileTo === undefined ? {} : { profileTo }),
    });
  } finally {
    await contestant.close();
  }
}
