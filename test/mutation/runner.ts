import { type InstrumenterContext, type MutantCoverage } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  MutantRunStatus,
  TestStatus,
  type DryRunResult,
  type MutantRunOptions,
  type MutantRunResult,
  type TestRunner,
  type TestRunnerCapabilities,
} from '@stryker-mutator/api/test-runner';
import { build, type Plugin } from 'esbuild';
import fc from 'fast-check';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FILES_VARIABLE } from './files-variable.js';
import { Suite, type Outcome } from './suite.js';

/** What the tests took without a mutant, for the processes that come after the one that measured it. */
const TIMES_FILE = '.docjob-mutation-times.json';

/** How often a property's failure repeats must not depend on the day: the same seed for every run. Nobody reads the counterexample. */
fc.configureGlobal({ seed: 20_261_125, endOnFailure: true });

// Stryker's instrumentation reads and writes it. The test files find their `@jest/globals` there as well.
const shared = globalThis as typeof globalThis & {
  __stryker__?: InstrumenterContext;
  __docjobSuite?: Suite['globals'];
};

/**
 * A Stryker test runner that keeps one process: each test file is bundled once, and its bundle is loaded anew for every mutant, so that no
 * module's state outlives it. The quickest files run first, and the first failure ends the run.
 *
 * A mutant counts as killed only when the test that failed passes again, at once, in the same process without the mutant: what a mutant
 * before it has left behind cannot be taken for a kill.
 */
class Runner implements TestRunner {
  readonly #context: InstrumenterContext = (shared.__stryker__ ??= {});
  readonly #files = JSON.parse(process.env[FILES_VARIABLE] ?? '[]') as readonly string[];
  readonly #bundles = join(process.cwd(), `.docjob-mutation-${process.pid}`);
  #loads = 0;
  #times: Readonly<Record<string, number>> | undefined;

  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    await mkdir(this.#bundles);
    await build({
      // Its own default is where the process was started, which is not where Stryker has brought it.
      absWorkingDir: process.cwd(),
      entryPoints: this.#files.map((file, index) => ({ in: file, out: String(index) })),
      outdir: this.#bundles,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      logLevel: 'error',
      plugins: [inPlace],
    });
  }

  async dispose(): Promise<void> {
    await rm(this.#bundles, { recursive: true, force: true });
  }

  async dryRun(): Promise<DryRunResult> {
    const coverage: MutantCoverage = { static: {}, perTest: {} };
    this.#context.mutantCoverage = coverage;
    this.#context.activeMutant = undefined as unknown as string;
    const outcomes: Outcome[] = [];
    const hooks = new Map<string, readonly string[]>();
    const onTests = (ids: readonly string[]): void => {
      const id = ids.length === 1 ? ids[0] : `the hooks of ${ids.join()}`;
      if (id !== undefined && ids.length > 1) hooks.set(id, ids);
      Object.assign(this.#context, { currentTestId: id });
    };
    for (const file of this.#files) {
      delete this.#context.currentTestId;
      const suite = await this.#load(file);
      outcomes.push(...(await suite.run({ bail: false, onTests })));
    }
    delete this.#context.currentTestId;
    for (const [name, ids] of hooks) giveTo(ids, name, coverage);
    const times = Object.fromEntries(outcomes.map(({ id, ms }) => [id, ms]));
    writeFileSync(TIMES_FILE, JSON.stringify(times));
    return {
      status: DryRunStatus.Complete,
      mutantCoverage: coverage,
      tests: outcomes.map(({ id, name, ms, failure }) => ({
        id,
        name,
        timeSpentMs: ms,
        ...(failure === undefined
          ? { status: TestStatus.Success }
          : { status: TestStatus.Failed, failureMessage: failure }),
      })),
    };
  }

  async mutantRun({
    testFilter,
    hitLimit,
    activeMutant,
    mutantActivation,
  }: MutantRunOptions): Promise<MutantRunResult> {
    const context = this.#context;
    const activate = (mutant: string | undefined) => Object.assign(context, { activeMutant: mutant });
    Object.assign(context, { hitCount: 0, hitLimit });
    let nrOfTests = 0;
    for (const { file, only } of this.#wanted(testFilter)) {
      let outcomes: readonly Outcome[];
      if (mutantActivation === 'static') {
        // It can change which tests there are, so all run. A file that cannot even be loaded is one test that fails.
        activate(activeMutant.id);
        outcomes = await this.#load(file).then(
          (suite) => suite.run({ bail: true }),
          (error: unknown) => [{ id: `${file} > 1`, name: file, ms: 0, failure: String(error) }],
        );
      } else {
        const suite = await this.#load(file);
        activate(activeMutant.id);
        outcomes = await suite.run({ only, bail: true });
      }
      nrOfTests += outcomes.length;
      const failed = outcomes.find(({ failure }) => failure !== undefined);
      activate(undefined);
      const looping = determineHitLimitReached(context.hitCount, hitLimit);
      if (looping !== undefined) return { ...looping, status: MutantRunStatus.Timeout };
      if (failed?.failure !== undefined) {
        await this.#mustPass(file, failed);
        return {
          status: MutantRunStatus.Killed,
          killedBy: [failed.id],
          failureMessage: failed.failure,
          nrOfTests,
        };
      }
    }
    return { status: MutantRunStatus.Survived, nrOfTests };
  }

  /** @throws Error when it does not: Stryker then begins a new process and runs the mutant again. */
  async #mustPass(file: string, { id, failure }: Outcome): Promise<void> {
    const suite = await this.#load(file);
    const again = (await suite.run({ only: new Set([id]), bail: true })).find(
      (one) => one.failure !== undefined,
    );
    if (again !== undefined) {
      throw new Error(
        `${id} fails without the mutant as well: ${again.failure ?? ''}; with it: ${failure ?? ''}`,
      );
    }
  }

  /** The files to run, the quickest first. */
  #wanted(filter: readonly string[] | undefined): readonly { file: string; only: ReadonlySet<string> }[] {
    this.#times ??= existsSync(TIMES_FILE)
      ? (JSON.parse(readFileSync(TIMES_FILE, 'utf8')) as Record<string, number>)
      : {};
    const times = this.#times;
    const ids = filter ?? Object.keys(times);
    return this.#files
      .map((file) => ({ file, only: new Set(ids.filter((id) => id.startsWith(`${file} > `))) }))
      .filter(({ only }) => only.size > 0)
      .map((one) => ({ ...one, ms: [...one.only].reduce((sum, id) => sum + (times[id] ?? 0), 0) }))
      .sort((a, b) => a.ms - b.ms);
  }

  async #load(file: string): Promise<Suite> {
    const suite = new Suite(file);
    shared.__docjobSuite = suite.globals;
    this.#loads += 1;
    const bundle = join(this.#bundles, `${this.#files.indexOf(file)}.mjs`);
    await import(`${pathToFileURL(bundle).href}?load=${this.#loads}`);
    return suite;
  }
}

/** What a hook of several tests reaches counts for each of them. */
function giveTo(ids: readonly string[], name: string, { perTest }: MutantCoverage): void {
  const { [name]: hits = {} } = perTest;
  for (const id of ids) {
    const own = (perTest[id] ??= {});
    for (const [mutant, count] of Object.entries(hits)) own[mutant] = (own[mutant] ?? 0) + count;
  }
  Reflect.deleteProperty(perTest, name);
}

/** Modules in a bundle still find their files beside them, and the tests the suite that runs them. */
const inPlace: Plugin = {
  name: 'in-place',
  setup(bundle) {
    bundle.onResolve({ filter: /^@jest\/globals$/ }, () => ({ path: 'suite', namespace: 'suite' }));
    bundle.onLoad({ filter: /.*/, namespace: 'suite' }, () => ({
      contents: `export const { ${Object.keys(new Suite('').globals).join(', ')} } = globalThis.__docjobSuite;`,
    }));
    bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      loader: 'ts',
      contents: (await readFile(path, 'utf8')).replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
    }));
  },
};

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'docjob', Runner)];
