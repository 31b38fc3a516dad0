import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { FILES_VARIABLE } from './files-variable.js';

/**
 * `npm run mutation`: plants small faults all over the rooms of `lib/` and lists those that no test notices. An exemption stands beside its line
 * in the source, as a comment with its reason: `// Stryker disable next-line <Mutator>: <reason>`.
 */

/**
 * What is held to it: where a fault would lose a job, or write a wrong manifest. With the tests that must notice: the room's own, and those of
 * the rooms that are built on it.
 */
const ROOMS = {
  aws: ['aws', 'queue', 'platform'],
  'cos-signer': ['cos-signer'],
  cos: ['cos'],
  'doc-jobs': ['doc-jobs', 'submit'],
  manifest: ['manifest'],
  poller: ['poller'],
  queue: ['queue'],
} as const;
type Room = keyof typeof ROOMS;
const rooms = Object.keys(ROOMS) as Room[];

/** Not for a mutant: this suite takes most of a minute, and notices nothing that the room's others do not. */
const SLOW: ReadonlySet<string> = new Set(['test/queue/cmq.simulation.test.ts']);

const USAGE = `Usage: npm run mutation [-- --room ROOM ...] [--files FILE,...] [--concurrency N]

Rooms: ${rooms.join(', ')}; all of them when none is named. Exits with 1 when a mutant survives, or is exempt without a reason.

  --room ROOM       only this one; may be repeated
  --files FILE,...  only these files, such as lib/cos/pace.ts or lib/cos/pace.ts:10-20, with the tests of their rooms
  --concurrency N   mutants at a time (2)
`;

const Position = v.object({ line: v.number(), column: v.number() });
const Report = v.object({
  files: v.record(
    v.string(),
    v.object({
      source: v.string(),
      mutants: v.array(
        v.object({
          status: v.string(),
          statusReason: v.optional(v.string()),
          mutatorName: v.string(),
          replacement: v.optional(v.string()),
          location: v.object({ start: Position, end: Position }),
        }),
      ),
    }),
  ),
});
type Mutant = v.InferOutput<typeof Report>['files'][string]['mutants'][number] & {
  readonly file: string;
  /** What stands in the source at its place. */
  readonly original: string;
};

/** Stryker's words for a directive that gives no reason. */
const NO_REASON = 'Ignored using a comment';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What to mutate, as Stryker takes it, and with the tests of which folders. */
interface Work {
  readonly name: string;
  readonly mutate: readonly string[];
  readonly folders: readonly string[];
}

/** Mutates them; the mutants with what became of them. */
async function mutate({ mutate, folders }: Work, concurrency: number): Promise<readonly Mutant[]> {
  const cache = join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  // Inside the project, since the runner's bundle must find its packages.
  const folder = await mkdtemp(join(cache, 'docjob-mutation-'));
  try {
    const runner = join(folder, 'runner.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('runner.ts', import.meta.url))],
      outfile: runner,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
    });
    const report = join(folder, 'report.json');
    const config = {
      testRunner: 'docjob',
      plugins: [runner],
      coverageAnalysis: 'perTest',
      mutate,
      reporters: process.stdout.isTTY ? ['progress', 'json'] : ['json'],
      jsonReporter: { fileName: report },
      concurrency,
      // Node keeps every load of a module; a new process now and then keeps the memory bounded.
      maxTestRunnerReuse: 150,
      // A mutant that hangs is told by its time alone; with five seconds, a busy machine made a dozen of survivors look like that.
      timeoutMS: 20_000,
      timeoutFactor: 4,
      tempDirName: '.stryker-tmp',
      ignorePatterns: ['.docjob', '.serverless', 'dist'],
      checkers: [],
      logLevel: 'warn',
      // That loading a module anew is slow: it is not, here.
      warnings: { slow: false },
    };
    const file = join(folder, 'stryker.config.json');
    await writeFile(file, JSON.stringify(config));
    const code = await run(file, await testFilesIn(folders));
    if (code !== 0) throw new Error(`Stryker could not run: exit ${code}`);
    const { files } = v.parse(Report, JSON.parse(await readFile(report, 'utf8')));
    return Object.entries(files).flatMap(([path, { source, mutants }]) =>
      mutants.map((mutant) => ({ file: path, original: textAt(source, mutant.location), ...mutant })),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function testFilesIn(folders: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(root, 'test', folder), { recursive: true });
      return names.filter((name) => name.endsWith('.test.ts')).map((name) => `test/${folder}/${name}`);
    }),
  );
  return lists
    .flat()
    .filter((file) => !SLOW.has(file))
    .sort();
}

function run(configFile: string, testFiles: readonly string[]): Promise<number> {
  const cli = createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json');
  const child = spawn(process.execPath, [join(cli, '../bin/stryker.js'), 'run', configFile], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      [FILES_VARIABLE]: JSON.stringify(testFiles),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

/** Prints what became of them; false when the gate is closed. */
function tell(name: string, mutants: readonly Mutant[], seconds: number): boolean {
  const having = (...statuses: readonly string[]) =>
    mutants.filter(({ status }) => statuses.includes(status));
  const killed = having('Killed', 'Timeout').length;
  const survivors = having('Survived', 'NoCoverage', 'RuntimeError');
  const exempt = having('Ignored');
  const score = (100 * killed) / Math.max(1, killed + survivors.length);
  const lines = [
    `${name}: ${score.toFixed(1)} % of ${killed + survivors.length} mutants are noticed (${having('Timeout').length} by their time), ` +
      `${exempt.length} exempt; ${seconds.toFixed(0)} s`,
    ...survivors.map(
      (mutant) =>
        `  ${mutant.status.toUpperCase()} ${placeOf(mutant)}: ${short(mutant.original)} -> ${short(mutant.replacement ?? '')}`,
    ),
    ...having('Timeout').map(
      (mutant) =>
        `  by its time ${placeOf(mutant)}: ${short(mutant.original)} -> ${short(mutant.replacement ?? '')}`,
    ),
    ...exempt.map((mutant) => `  exempt ${placeOf(mutant)}: ${mutant.statusReason ?? NO_REASON}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  const unexplained = exempt.filter(({ statusReason = NO_REASON }) => statusReason === NO_REASON);
  if (unexplained.length > 0) process.stdout.write(`  ${unexplained.length} of them without a reason\n`);
  return survivors.length === 0 && unexplained.length === 0;
}

function placeOf({ file, location: { start }, mutatorName }: Mutant): string {
  return `${file}:${start.line}:${start.column} ${mutatorName}`;
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

function textAt(source: string, { start, end }: Mutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.pop() ?? '';
  return [...lines, last.slice(0, end.column - 1)].join('\n').slice(start.column - 1);
}

/** The rooms as the command line names them, or the rooms of its files with these files alone. */
function workOf(named: readonly string[], files: readonly string[]): readonly Work[] {
  if (files.length === 0) {
    return rooms
      .filter((room) => named.length === 0 || named.includes(room))
      .map((room) => ({ name: `lib/${room}`, mutate: [`lib/${room}/**/*.ts`], folders: ROOMS[room] }));
  }
  return rooms.flatMap((room) => {
    const own = files.filter((file) => file.startsWith(`lib/${room}/`));
    return own.length === 0 ? [] : [{ name: own.join(', '), mutate: own, folders: ROOMS[room] }];
  });
}

function refuse(problem: string): never {
  process.stderr.write(`${problem}\n${USAGE}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    room: { type: 'string', multiple: true, default: [] },
    files: { type: 'string', default: '' },
    concurrency: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const concurrency = Number(values.concurrency);
if (!Number.isInteger(concurrency) || concurrency < 1) refuse('--concurrency takes a whole number from 1');
for (const room of values.room) if (!Object.hasOwn(ROOMS, room)) refuse(`there is no room ${room}`);
const files = values.files.split(',').filter((file) => file !== '');
for (const file of files) {
  const [path = ''] = file.split(':');
  if (!rooms.some((room) => path.startsWith(`lib/${room}/`)) || !existsSync(join(root, path)))
    refuse(`${file} is no file of a room`);
}
let open = true;
for (const work of workOf(values.room, files)) {
  const begun = performance.now();
  const mutants = await mutate(work, concurrency);
  open = tell(work.name, mutants, (performance.now() - begun) / 1000) && open;
}
process.exitCode = open ? 0 : 1;
