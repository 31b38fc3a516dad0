import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmCommand } from '../support/npm-command.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a deployment finds of the repository. The framework takes no link for serverless.ts. */
const FILES = ['serverless.ts', 'package.json', 'tsconfig.json'];
const FOLDERS = ['node_modules', 'deploy', 'functions', 'lib'];

/** A command of a deployment that takes longer hangs. */
const LIMIT_MS = 60_000;

/** What a command did. */
interface Ran {
  readonly code: number;
  readonly output: string;
}

/** A folder that a deployment is run in: the repository's files by links, and results of its own. */
export class Workspace {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<Workspace> {
    const folder = await mkdtemp(join(tmpdir(), 'docjob-deploy-'));
    for (const file of FILES) await copyFile(join(ROOT, file), join(folder, file));
    for (const part of FOLDERS) await symlink(join(ROOT, part), join(folder, part));
    return new Workspace(folder);
  }

  /** Runs a command line of npm's, with these variables and nothing else of the machine's environment but the path. */
  run(
    line: string,
    env: Readonly<Record<string, string>> = {},
    options: readonly string[] = [],
  ): Promise<Ran> {
    const [node, args] = npmCommand(line);
    return new Promise((resolve) => {
      execFile(
        node,
        [...args, ...options],
        {
          cwd: this.#folder,
          timeout: LIMIT_MS,
          env: {
            PATH: process.env['PATH'],
            HOME: this.#folder,
            AWS_EC2_METADATA_DISABLED: 'true',
            ...env,
          },
        },
        (error, stdout, stderr) =>
          resolve({
            code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1,
            output: stdout + stderr,
          }),
      );
    });
  }

  /** Packages, and reads the template that came of it. @throws Error with the output when it failed. */
  async package(env: Readonly<Record<string, string>> = {}): Promise<Template> {
    const { code, output } = await this.run('npm run package:aws', env);
    if (code !== 0) throw new Error(output);
    const text = (await this.read('cloudformation-template-update-stack.json')).toString();
    return new Template(JSON.parse(text));
  }

  /** A file that packaging made. */
  read(name: string): Promise<Buffer> {
    return readFile(join(this.#folder, '.serverless', name));
  }

  /** The names of all files that packaging made. */
  async made(): Promise<readonly string[]> {
    return (await readdir(join(this.#folder, '.serverless'))).sort();
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

/** A CloudFormation template, asked for parts of it. */
export class Template {
  readonly #root: unknown;

  constructor(root: unknown) {
    this.#root = root;
  }

  /** What stands at this path; undefined where there is nothing. */
  at(...path: readonly (string | number)[]): unknown {
    return path.reduce<unknown>((value, key) => entriesOf(value).get(String(key)), this.#root);
  }

  /** A property of a resource. */
  property(resource: string, ...path: readonly (string | number)[]): unknown {
    return this.at('Resources', resource, 'Properties', ...path);
  }

  /** The logical IDs of the resources of a type, or of all. */
  resources(type?: string): readonly string[] {
    const ids = [...entriesOf(this.at('Resources')).keys()];
    return ids.filter((id) => type === undefined || this.at('Resources', id, 'Type') === type);
  }

  /** Every value in a part of the template with the key it stands under, however deep. */
  *walk(value: unknown = this.#root): Generator<readonly [key: string, value: unknown]> {
    for (const [key, inner] of entriesOf(value)) {
      yield [key, inner];
      yield* this.walk(inner);
    }
  }
}

function entriesOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}
