import type { Clock } from '../domain/effects.js';
import { epochMs, minutes, type EpochMs, type Millis } from '../domain/units.js';
import type {
  EnqueueResult,
  Lease,
  LeaseRequest,
  PendingJob,
  PendingQueue,
  Settlement,
  SettleResult,
} from './pending-queue.js';
import type { DeliveredMessage, SqsQueue } from './sqs.js';

export type { DeliveredMessage } from './sqs.js';

/** The messages of one SQS event, as a queue. */
export interface BatchQueue extends PendingQueue {
  /** The IDs of the messages that Lambda must not delete (`batchItemFailures`): all but those that were settled for good. */
  failures(): readonly string[];
}

/** Lambda may have held a message for this long before it called (AWS Lambda documentation: a batch window of up to 300 seconds). */
const LONGEST_BATCH_WINDOW = minutes(5);

/**
 * The messages that Lambda leased for this call, as a queue that hands each out once and settles it in `queue`. Lambda does not say how long its
 * leases last, so the caller says until when they hold: the end of the call, since Lambda keeps them for longer.
 */
export function openBatchQueue(
  queue: SqsQueue,
  messages: readonly DeliveredMessage[],
  holdUntil: EpochMs,
  effects: { readonly clock: Clock },
): BatchQueue {
  return new SqsBatchQueue(queue, messages, holdUntil, effects.clock.now());
}

class SqsBatchQueue implements BatchQueue {
  readonly capabilities: PendingQueue['capabilities'];
  readonly #queue: SqsQueue;
  readonly #leases: Lease[];
  readonly #open: Set<string>;

  constructor(queue: SqsQueue, messages: readonly DeliveredMessage[], holdUntil: EpochMs, calledAt: EpochMs) {
    this.capabilities = queue.capabilities;
    this.#queue = queue;
    const receivedAt = epochMs(calledAt - LONGEST_BATCH_WINDOW);
    this.#leases = messages.map((message) => queue.adopt(message, receivedAt, holdUntil));
    this.#open = new Set(messages.map(({ messageId }) => messageId));
  }

  enqueue(jobs: readonly PendingJob[], delay: Millis): Promise<readonly EnqueueResult[]> {
    return this.#queue.enqueue(jobs, delay);
  }

  lease({ max, signal }: LeaseRequest): Promise<readonly Lease[]> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error); // rejects as fetch does, with whatever the reason is
    return Promise.resolve(this.#leases.splice(0, max));
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    const results = await this.#queue.settle(settlements);
    for (const { settlement, ok } of results) {
      if (ok && settlement.outcome.kind !== 'look-again') this.#open.delete(settlement.lease.id);
    }
    return results;
  }

  failures(): readonly string[] {
    return [...this.#open];
  }

  close(): Promise<void> {
    return this.#queue.close();
  }
}
