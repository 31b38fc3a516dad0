import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';

/**
 * `npm run mutation`: plants small faults all over a room of `lib/` and counts those that none of the room's own tests notice. Each exemption stands
 * beside its line in the source, as a comment with its reason.
 */

/** What is held to it: where a fault would lose a job, or write a wrong manifest. */
const ROOMS = ['cos-signer', 'cos', 'doc-jobs', 'manifest', 'poller', 'queue'] as const;

const USAGE = `Usage: npm run mutation [-- [room ...] [--concurrency N] [--files GLOB]]

Rooms: ${ROOMS.join(', ')}; all of them when none is named. Exits with 1 when a mutant survives.

  --concurrency N   mutants at a time (2)
  --files GLOB      only these files of the room, such as "bucket*.ts"
`;

const Report = v.object({
  files: v.record(
    v.string(),
    v.object({
      mutants: v.array(
        v.object({
          status: v.string(),
          mutatorName: v.string(),
          replacement: v.optional(v.string()),
          location: v.object({ start: v.object({ line: v.number(), column: v.number() }) }),
        }),
      ),
    }),
  ),
});

interface Score {
  readonly room: string;
  readonly killed: number;
  readonly exempt: number;
  /** `file:line:column mutator replacement`. */
  readonly survivors: readonly string[];
}

/** Mutates one room, with the room's own tests. */
async function mutate(room: string, files: string, concurrency: number): Promise<Score> {
  const folder = await mkdtemp(join(tmpdir(), 'docjob-mutation-'));
  try {
    const report = join(folder, 'report.json');
    const config = {
      testRunner: 'jest',
      testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
      plugins: ['@stryker-mutator/jest-runner'],
      jest: {
        configFile: 'jest.config.mjs',
        config: { testMatch: [`<rootDir>/test/${room}/**/*.test.ts`], reporters: [] },
        enableFindRelatedTests: false,
      },
      coverageAnalysis: 'perTest',
      mutate: [`lib/${room}/**/${files}`],
      reporters: process.stdout.isTTY ? ['progress', 'json'] : ['json'],
      jsonReporter: { fileName: report },
      concurrency,
      // jest's registry of ES modules grows with every run, until the process dies of it.
      maxTestRunnerReuse: 25,
      // A mutant that loops is told by its time; on a busy machine honest tests are slow too.
      timeoutMS: 30_000,
      tempDirName: '.stryker-tmp',
      ignorePatterns: ['.docjob', '.serverless', 'dist'],
      checkers: [],
    };
    const file = join(folder, 'stryker.config.json');
    await writeFile(file, JSON.stringify(config));
    const code = await run(file);
    if (code !== 0) throw new Error(`the mutation of lib/${room} could not be run: exit ${code}`);
    return scoreOf(room, v.parse(Report, JSON.parse(await readFile(report, 'utf8'))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(configFile: string): Promise<number> {
  const cli = createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json');
  const child = spawn(process.execPath, [join(cli, '../bin/stryker.js'), 'run', configFile], {
    stdio: 'inherit',
  });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

function scoreOf(room: string, { files }: v.InferOutput<typeof Report>): Score {
  const mutants = Object.entries(files).flatMap(([file, { mutants: ofFile }]) =>
    ofFile.map((mutant) => ({ file, ...mutant })),
  );
  const having = (...statuses: readonly string[]) =>
    mutants.filter(({ status }) => statuses.includes(status));
  return {
    room,
    killed: having('Killed', 'Timeout').length,
    exempt: having('Ignored').length,
    survivors: having('Survived', 'NoCoverage').map(
      ({ file, location: { start }, mutatorName, replacement, status }) =>
        `${file}:${start.line}:${start.column} ${mutatorName} ${status} ${(replacement ?? '').slice(0, 80).replaceAll('\n', ' ')}`,
    ),
  };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: 'string', default: '2' },
    files: { type: 'string', default: '*.ts' },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((room) => !ROOMS.some((known) => known === room));
const concurrency = Number(values.concurrency);
if (values.help || unknown.length > 0 || !Number.isInteger(concurrency) || concurrency < 1) {
  process.stdout.write(unknown.length > 0 ? `no such room: ${unknown.join(', ')}\n${USAGE}` : USAGE);
  process.exit(values.help ? 0 : 2);
}
let survived = 0;
for (const room of positionals.length > 0 ? positionals : ROOMS) {
  const { killed, exempt, survivors } = await mutate(room, values.files, concurrency);
  survived += survivors.length;
  const score = (100 * killed) / Math.max(1, killed + survivors.length);
  process.stdout.write(
    `lib/${room}: ${score.toFixed(1)} % of ${killed + survivors.length} mutants are noticed, ${exempt} exempt\n`,
  );
  for (const survivor of survivors) process.stdout.write(`  ${survivor}\n`);
}
process.exitCode = survived === 0 ? 0 : 1;
