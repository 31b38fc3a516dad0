import type { DocjobError } from '../../lib/domain/docjob-error.js';
import { after, hours, millis, seconds, type EpochMs } from '../../lib/domain/units.js';
import type {
  EnqueueResult,
  Lease,
  LeaseRequest,
  Outcome,
  PendingJob,
  PendingQueue,
  Settlement,
  SettleResult,
} from '../../lib/queue/pending-queue.js';
import { START } from './virtual-clock.js';

interface Message {
  readonly id: string;
  readonly job: PendingJob | string;
  readonly firstSeenAt: EpochMs;
}

/** A queue in memory for tests of the loop: hands out ten at a time, remembers how each lease ended, can be told to fail. */
export class MemoryQueue implements PendingQueue {
  readonly capabilities = {
    exclusiveLeases: true,
    showsAll: false as boolean,
    leasesAsLongAsAsked: true,
    exactDelays: true as boolean,
    maxLookAgainDelay: hours(12),
    maxEnqueueDelay: seconds(900),
  };
  /** How each message was settled, in order. */
  readonly settled: { readonly id: string; readonly outcome: Outcome }[] = [];
  readonly requests: LeaseRequest[] = [];
  leaseError: Error | undefined;
  settleError: DocjobError | undefined;
  /** Called as leases are handed out. */
  onLease: () => void = () => undefined;
  /** Leases end this early; by default with their run. */
  leaseLength: number | undefined;
  /** What is told of a lease's pass. */
  passOf: (id: string) => Lease['pass'] = () => undefined;
  #waiting: Message[];

  constructor(jobs: readonly (PendingJob | string)[], firstSeenAt: EpochMs = START) {
    this.#waiting = jobs.map((job, index) => ({ id: `m${index + 1}`, job, firstSeenAt }));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  outcomesOf(kind: Outcome['kind']): string[] {
    return this.settled.filter(({ outcome }) => outcome.kind === kind).map(({ id }) => id);
  }

  enqueue(jobs: readonly PendingJob[]): Promise<readonly EnqueueResult[]> {
    return Promise.resolve(jobs.map((job) => ({ job, ok: true })));
  }

  lease(request: LeaseRequest): Promise<readonly Lease[]> {
    this.requests.push(request);
    if (this.leaseError !== undefined) return Promise.reject(this.leaseError);
    const taken = this.#waiting.splice(0, Math.min(10, request.max));
    if (taken.length > 0) this.onLease();
    const until = this.leaseLength === undefined ? request.holdUntil : after(START, millis(this.leaseLength));
    return Promise.resolve(
      taken.map(({ id, job, firstSeenAt }) => {
        const pass = this.passOf(id);
        const facts = { id, firstSeenAt, until, ...(pass === undefined ? {} : { pass }) };
        return typeof job === 'string'
          ? { kind: 'not-a-job', ...facts, problem: job }
          : { kind: 'job', ...facts, job };
      }),
    );
  }

  settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    const error = this.settleError;
    return Promise.resolve(
      settlements.map((settlement) => {
        if (error !== undefined) return { settlement, ok: false, error };
        this.settled.push({ id: settlement.lease.id, outcome: settlement.outcome });
        return { settlement, ok: true };
      }),
    );
  }

  close(): Promise<void> {
    this.#waiting = [];
    return Promise.resolve();
  }
}
