import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Cost, Order, OrderResult } from './contestant.js';

/** A contestant in a fresh process of its own. */
export class ContestantProcess {
  readonly #child: ChildProcess;

  /**
   * @param file its bundle
   * @param env all of its environment
   * @param nodeOptions such as a limit of memory
   */
  constructor(file: string, env: Readonly<Record<string, string>>, nodeOptions: readonly string[] = []) {
    this.#child = fork(file, {
      execArgv: [...nodeOptions],
      env: { ...env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  /** Has it finish jobs. Rejects when it could not, or when its process ended, as without enough memory. */
  async finish(order: Order): Promise<Cost> {
    const stopWaiting = new AbortController();
    const { signal } = stopWaiting;
    try {
      const answered = once(this.#child, 'message', { signal });
      const died = once(this.#child, 'exit', { signal }).then(([code, killedBy]) => {
        throw new Error(`the contestant ended amid its work (${String(code ?? killedBy)})`);
      });
      this.#child.send(order);
      const [result] = (await Promise.race([answered, died])) as [OrderResult];
      if ('error' in result) throw new Error(result.error);
      return result.cost;
    } finally {
      stopWaiting.abort();
    }
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    await exited;
  }
}
