import { DocjobError } from '../domain/docjob-error.js';
import type { Clock } from '../domain/effects.js';
import { after, between, epochMs, millis, type EpochMs, type Millis } from '../domain/units.js';
import type { Outcome, PendingQueue, SettleResult, Settlement } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';
import type { Announcement, Announcer } from './announcer.js';
import { lookUntil, type RunBudget } from './budget.js';

/** Queues acknowledge ten messages in a call (SQS); waiting for more gains nothing. */
const BATCH = 10;

/** How long a settlement waits for others that can go with it: longer than looks take, much shorter than the least delay before the next one. */
export const LINGER: Millis = millis(200);

/** Batches under way at a time: what a run hands back at its end must be back within a second or two. */
const BATCHES_AT_A_TIME = 16;

/** A settlement on its way. */
export interface Entry {
  readonly settlement: Settlement;
  /** What must be told first. */
  readonly announcement?: Announcement | undefined;
  readonly onSettled: (result: SettleResult) => void;
}

/** Settlements of one kind that wait for more. */
interface Batch {
  readonly kind: Outcome['kind'];
  readonly entries: Entry[];
  /** When it goes, full or not. */
  dueAt: EpochMs;
  timer: AbortController;
}

/** What settling depends on. */
export interface SettlerDeps {
  readonly queue: PendingQueue;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells of manifests; none where nobody is told. */
  readonly announcer?: Announcer | undefined;
}

/**
 * Gathers settlements into batches, so that ten acknowledgements cost one call. Kinds of outcomes are gathered apart, since each is a call of its own. A batch
 * that is not full goes a short time after its first settlement, and never later than the last look of its leases might have ended.
 */
export class Settler {
  readonly #deps: SettlerDeps;
  readonly #budget: RunBudget;
  readonly #open = new Map<Outcome['kind'], Batch>();
  /** Batches that have been closed, whether they wait for their turn or for the queue. */
  // Stryker disable next-line ArrayDeclaration: whatever else stood in it would be waited for as done.
  readonly #closed: Promise<void>[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #failure: DocjobError | undefined;

  constructor(deps: SettlerDeps, budget: RunBudget) {
    this.#deps = deps;
    this.#budget = budget;
  }

  /** The first settlement that failed for a reason that will not pass by itself. */
  get failure(): DocjobError | undefined {
    return this.#failure;
  }

  /** Takes a settlement; sends the batch that it fills, and waits for that. */
  async add(entry: Entry): Promise<void> {
    const { outcome, lease } = entry.settlement;
    const { kind } = outcome;
    const batch = this.#open.get(kind) ?? this.#openBatch(kind);
    batch.entries.push(entry);
    if (batch.entries.length >= BATCH) await this.#close(batch);
    else this.#linger(batch, lease.until);
  }

  /** Sends what is waiting, and waits for all that is under way. A settlement that fails is logged and left to the queue, which hands the message out again. */
  async flush(): Promise<void> {
    for (const batch of [...this.#open.values()]) void this.#close(batch);
    await Promise.all(this.#closed);
  }

  #openBatch(kind: Outcome['kind']): Batch {
    const dueAt = epochMs(Number.POSITIVE_INFINITY);
    const batch = { kind, entries: [], dueAt, timer: new AbortController() };
    this.#open.set(kind, batch);
    return batch;
  }

  /** Sees to it that a batch goes in time for the latest of its leases. */
  #linger(batch: Batch, leaseUntil: EpochMs): void {
    const now = this.#deps.clock.now();
    const last = Math.max(now, lookUntil(leaseUntil, this.#budget));
    const dueAt = epochMs(Math.min(after(now, LINGER), last));
    if (dueAt >= batch.dueAt) return;
    batch.timer.abort();
    batch.dueAt = dueAt;
    batch.timer = new AbortController();
    this.#deps.clock.sleep(between(now, dueAt), batch.timer.signal).then(
      // It may have been filled at the same moment.
      () => (this.#open.get(batch.kind) === batch ? this.#close(batch) : undefined),
      () => undefined,
    );
  }

  #close(batch: Batch): Promise<void> {
    this.#open.delete(batch.kind);
    batch.timer.abort();
    const closed = this.#send(batch.entries);
    this.#closed.push(closed);
    return closed;
  }

  async #send(entries: readonly Entry[]): Promise<void> {
    while (this.#underWay.size >= BATCHES_AT_A_TIME) await Promise.race(this.#underWay);
    const sending = this.#settle(entries).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
    await sending;
  }

  async #settle(entries: readonly Entry[]): Promise<void> {
    const told = await this.#announce(entries);
    for (const { settlement } of told) this.#logDeadLetter(settlement);
    const results = await this.#ask(told.map(({ settlement }) => settlement));
    const callbacks = new Map(told.map(({ settlement, onSettled }) => [settlement, onSettled]));
    for (const result of results) {
      callbacks.get(result.settlement)?.(result);
      if (result.ok) continue;
      const { lease, outcome } = result.settlement;
      const { code, message, requestId, disposition } = result.error;
      this.#deps.log.warn('settle-failed', {
        lease: lease.id,
        outcome: outcome.kind,
        code,
        message,
        requestId,
      });
      if (disposition === 'configuration' || disposition === 'credentials') this.#failure ??= result.error;
    }
  }

  /** Tells of what is to be told. A lease whose notice was not sent is not acknowledged: its job comes round again, or is given up by its age. */
  async #announce(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const { announcer } = this.#deps;
    if (announcer === undefined) return entries;
    const announced = entries.flatMap(({ settlement: { lease }, announcement }) =>
      announcement === undefined ? [] : [{ lease, announcement }],
    );
    if (announced.length === 0) return entries;
    const errors = await announcer.send(announced);
    const outcomes = new Map(
      announced.flatMap(({ lease, announcement }, index) => {
        const error = errors[index];
        return error === undefined ? [] : [[lease, announcement.ifUnsent(error)] as const];
      }),
    );
    return entries.map((entry) => {
      const { lease } = entry.settlement;
      const outcome = outcomes.get(lease);
      return outcome === undefined ? entry : { ...entry, settlement: { lease, outcome } };
    });
  }

  #logDeadLetter({ lease, outcome }: Settlement): void {
    if (outcome.kind !== 'dead-letter') return;
    const job = lease.kind === 'job' ? { jobId: lease.job.jobId, bucket: lease.job.bucket } : {};
    const { reason, detail, lastError } = outcome;
    const requestId = lastError?.requestId;
    this.#deps.log.warn('dead-letter', { lease: lease.id, ...job, reason, detail, requestId });
  }

  /** A queue that throws has settled nothing that we know of: every message is left to it. */
  async #ask(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    try {
      return await this.#deps.queue.settle(settlements);
    } catch (cause) {
      const error =
        cause instanceof DocjobError
          ? cause
          : new DocjobError('unexpected', cause instanceof Error ? cause.message : 'not an error', {
              disposition: 'configuration',
              cause,
            });
      return settlements.map((settlement) => ({ settlement, ok: false, error }));
    }
  }
}
