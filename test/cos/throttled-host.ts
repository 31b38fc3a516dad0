import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import { CosClient } from '../../lib/cos/client.js';
import { DeadlineError } from '../../lib/cos/errors/deadline-error.js';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import type { Transport, WireResponse } from '../../lib/cos/transport.js';
import type { Clock } from '../../lib/domain/effects.js';
import { after, epochMs, seconds } from '../../lib/domain/units.js';
import { Throttle } from '../../local/faults/throttle.js';
import { seededRandom } from '../../local/faults/seeded-random.js';
import { AgendaByTime, Scheduler } from '../simulation/core/scheduler.js';
import { Trace } from '../simulation/core/trace.js';
import { failure } from '../support/fake-service.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

/** What a host takes from some second on; no limit where it names none. */
export interface Phase {
  readonly from: number;
  readonly limit?: {
    readonly perSecond: number;
    readonly burst: number;
    readonly retryAfterSeconds?: number;
  };
}

/** A run's requests to one host, and how long it goes on. */
export interface Load {
  readonly perSecond: number;
  readonly concurrency: number;
  /** From a request to its answer. */
  readonly roundTripMs: number;
  readonly seconds: number;
}

/** What the host saw. */
export interface Seen {
  /** Its answers in their order, each with its second. */
  readonly requests: readonly { readonly at: number; readonly isRefused: boolean }[];
  readonly peakInFlight: number;
  /** Requests that failed for good after their retries. */
  readonly failures: number;
}

const ASKED = { family: 'ci', ...SOURCE, method: 'GET', path: '/doc_jobs/d1' } as const;

/** Sends through a real client, in virtual time, as many requests at a time as set, to a host with the token bucket of the embedded cloud. */
export async function sendTo(phases: readonly Phase[], load: Load): Promise<Seen> {
  const random = seededRandom(1);
  const scheduler = new Scheduler(new AgendaByTime(), random, new Trace(false, START));
  const clock: Clock = {
    now: () => epochMs(Math.floor(scheduler.now)),
    // As Node's timers: whole milliseconds, and at times one late.
    sleep: (delay) =>
      new Promise((resolve) => {
        const length = Math.max(1, Math.trunc(delay)) + (random() < 0.2 ? 1 : 0);
        scheduler.schedule(length, 'wake', undefined, 'slept', () => resolve(), true);
      }),
  };
  const host = new ThrottledHost(scheduler, phases, load.roundTripMs);
  const client = new CosClient(
    {
      endpoints: {},
      attemptTimeout: seconds(5),
      retries: 3,
      backoff: DEFAULT_BACKOFF,
      retryBudget: { share: 0.2, initial: 10 },
      requestsPerSecond: load.perSecond,
      maxBodyBytes: 1_000_000,
    },
    { transport: host, credentials: () => ({ secretId: 'AKID', secretKey: 'key' }), clock, random },
    { deadline: after(START, seconds(load.seconds)), signal: new AbortController().signal },
  );
  let failures = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      try {
        await client.send(ASKED, ({ status }) => status);
      } catch (error) {
        if (error instanceof DeadlineError) return;
        if (!(error instanceof ServiceError)) throw error;
        failures += 1;
        if (scheduler.now >= START + 1_000 * load.seconds) return;
      }
    }
  };
  const workers = Promise.all(Array.from({ length: load.concurrency }, worker));
  await scheduler.run(() => true);
  await workers;
  return { requests: host.requests, peakInFlight: host.peakInFlight, failures };
}

class ThrottledHost implements Transport {
  readonly requests: { at: number; isRefused: boolean }[] = [];
  peakInFlight = 0;
  #inFlight = 0;
  #limit: Phase['limit'];
  #throttle: Throttle | undefined;
  readonly #scheduler: Scheduler;
  readonly #phases: readonly Phase[];
  readonly #halfTripMs: number;

  constructor(scheduler: Scheduler, phases: readonly Phase[], roundTripMs: number) {
    this.#scheduler = scheduler;
    this.#phases = phases;
    this.#halfTripMs = roundTripMs / 2;
  }

  exchange(): Promise<WireResponse> {
    this.#inFlight += 1;
    this.peakInFlight = Math.max(this.peakInFlight, this.#inFlight);
    return new Promise((resolve) => {
      this.#scheduler.schedule(this.#halfTripMs, 'serve', undefined, 'arrives', () => {
        const answer = this.#answer();
        this.#scheduler.schedule(this.#halfTripMs, 'wake', undefined, 'is answered', () => {
          this.#inFlight -= 1;
          resolve(answer);
        });
      });
    });
  }

  close(): void {
    // Nothing is open.
  }

  #answer(): WireResponse {
    const at = (this.#scheduler.now - START) / 1_000;
    const limit = this.#phases.findLast(({ from }) => from <= at)?.limit;
    if (limit !== this.#limit) this.#throttle = limit && new Throttle({ kind: 'throttle', ...limit });
    this.#limit = limit;
    const { bucket, region } = SOURCE;
    const operation = { family: 'ci', name: 'DescribeDocProcessJob', bucket, region, subject: 'd1' } as const;
    const isRefused = this.#throttle?.refusalFor(operation, epochMs(this.#scheduler.now)) !== undefined;
    this.requests.push({ at, isRefused });
    const seconds = limit?.retryAfterSeconds;
    const answer = { status: 200, headers: {}, body: Buffer.from('<Response/>') };
    if (!isRefused) return answer;
    return {
      ...answer,
      ...failure(429, 'SlowDown'),
      headers: seconds === undefined ? {} : { 'retry-after': String(seconds) },
    };
  }
}
