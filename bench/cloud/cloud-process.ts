import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type {
  CloudAnswers,
  CloudCommand,
  CloudReady,
  CloudRequest,
  CloudResponse,
  CloudUsage,
  LoadCheck,
  QueueKind,
  Seen,
} from './messages.js';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** The embedded cloud in a process of its own, so that what it costs is not the contestants' cost. */
export class CloudProcess {
  readonly ready: CloudReady;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #serial = 0;

  private constructor(child: ChildProcess, ready: CloudReady) {
    this.#child = child;
    this.ready = ready;
    child.on('message', (response: CloudResponse) => this.#settle(response));
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values())
        reject(new Error('the process with the embedded cloud has ended'));
    });
  }

  /** Starts a cloud with nothing in it but the source bucket and the queues. */
  static async start(): Promise<CloudProcess> {
    const child = fork(MAIN, {
      execArgv: ['--import', 'tsx', '--max-old-space-size=4096'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [ready] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error('the process with the embedded cloud did not start');
      }),
    ])) as [CloudReady];
    return new CloudProcess(child, ready);
  }

  /** Makes jobs that have ended, of so many pages each, and puts them into a queue. @returns their IDs. */
  fill(jobs: number, pages: number, queue: QueueKind | 'none'): Promise<readonly string[]> {
    return this.#ask({ kind: 'fill', jobs, pages, queue });
  }

  /** What became of jobs. */
  check(jobIds: readonly string[], queue: QueueKind | 'none'): Promise<LoadCheck> {
    return this.#ask({ kind: 'check', jobIds, queue });
  }

  /** A manifest's text; null when there is none. */
  readManifest(jobId: string): Promise<string | null> {
    return this.#ask({ kind: 'read-manifest', jobId });
  }

  /** What the cloud has done so far. */
  usage(): Promise<CloudUsage> {
    return this.#ask({ kind: 'usage' });
  }

  /** Has the cloud forget the requests so far. */
  async forget(): Promise<void> {
    await this.#ask({ kind: 'forget' });
  }

  /** What came in at COS and CI since then. */
  requests(): Promise<Seen> {
    return this.#ask({ kind: 'requests' });
  }

  /** Ends the process; it takes its files away. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  #ask<Kind extends CloudCommand['kind']>(
    command: Extract<CloudCommand, { kind: Kind }>,
  ): Promise<CloudAnswers[Kind]> {
    this.#serial += 1;
    const request: CloudRequest = { id: this.#serial, command };
    return new Promise((resolve, reject) => {
      // What is resolved is the answer to this very command.
      this.#waiting.set(request.id, { resolve: resolve, reject });
      this.#child.send(request);
    });
  }

  #settle(response: CloudResponse): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if ('error' in response) waiting?.reject(new Error(`the embedded cloud: ${response.error}`));
    // As above.
    else waiting?.resolve(response.result as never);
  }
}
