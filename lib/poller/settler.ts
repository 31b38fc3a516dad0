import { DocjobError } from '../domain/docjob-error.js';
import type { PendingQueue, SettleResult, Settlement } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';

/** Queues acknowledge ten messages in a call (SQS); waiting for more gains nothing. */
const BATCH = 10;

interface Entry {
  readonly settlement: Settlement;
  readonly onSettled: (result: SettleResult) => void;
}

/** Gathers settlements into batches, so that ten acknowledgements cost one call. */
export class Settler {
  readonly #queue: PendingQueue;
  readonly #log: Log;
  #waiting: Entry[] = [];
  #failure: DocjobError | undefined;

  constructor(queue: PendingQueue, log: Log) {
    this.#queue = queue;
    this.#log = log;
  }

  /** The first settlement that failed for a reason that will not pass by itself. */
  get failure(): DocjobError | undefined {
    return this.#failure;
  }

  /** Takes a settlement; sends the batch that it fills. */
  async add(settlement: Settlement, onSettled: (result: SettleResult) => void): Promise<void> {
    this.#waiting.push({ settlement, onSettled });
    if (this.#waiting.length >= BATCH) await this.flush();
  }

  /** Sends what is waiting. A settlement that fails is logged and left to the queue, which hands the message out again. */
  async flush(): Promise<void> {
    const entries = this.#waiting;
    this.#waiting = [];
    if (entries.length === 0) return;
    const results = await this.#settle(entries.map(({ settlement }) => settlement));
    const callbacks = new Map(entries.map(({ settlement, onSettled }) => [settlement, onSettled]));
    for (const result of results) {
      callbacks.get(result.settlement)?.(result);
      if (result.ok) continue;
      const { lease, outcome } = result.settlement;
      const { code, message, requestId, disposition } = result.error;
      this.#log.warn('settle-failed', { lease: lease.id, outcome: outcome.kind, code, message, requestId });
      if (disposition === 'configuration' || disposition === 'credentials') this.#failure ??= result.error;
    }
  }

  /** A queue that throws has settled nothing that we know of: every message is left to it. */
  async #settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    try {
      return await this.#queue.settle(settlements);
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
