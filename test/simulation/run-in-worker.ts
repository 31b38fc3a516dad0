import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build, type Plugin } from 'esbuild';
import type { Statistics } from './statistics.js';
import type { WorkerTask } from './worker.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A change to one source file, made while it is bundled: what is found must stand there exactly once. */
export interface SourceChange {
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * The whole simulation, the code under test included, as one script for a worker, with a change if one is given.
 *
 * @throws Error when the source to change no longer reads as the change expects.
 */
export async function bundleSimulation(change?: SourceChange): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['test/simulation/worker.ts'],
    write: false,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'silent',
    plugins: [REMEMBERING_XML, ...(change === undefined ? [] : [changing(change)])],
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('bundling the simulation gave no file');
  return file.text;
}

const REMEMBERING_XML: Plugin = {
  name: 'remembering-xml',
  setup: (hooks) => {
    const path = join(root, 'test/simulation/remembered-xml.ts');
    hooks.onResolve({ filter: /^fast-xml-parser$/ }, ({ importer }) =>
      importer === path ? undefined : { path },
    );
  },
};

function changing({ file, find, replace }: SourceChange): Plugin {
  return {
    name: 'change',
    setup: (hooks) => {
      let isApplied = false;
      const path = join(root, file);
      hooks.onLoad({ filter: /\.ts$/ }, async (loaded) => {
        if (loaded.path !== path) return undefined;
        const source = await readFile(path, 'utf8');
        const parts = source.split(find);
        if (parts.length !== 2) {
          throw new Error(`${file} holds what is to be changed ${parts.length - 1} times, not once: ${find}`);
        }
        isApplied = true;
        return { contents: parts.join(replace), loader: 'ts' };
      });
      hooks.onEnd(() => {
        if (!isApplied) throw new Error(`${file} is not part of the simulation`);
      });
    },
  };
}

/** A worker at work. */
export interface RunningWorker {
  /** Resolves when it has ended, by itself or because it was stopped. */
  readonly ended: Promise<void>;
  readonly stop: () => void;
}

/** Runs seeds in a thread of its own. `onStatistics` is given what came of further seeds, now and then. */
export function runInWorker(
  script: string,
  task: WorkerTask,
  onStatistics: (more: Statistics) => void,
): RunningWorker {
  const worker = new Worker(script, {
    eval: true,
    workerData: task,
    // Nearly all that a simulation makes is garbage at once.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  worker.on('message', onStatistics);
  const ended = new Promise<void>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
  });
  return { ended, stop: () => worker.postMessage('stop') };
}
