import { ModuleMocker } from 'jest-mock';
import { expect } from 'expect';
import { format } from 'node:util';

/** What a test or a hook does. */
type Body = () => unknown;

interface Hooks {
  readonly beforeAll: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  readonly afterAll: Body[];
}

interface Test {
  /** Of its file and its place there: a name can hold what differs from load to load, such as an error's stack. */
  readonly id: string;
  readonly name: string;
  readonly body: Body;
}

/** A `describe`, or a whole file. */
interface Block extends Hooks {
  readonly name: string;
  readonly members: (Block | Test)[];
}

/** What became of one test. */
export interface Outcome {
  readonly id: string;
  readonly name: string;
  readonly ms: number;
  /** Undefined when it passed. */
  readonly failure: string | undefined;
}

export interface RunOptions {
  /** Only these tests; all when it is undefined. */
  readonly only?: ReadonlySet<string> | undefined;
  /** Stops at the first failure. */
  readonly bail: boolean;
  /** Told before a test begins, and, with all tests of a block, before its `beforeAll` and `afterAll`. */
  readonly onTests?: (ids: readonly string[]) => void;
}

/**
 * As much of jest as the tests of `lib/` use, to run them hundreds of times in one process: jest itself loads every module anew for each run,
 * which takes most of a mutant's time. What it lacks is an error where it is asked for, never silently something else.
 */
export class Suite {
  readonly #root: Block;
  readonly #file: string;
  #tests = 0;
  #block: Block;

  constructor(file: string) {
    this.#file = file;
    this.#root = blockOf(file);
    this.#block = this.#root;
  }

  /** What a test file imports from `@jest/globals`. */
  readonly globals = {
    expect,
    jest: fakes(),
    describe: Object.assign(
      (name: string, body: Body) => {
        this.#describe(name, body);
      },
      {
        each: each((name, body) => {
          this.#describe(name, body);
        }),
      },
    ),
    test: Object.assign(
      (name: string, body: Body) => {
        this.#test(name, body);
      },
      {
        each: each((name, body) => {
          this.#test(name, body);
        }),
      },
    ),
    beforeAll: (body: Body) => this.#block.beforeAll.push(body),
    beforeEach: (body: Body) => this.#block.beforeEach.push(body),
    afterEach: (body: Body) => this.#block.afterEach.push(body),
    afterAll: (body: Body) => this.#block.afterAll.push(body),
  };

  /** @throws Error when a test that it shall run is none of its own. */
  async run(options: RunOptions): Promise<readonly Outcome[]> {
    if (options.only !== undefined && idsOf(this.#root, options.only).length < options.only.size)
      throw new Error(`${this.#file} has other tests than at its first load`);
    const outcomes: Outcome[] = [];
    await runBlock(this.#root, { ...options, outcomes, beforeEach: [], afterEach: [] });
    return outcomes;
  }

  #describe(name: string, body: Body): void {
    const outer = this.#block;
    this.#block = blockOf(`${outer.name} > ${name}`);
    outer.members.push(this.#block);
    if (body() instanceof Promise) throw new Error(`a describe must not be async: ${name}`);
    this.#block = outer;
  }

  #test(name: string, body: Body): void {
    if (body.length > 0) throw new Error(`a test takes no callback here: ${name}`);
    this.#tests += 1;
    const id = `${this.#file} > ${this.#tests}`;
    this.#block.members.push({ id, name: `${this.#block.name} > ${name}`, body });
  }
}

function blockOf(name: string): Block {
  return { name, members: [], beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] };
}

/** `test.each` and `describe.each`: where not every row is a list, each is the one argument. */
function each(define: (name: string, body: Body) => void) {
  return (table: readonly unknown[]) =>
    (name: string, body: (...row: readonly unknown[]) => unknown): void => {
      if (table.length === 0) throw new Error(`there is nothing to test: ${name}`);
      const rows = table.every((row) => Array.isArray(row)) ? table : table.map((one) => [one]);
      for (const row of rows as readonly (readonly unknown[])[]) {
        // What a name has no place for is not said in it.
        const places = name.match(/%[sdifjoOp]/g)?.length ?? 0;
        define(format(name, ...row.slice(0, places)), () => body(...row));
      }
    };
}

/** Spies are jest's own; of the timers the tests fake the date alone. */
function fakes() {
  const mocker = new ModuleMocker(globalThis);
  const RealDate = Date;
  let now = 0;
  const fakeDate = new Proxy(RealDate, {
    construct: (date, time: readonly unknown[]) =>
      Reflect.construct(date, time.length === 0 ? [now] : time) as Date,
    get: (date, name, receiver) =>
      name === 'now' ? () => now : (Reflect.get(date, name, receiver) as unknown),
  });
  return {
    spyOn: mocker.spyOn.bind(mocker),
    restoreAllMocks: () => {
      mocker.restoreAllMocks();
    },
    useFakeTimers: (options: { readonly doNotFake: readonly string[]; readonly now: number }) => {
      if (!options.doNotFake.includes('setTimeout')) throw new Error('only the date can be faked');
      now = options.now;
      globalThis.Date = fakeDate;
    },
    setSystemTime: (time: number) => {
      now = time;
    },
    useRealTimers: () => {
      globalThis.Date = RealDate;
    },
    /** The mutation run bounds the time by itself. */
    setTimeout: () => undefined,
  };
}

interface Running extends RunOptions {
  readonly outcomes: Outcome[];
  readonly beforeEach: readonly Body[];
  readonly afterEach: readonly Body[];
}

function idsOf(block: Block, only: RunOptions['only']): readonly string[] {
  return block.members.flatMap((member) =>
    'id' in member ? (only === undefined || only.has(member.id) ? [member.id] : []) : idsOf(member, only),
  );
}

/** Runs the wanted tests of a block; false when no more shall run. */
async function runBlock(block: Block, running: Running): Promise<boolean> {
  const ids = idsOf(block, running.only);
  if (ids.length === 0) return true;
  const inner: Running = {
    ...running,
    beforeEach: [...running.beforeEach, ...block.beforeEach],
    afterEach: [...block.afterEach, ...running.afterEach],
  };
  running.onTests?.(ids);
  const begun = performance.now();
  let failure = await firstFailure(block.beforeAll);
  const goesOn = failure === undefined && (await runMembers(block, new Set(ids), inner));
  running.onTests?.(ids);
  failure = (await everyFailure(block.afterAll)) ?? failure;
  if (failure === undefined) return goesOn;
  for (const id of ids)
    running.outcomes.push({ id, name: block.name, ms: performance.now() - begun, failure });
  return !running.bail;
}

async function runMembers(block: Block, ids: ReadonlySet<string>, running: Running): Promise<boolean> {
  for (const member of block.members) {
    if (!('id' in member)) {
      if (!(await runBlock(member, running))) return false;
    } else if (ids.has(member.id)) {
      running.onTests?.([member.id]);
      const begun = performance.now();
      const failed = await firstFailure([...running.beforeEach, member.body]);
      // They tidy up, so they all run, whatever failed.
      const failure = (await everyFailure(running.afterEach)) ?? failed;
      running.outcomes.push({ id: member.id, name: member.name, ms: performance.now() - begun, failure });
      if (failure !== undefined && running.bail) return false;
    }
  }
  return true;
}

async function firstFailure(bodies: readonly Body[]): Promise<string | undefined> {
  for (const body of bodies) {
    try {
      await body();
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }
  return undefined;
}

async function everyFailure(bodies: readonly Body[]): Promise<string | undefined> {
  let failure: string | undefined;
  for (const body of bodies) failure = (await firstFailure([body])) ?? failure;
  return failure;
}
