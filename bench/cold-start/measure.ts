import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CloudProcess } from '../cloud/cloud-process.js';
import type { QueueKind } from '../cloud/messages.js';
import { bundleForBench, type BenchBundle } from '../contestants/bundles.js';
import type { Spread } from '../report/results.js';
import { spreadOf } from '../report/spread.js';

const HARNESS = fileURLToPath(new URL('harness.cjs', import.meta.url));

const POLL = 'functions/poll/handler.ts';

/** What is started cold. */
interface Starter {
  readonly name: string;
  readonly label: string;
  readonly entry: string;
  readonly exported: 'handler' | 'main_handler';
  readonly queue: QueueKind;
}

const STARTERS = [
  { name: 'lambda', label: 'docjob on Lambda with SQS', entry: POLL, exported: 'handler', queue: 'sqs' },
  {
    name: 'peer',
    label: 'official SDK and SQS client',
    entry: 'bench/contestants/peer-handler.ts',
    exported: 'handler',
    queue: 'sqs',
  },
  {
    name: 'scf',
    label: 'docjob on SCF with a bucket',
    entry: POLL,
    exported: 'main_handler',
    queue: 'bucket',
  },
  {
    name: 'peer-sdk',
    label: 'official SDK alone',
    entry: 'bench/contestants/peer-sdk-handler.ts',
    exported: 'main_handler',
    queue: 'bucket',
  },
] as const satisfies readonly Starter[];

/** What one cold start took; times from just before the bundle was read. */
interface ColdStart {
  readonly loadMs: number;
  readonly loadCpuMs: number;
  readonly signedMs: number;
  readonly signedCpuMs: number;
  readonly describeMs: number;
  readonly describeCpuMs: number;
  readonly rssMb: number;
  readonly heapGrowthMb: number;
}

/** A bundle, and what its cold starts took. */
export interface ColdStartResult
  extends Pick<BenchBundle, 'bytes' | 'packages'>, Readonly<Record<keyof ColdStart, Spread>> {
  readonly name: (typeof STARTERS)[number]['name'];
  readonly label: string;
}

/** Starts each bundle cold, in turn, so many times; the first time of each only brings its file into the system's cache. */
export async function measureColdStarts(rounds: number, folder: string): Promise<readonly ColdStartResult[]> {
  const cloud = await CloudProcess.start();
  try {
    await cloud.fill(1, 10, 'bucket');
    const prepared = [];
    for (const starter of STARTERS) {
      const { entry, queue }: Starter = starter;
      const bundle = await bundleForBench(entry, folder);
      prepared.push({ starter, bundle, env: cloud.ready.env[queue], starts: [] as ColdStart[] });
    }
    for (let round = 0; round <= rounds; round += 1) {
      for (const { starter, bundle, env, starts } of prepared) {
        if (starter.queue === 'sqs') await cloud.fill(1, 10, 'sqs');
        const start = await startCold(bundle.file, starter.exported, env);
        if (round > 0) starts.push(start);
      }
    }
    return prepared.map(({ starter: { name, label }, bundle: { bytes, packages }, starts }) => {
      const spread = (key: keyof ColdStart): Spread => spreadOf(starts.map((start) => start[key]));
      return {
        name,
        label,
        bytes,
        packages,
        loadMs: spread('loadMs'),
        loadCpuMs: spread('loadCpuMs'),
        signedMs: spread('signedMs'),
        signedCpuMs: spread('signedCpuMs'),
        describeMs: spread('describeMs'),
        describeCpuMs: spread('describeCpuMs'),
        rssMb: spread('rssMb'),
        heapGrowthMb: spread('heapGrowthMb'),
      };
    });
  } finally {
    await cloud.close();
  }
}

async function startCold(
  file: string,
  exported: string,
  env: Readonly<Record<string, string>>,
): Promise<ColdStart> {
  const child = spawn(process.execPath, [HARNESS, file, exported], {
    env: { ...env, QUEUE_WAIT_SECONDS: '0', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  // The fourth descriptor was asked for above.
  const report = await text(child.stdio[3] as Readable);
  if (report === '') throw new Error(`${file} asked about no job`);
  return JSON.parse(report) as ColdStart; // as the harness writes it
}
