import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobId } from '../../lib/domain/names.js';
import type { EpochMs } from '../../lib/domain/units.js';
import { writeCallback } from './callback-body.js';
import type { CallbackTarget } from './callback-request.js';
import type { JobTable } from './job-table.js';
import { viewOf, type Job, type JobView } from './job.js';

/** What became of one callback. */
export type CallbackDelivery = { readonly jobId: JobId } & (
  | { readonly outcome: 'answered'; readonly status: number; readonly body: string }
  | { readonly outcome: 'unanswered'; readonly problem: string }
  /** The script had it lost on its way. */
  | { readonly outcome: 'lost' }
);

interface Waiter {
  readonly jobId: JobId;
  readonly count: number;
  readonly resolve: (deliveries: readonly CallbackDelivery[]) => void;
}

/** No document says how long CI waits for an answer. */
const TIMEOUT_MS = 60_000;

/** The clock may stand still: asking it more often gains nothing. */
const SHORTEST_WAIT_MS = 10;

/** A clock that is moved by hand may be there before the machine's. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Sends the callbacks of jobs that have ended, once each unless their scripts say otherwise: no document says that CI tries again. This alone in CI
 * needs a timer: nobody may be looking when a job ends.
 */
export class Callbacks {
  readonly #now: () => EpochMs;
  readonly #table: () => JobTable;
  readonly #closing = new AbortController();
  /** Jobs that have a callback and have not ended. */
  readonly #expected = new Set<Job>();
  readonly #deliveries: CallbackDelivery[] = [];
  #waiters: Waiter[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(now: () => EpochMs, table: () => JobTable) {
    this.#now = now;
    this.#table = table;
  }

  /** Takes note of a new job. */
  created(job: Job): void {
    if (job.callback === undefined) return;
    this.#expected.add(job);
    if (job.script.callback === 'premature') {
      const view = { state: 'Success', startedAt: job.createdAt, endedAt: job.createdAt };
      void this.#send(job, job.callback, { ...view, shownPages: job.result.pages.length });
    }
  }

  /** Takes note of the end of a job's work. */
  ended(job: Job, endedAt: EpochMs): void {
    const { callback: target, script } = job;
    if (target === undefined || !this.#expected.delete(job)) return;
    const view = viewOf(job, endedAt, 'Submitted');
    for (let copy = 0; copy < (script.callback === 'duplicate' ? 2 : 1); copy += 1) {
      void this.#send(job, target, view, script.callbackDelayMs);
    }
    // The queue is in the middle of giving out its places.
    queueMicrotask(() => this.arm());
  }

  /** Sets the timer to the next end of a job, whatever has become of the queues. */
  arm(): void {
    clearTimeout(this.#timer);
    if (this.#expected.size === 0 || this.#closing.signal.aborted) return;
    const wait = this.#table().nextEndAt - this.#now();
    this.#timer = setTimeout(
      () => {
        this.#table().advance(this.#now());
        this.arm();
      },
      Math.max(SHORTEST_WAIT_MS, Math.min(LONGEST_WAIT_MS, wait)),
    ).unref();
  }

  /** Resolves with all callbacks about a job so far, once there are `count`. */
  delivered(jobId: JobId, count = 1): Promise<readonly CallbackDelivery[]> {
    return new Promise((resolve) => {
      this.#waiters.push({ jobId, count, resolve });
      this.#notify();
    });
  }

  /** Sends no more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort();
  }

  async #send(job: Job, target: CallbackTarget, view: JobView, delayMs = 0): Promise<void> {
    const { signal } = this.#closing;
    try {
      if (delayMs > 0) await sleep(delayMs, undefined, { signal });
      const isLost = job.script.callback === 'lost';
      const body = writeCallback(job, view, target.format);
      const outcome = isLost ? { outcome: 'lost' as const } : await post(target, body, signal);
      this.#deliveries.push({ jobId: job.id, ...outcome });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#deliveries.push({ jobId: job.id, outcome: 'unanswered', problem });
    }
    this.#notify();
  }

  #notify(): void {
    this.#waiters = this.#waiters.filter(({ jobId, count, resolve }) => {
      const deliveries = this.#deliveries.filter((delivery) => delivery.jobId === jobId);
      if (deliveries.length < count) return true;
      resolve(deliveries);
      return false;
    });
  }
}

/** As CI's own client does it (api 1545/65203); it follows no redirects. */
function post(
  { url, format }: CallbackTarget,
  body: string,
  signal: AbortSignal,
): Promise<{ readonly outcome: 'answered'; readonly status: number; readonly body: string }> {
  const headers = {
    'user-agent': 'Go-http-client/1.1',
    'content-type': format === 'XML' ? 'application/xml' : 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers, agent: false, timeout: TIMEOUT_MS, signal });
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', reject);
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ outcome: 'answered', status: response.statusCode ?? 0, body: text });
      });
    });
    asked.end(body);
  });
}
