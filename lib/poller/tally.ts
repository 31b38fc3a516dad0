import type { DescribeAnswer } from '../doc-jobs/doc-job.js';
import { UndecodableError } from '../cos/errors/undecodable-error.js';
import type { DocjobError } from '../domain/docjob-error.js';
import { between, epochMs, millis, type EpochMs, type Millis } from '../domain/units.js';
import type { Lease, SettleResult } from '../queue/pending-queue.js';
import type { CallCounts } from '../cos/client.js';
import { OPERATIONS as LOOK_OPERATIONS, type Operation as LookOperation } from './holds.js';
import type { FinishedJob, RunReport, StopReason } from './report.js';

/** What a run depends on, each by itself. */
const OPERATIONS = [...LOOK_OPERATIONS, 'send-notice'] as const;

type Operation = LookOperation | 'send-notice';

/** So many jobs that meet the same outage are no longer one job's bad luck. */
const SEVERAL = 3;

/** An operation's last failure for what may pass by itself, and how many jobs have met one. */
interface Outage {
  readonly error: DocjobError;
  readonly jobs: number;
}

/** Counts what a run does while it does it. */
export class Tally {
  readonly #startedAt: EpochMs;
  #leased = 0;
  #looks = 0;
  #handedBack = 0;
  #incomplete = 0;
  #waiting = 0;
  #returned = 0;
  #unsettled = 0;
  #oldestSeenAt: EpochMs | undefined;
  #stalest: Millis | null = null;
  readonly #finished: Counts<keyof RunReport['finished']> = {};
  readonly #deadLettered: Counts<keyof RunReport['deadLettered']> = {};
  readonly #errors: Counts<keyof RunReport['errors']> = {};
  readonly #states: Counts<keyof RunReport['states']> = {};
  readonly #successes = new Set<Operation>();
  readonly #closed = new Map<Operation, DocjobError>();
  readonly #outages = new Map<Operation, Outage>();

  constructor(startedAt: EpochMs) {
    this.#startedAt = startedAt;
  }

  get leased(): number {
    return this.#leased;
  }

  /** Looks that were started. */
  get looks(): number {
    return this.#looks;
  }

  /** Whether there were leases, and all of them went back without a look. */
  get isInVain(): boolean {
    return this.#leased > 0 && this.#looks === 0 && this.#handedBack === this.#leased;
  }

  /**
   * The failure of an operation that this run tried and never once brought to success, so that it could not do its work: because it is closed to us,
   * or because several jobs met an outage. One job alone is not the run; a service that asks for fewer requests is not broken.
   */
  get broken(): DocjobError | undefined {
    for (const operation of OPERATIONS) {
      if (this.#successes.has(operation)) continue;
      const outage = this.#outages.get(operation);
      const error =
        this.#closed.get(operation) ??
        (outage !== undefined && outage.jobs >= SEVERAL ? outage.error : undefined);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  lease(leases: readonly Lease[]): void {
    this.#leased += leases.length;
    for (const { firstSeenAt } of leases) {
      this.#oldestSeenAt = epochMs(Math.min(this.#oldestSeenAt ?? firstSeenAt, firstSeenAt));
    }
  }

  /** A lease that is to go back without a look; it counts as returned once the queue has it. */
  handBack(): void {
    this.#handedBack += 1;
  }

  startLook(): void {
    this.#looks += 1;
  }

  answered(answer: DescribeAnswer): void {
    count(this.#states, answer.kind === 'missing' ? 'Missing' : answer.job.state);
  }

  /** A manifest that this run wrote, and how long after its job's end; null where CI did not say when that was. */
  wrote(staleness: Millis | null): void {
    if (staleness !== null) this.#stalest = millis(Math.max(this.#stalest ?? 0, staleness));
  }

  succeeded(operation: Operation): void {
    this.#successes.add(operation);
  }

  /** An operation that failed for a job. */
  failed(operation: Operation, error: DocjobError): void {
    this.erred(error);
    const { disposition } = error;
    if (disposition === 'configuration' || disposition === 'credentials') this.#closed.set(operation, error);
    const isOutage = disposition === 'transient' || disposition === 'skewed';
    if (isOutage && !(error instanceof UndecodableError)) {
      const { jobs } = this.#outages.get(operation) ?? { jobs: 0 };
      this.#outages.set(operation, { error, jobs: jobs + 1 });
    }
  }

  /** A look that failed, for a reason that speaks of no one operation. */
  erred(error: DocjobError): void {
    count(this.#errors, error.disposition);
  }

  /** A lease that was handed back without a look, once the queue has it. */
  returned(result: SettleResult): void {
    if (result.ok) this.#returned += 1;
    else this.#unsettled += 1;
  }

  /** The outcome of a look, once the queue has it. */
  settled({ ok, settlement: { outcome } }: SettleResult, finished: FinishedJob | undefined): void {
    if (!ok) {
      this.#unsettled += 1;
      return;
    }
    switch (outcome.kind) {
      case 'done':
        if (finished === undefined) return;
        count(this.#finished, finished.state);
        if (!finished.complete) this.#incomplete += 1;
        return;
      case 'look-again':
        this.#waiting += 1;
        return;
      case 'dead-letter':
        count(this.#deadLettered, outcome.reason);
        return;
    }
  }

  report(now: EpochMs, calls: CallCounts, stopped: StopReason): RunReport {
    return {
      leased: this.#leased,
      finished: { ...this.#finished },
      incomplete: this.#incomplete,
      waiting: this.#waiting,
      returned: this.#returned,
      deadLettered: { ...this.#deadLettered },
      unsettled: this.#unsettled,
      errors: { ...this.#errors },
      states: { ...this.#states },
      oldestAgeMs: this.#oldestSeenAt === undefined ? null : positive(between(this.#oldestSeenAt, now)),
      stalestManifestMs: this.#stalest,
      calls,
      durationMs: positive(between(this.#startedAt, now)),
      stopped,
    };
  }
}

type Counts<K extends string> = Partial<Record<K, number>>;

function count<K extends string>(counts: Counts<K>, key: K): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** Clocks step back; a report should not. */
function positive(duration: Millis): Millis {
  return millis(Math.max(0, duration));
}
