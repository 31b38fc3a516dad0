import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** What a command came to. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Standard output and standard error as they came: the framework says errors on the first and progress on the second. */
  readonly output: string;
}

/** A command that takes longer than this hangs. */
const KILL_AFTER_MS = 60_000;

/** The service in a folder of its own, so that what commands write into `.serverless/` meets nobody else's. */
export class ServiceFolder {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param changed an expression that makes another service of `service`, the one of `serverless.ts` */
  static async open(changed = 'service'): Promise<ServiceFolder> {
    const folder = await mkdtemp(join(tmpdir(), 'docjob-service-'));
    for (const name of ['deploy', 'functions', 'lib', 'node_modules', 'package.json', 'tsconfig.json'])
      await symlink(join(ROOT, name), join(folder, name));
    await copyFile(join(ROOT, 'serverless.ts'), join(folder, 'described.ts'));
    await writeFile(
      join(folder, 'serverless.ts'),
      `import service from './described.js';\nexport default ${changed};\n`,
    );
    return new ServiceFolder(folder);
  }

  /** Runs `serverless <args>` for Tencent Cloud with this environment and nothing of ours. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    const child = spawn(
      process.execPath,
      [join(this.#folder, 'node_modules/serverless/bin/serverless.js'), ...args],
      {
        cwd: this.#folder,
        env: { PATH: process.env['PATH'], HOME: this.#folder, CLOUD: 'tencent', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: KILL_AFTER_MS,
        killSignal: 'SIGKILL',
      },
    );
    const text = { stdout: '', output: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      text.stdout += chunk.toString();
      text.output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => (text.output += chunk.toString()));
    // The event's own arguments: code and signal.
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...text };
  }

  /** A file that a command wrote into `.serverless/`. */
  read(name: string): Promise<Buffer> {
    return readFile(join(this.#folder, '.serverless', name));
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
