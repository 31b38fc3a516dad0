import { afterAll, afterEach } from '@jest/globals';
import { buildSync } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Interruption } from '../../cli/errors.js';
import { runCli } from '../../cli/run.js';
import { systemClock } from '../../lib/platform/system.js';
import { createDocProcessJob } from '../../lib/doc-jobs/create.js';
import type { JobId } from '../../lib/domain/names.js';
import { startCloud, type Cloud } from '../../local/cloud.js';
import { environmentOf } from '../../local/environment.js';
import type { JobScript } from '../../local/ci/script.js';
import type { Clock } from '../../lib/domain/effects.js';
import { CosClient } from '../../lib/cos/client.js';
import { openTransport } from '../../lib/cos/transport.js';
import { parseServiceConfig } from '../../lib/config.js';
import { after, minutes, type EpochMs } from '../../lib/domain/units.js';
import { aBucket, aRegion } from '../support/pending-jobs.js';

/** The command in this process and in a child, and a cloud for it. */

export const DOCS = { bucket: aBucket('docs-1250000000'), region: aRegion('ap-beijing') };
export const PAGES = { bucket: aBucket('pages-1250000000'), region: aRegion('ap-shanghai') };

/** A folder without a config file. */
const HERE = fileURLToPath(new URL('.', import.meta.url));

/** What a command line did. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly isTTY?: boolean;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Hears what is written, as it is written. */
  readonly onText?: (text: string) => void;
}

/** Runs the command in this process. */
export async function docjob(args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const { env = {}, cwd = HERE, stdin = '', isTTY = false, clock = systemClock } = around;
  const text = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY,
    columns: 100,
    write: (part: string) => {
      text[name] += part;
      around.onText?.(part);
    },
  });
  const code = await runCli(args, {
    env,
    cwd,
    stdin: Object.assign(Readable.from(stdin === '' ? [] : [stdin]), { isTTY }),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    clock,
    // CMQ refuses a nonce that it has seen.
    random: Math.random,
    signal: around.signal ?? new AbortController().signal,
  });
  return { code, ...text };
}

/** What Ctrl-C is to a command that runs in this process. */
export function ctrlC(): { readonly signal: AbortSignal; readonly press: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, press: () => controller.abort(new Interruption('SIGINT')) };
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let bundled: string | undefined;

/** The command bundled, once for each suite that starts it: so it starts in a tenth of the time that its sources take. */
function bundledCommand(): string {
  if (bundled !== undefined) return bundled;
  const folder = mkdtempSync(join(tmpdir(), 'docjob-command-'));
  bundled = join(folder, 'chunks', 'docjob.mjs');
  // What the embedded cloud reads at its start, where a bundle in such a folder looks for it.
  cpSync(join(ROOT, 'local', 'documented'), join(folder, 'documented'), { recursive: true });
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: ['cli/main.ts'],
    outfile: bundled,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    keepNames: true,
    // Some of the packages that it holds are CommonJS.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return bundled;
}

afterAll(async () => {
  if (bundled !== undefined) await rm(dirname(dirname(bundled)), { recursive: true, force: true });
});

const children: ChildProcess[] = [];
const cleanUps: (() => Promise<void>)[] = [];

/** A command that runs in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ran>;
  /** Resolves when standard output or standard error has such a text; rejects when it ends without. */
  says(what: RegExp): Promise<void>;
}

/** Runs the command in a process of its own, which is killed after the test if it is still there. */
export function child(args: readonly string[], { env = {}, cwd, stdin }: Surroundings = {}): Child {
  const started = spawn(process.execPath, [bundledCommand(), ...args], {
    cwd: cwd ?? HERE,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(started);
  const text = { stdout: '', stderr: '' };
  started.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  started.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  started.stdin.end(stdin ?? '');
  const ended = once(started, 'close').then(([code]) => ({ code: code as number | null, ...text })); // what the event has
  const says = (what: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (what.test(text.stdout + text.stderr)) resolve();
      };
      started.stdout.on('data', check);
      started.stderr.on('data', check);
      started.once('close', () => reject(new Error(`it ended and had said: ${text.stdout}${text.stderr}`)));
      check();
    });
  return { process: started, ended, says };
}

afterEach(async () => {
  for (const one of children.splice(0)) one.kill('SIGKILL');
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'docjob-cli-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A cloud, and the settings that point the command to it. */
export interface Surround {
  readonly cloud: Cloud;
  readonly env: Readonly<Record<string, string>>;
  /** Puts a document and makes its job, which is not enqueued. */
  readonly makeJob: (object: string, script?: JobScript) => Promise<JobId>;
}

/** An embedded cloud with a queue of the given kind, for one test. By a clock that is not the machine's, the command must go by it, too. */
export async function aCloud(
  queue: 'sqs' | 'cos' | 'cmq' = 'sqs',
  clock: Clock = systemClock,
): Promise<Surround> {
  const now = (): EpochMs => clock.now();
  const cloud = await startCloud({ root: await temporaryFolder(), jobDurationMs: 0, now });
  cleanUps.push(() => cloud.close());
  for (const { bucket, region } of [DOCS, PAGES]) await cloud.control.createBucket(bucket, region);
  const env = {
    ...environmentOf(cloud, { ...queuesOf(cloud, queue), source: DOCS }),
    QUEUE_WAIT_SECONDS: '0',
    // A queue of CMQ's own defaults takes no longer delays.
    ...(queue === 'cmq' ? { DELAY_CEILING_SECONDS: '900' } : {}),
  };
  const transport = openTransport({ maxSockets: 1 });
  const client = new CosClient(
    parseServiceConfig(env).client,
    { transport, credentials: () => cloud.credentials.longLived, clock, random: () => 0.5 },
    { deadline: after(clock.now(), minutes(5)), signal: new AbortController().signal },
  );
  cleanUps.push(() => {
    transport.close();
    return Promise.resolve();
  });
  return {
    cloud,
    env,
    makeJob: async (object, script = {}) => {
      await cloud.control.putObject(DOCS.bucket, object, Buffer.from(object), script);
      const output = { ...PAGES, object: `out/${object}/\${Number}.png` };
      return (await createDocProcessJob(client, DOCS, { object, output, targetType: 'png' })).jobId;
    },
  };
}

function queuesOf(
  cloud: Cloud,
  kind: 'sqs' | 'cos' | 'cmq',
): { queueUrl: string; deadLetterQueueUrl: string } {
  switch (kind) {
    case 'sqs':
      return {
        queueUrl: cloud.sqs.createQueue('pending'),
        deadLetterQueueUrl: cloud.sqs.createQueue('dead'),
      };
    case 'cos': {
      const url = `cos://${DOCS.bucket}.${DOCS.region}/docjob`;
      return { queueUrl: `${url}/pending/`, deadLetterQueueUrl: `${url}/dead/` };
    }
    case 'cmq':
      return {
        queueUrl: cloud.cmq.createQueue('pending'),
        deadLetterQueueUrl: cloud.cmq.createQueue('dead'),
      };
  }
}
