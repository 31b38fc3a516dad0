import { millis, type EpochMs } from '../domain/units.js';
import { parseMessage, type JobDefaults, type ParsedMessage } from './message.js';
import type {
  EnqueueResult,
  Lease,
  LeaseRequest,
  Outcome,
  PendingJob,
  PendingQueue,
  Settlement,
  SettleResult,
} from './pending-queue.js';
import { QueueError } from './queue-error.js';

/** What became of one job that was given in a call; no outcome where the run did not get to it. */
export interface GivenOutcome {
  /** The job as it was given. */
  readonly given: string;
  readonly outcome: Outcome | undefined;
}

/** Jobs that were handed over in a call, as a queue. */
export interface GivenQueue extends PendingQueue {
  /** In the order given. */
  outcomes(): readonly GivenOutcome[];
}

/**
 * The jobs of a direct call (bare IDs, or messages as {@link parseMessage} reads them), as a queue that hands each out once and remembers how it
 * ended. Nothing is stored: it is the caller who learns that a job needs another look. The jobs count as first seen at `now`.
 */
export function openGivenQueue(given: readonly string[], defaults: JobDefaults, now: EpochMs): GivenQueue {
  return new CallersQueue(given, defaults, now);
}

interface Entry {
  readonly id: string;
  readonly given: string;
  readonly parsed: ParsedMessage;
  outcome?: Outcome;
}

class CallersQueue implements GivenQueue {
  readonly capabilities = {
    // Whoever else knows the job may look at it too.
    exclusiveLeases: false,
    showsAll: false,
    leasesAsLongAsAsked: true,
    exactDelays: false,
    maxLookAgainDelay: millis(0),
    maxEnqueueDelay: millis(0),
  };
  readonly #entries: readonly Entry[];
  readonly #waiting: Entry[];
  readonly #leased = new WeakMap<Lease, Entry>();
  readonly #firstSeenAt: EpochMs;

  constructor(given: readonly string[], defaults: JobDefaults, now: EpochMs) {
    this.#entries = given.map((text, index) => ({
      id: `given-${index + 1}`,
      given: text,
      parsed: parseMessage(text, defaults),
    }));
    this.#waiting = [...this.#entries];
    this.#firstSeenAt = now;
  }

  enqueue(jobs: readonly PendingJob[]): Promise<readonly EnqueueResult[]> {
    const error = new QueueError(
      'queue-unusable',
      'jobs that were given in a call have no queue to put more into',
    );
    return Promise.resolve(jobs.map((job) => ({ job, ok: false, error })));
  }

  lease({ max, holdUntil, signal }: LeaseRequest): Promise<readonly Lease[]> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error); // rejects as fetch does, with whatever the reason is
    const leases = this.#waiting.splice(0, max).map((entry) => {
      const lease: Lease = {
        id: entry.id,
        firstSeenAt: this.#firstSeenAt,
        until: holdUntil,
        ...entry.parsed,
      };
      this.#leased.set(lease, entry);
      return lease;
    });
    return Promise.resolve(leases);
  }

  settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    return Promise.resolve(settlements.map((settlement) => this.#settle(settlement)));
  }

  outcomes(): readonly GivenOutcome[] {
    return this.#entries.map(({ given, outcome }) => ({ given, outcome }));
  }

  close(): Promise<void> {
    return Promise.resolve(); // holds nothing
  }

  #settle(settlement: Settlement): SettleResult {
    const entry = this.#leased.get(settlement.lease);
    if (entry === undefined) {
      const error = new QueueError(
        'lease-lost',
        `the lease ${settlement.lease.id} is none of the jobs given in this call`,
      );
      return { settlement, ok: false, error };
    }
    entry.outcome = settlement.outcome;
    return { settlement, ok: true };
  }
}
