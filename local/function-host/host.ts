import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** How a function is hosted. */
export interface HostOptions {
  /** The folder that holds the bundle's `index.js`. */
  readonly folder: string;
  readonly platform: 'lambda' | 'scf';
  /** The function's whole environment: nothing of ours leaks into it. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Takes each line that the function writes. */
  readonly onLine: (line: string) => void;
}

/** The function threw; what the platform would have recorded. */
export class FunctionError extends Error {
  override readonly name: string;
  readonly code: string | undefined;

  constructor(details: { readonly name: string; readonly message: string; readonly code?: string }) {
    super(details.message);
    this.name = details.name;
    this.code = details.code;
  }
}

interface Reply {
  readonly requestId: string;
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string };
}

/** Hosts a bundled function as its platform does: a process that is started when first needed, kept warm, called with events, and killed at its timeout. */
export class FunctionHost {
  readonly #options: HostOptions;
  #child: ChildProcess | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /**
   * Calls the function, and gives what it returned.
   *
   * @throws FunctionError when it threw, ran into its timeout, or its process ended.
   */
  invoke(event: unknown): Promise<unknown> {
    const child = (this.#child ??= this.#start());
    const requestId = randomUUID();
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        settle();
      };
      const onMessage = (message: unknown): void => {
        const reply = message as Reply; // our own bootstrap's words
        if (reply.requestId !== requestId) return;
        const { error } = reply;
        finish(() => (error === undefined ? resolve(reply.result) : reject(new FunctionError(error))));
      };
      const onExit = (): void => {
        this.#child = undefined;
        finish(() =>
          reject(
            new FunctionError({ name: 'Runtime.ExitError', message: 'the process of the function ended' }),
          ),
        );
      };
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        this.#child = undefined;
        const message = `the function timed out after ${this.#options.timeoutMs} ms`;
        finish(() => reject(new FunctionError({ name: 'Sandbox.Timedout', message })));
      }, this.#options.timeoutMs);
      child.on('message', onMessage).on('exit', onExit);
      child.send({ requestId, event });
    });
  }

  /** Ends the process at once, as a platform does that reclaims it: whatever it was doing is not finished. */
  kill(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const { folder, platform, env, timeoutMs, onLine } = this.#options;
    const bootstrap = fileURLToPath(new URL('bootstrap.cjs', import.meta.url));
    const child = fork(bootstrap, [folder, platform, String(timeoutMs)], {
      cwd: folder,
      env,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C in the terminal is the host's to handle.
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', onLine);
    }
    return child;
  }
}
