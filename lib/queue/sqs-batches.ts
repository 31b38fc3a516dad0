import pMap from 'p-map';
import type { Asked } from './asked.js';
import { splitIntoBatches, type BatchLimits } from './batches.js';
import { QueueError } from './queue-error.js';
import type { BatchAnswer } from './sqs-answers.js';
import { answerError, entryError } from './sqs-errors.js';

/** How many entries a batch can have (SQS API Reference, SendMessageBatch and its siblings). */
export const MAX_ENTRIES = 10;

/** How many bytes the messages of a batch can have together, and one message alone (SQS Developer Guide, "Message quotas"). */
export const MAX_BATCH_BYTES = 1_048_576;

/** What SQS takes in one batch. */
export const SQS_BATCH: BatchLimits = { entries: MAX_ENTRIES, bytes: MAX_BATCH_BYTES };

/** How many batches are under way at a time: enough to hide the way there and back, few enough for a small function. */
const CONCURRENT_BATCHES = 4;

/** How to send items in batches. */
export interface BatchCall<T> extends Asked {
  /** Sends one batch. `Id` names an entry within its batch. Throws a QueueError when the whole call failed, after it was tried again. */
  readonly send: (entries: readonly { readonly Id: string; readonly item: T }[]) => Promise<BatchAnswer>;
  /** The bytes that an item counts with, where messages are sent. */
  readonly sizeOf?: (item: T) => number;
}

interface Failure {
  readonly error: QueueError;
  readonly retriable: boolean;
}

/**
 * Sends all items in batches that SQS accepts, and tells for each what went wrong with it, or undefined where nothing did: success is only what
 * the answer lists as such. An entry that failed through no fault of ours is sent once more; a call that fails as a whole fails its batch and no
 * other. Throws nothing but what `send` throws beside QueueErrors.
 */
export async function sendInBatches<T>(
  items: readonly T[],
  call: BatchCall<T>,
): Promise<(QueueError | undefined)[]> {
  const errors: (QueueError | undefined)[] = [];
  const indexed = items.map((item, index) => ({ item, index }));
  await pMap(
    splitIntoBatches(indexed, ({ item }) => call.sizeOf?.(item) ?? 0, SQS_BATCH),
    async (batch) => {
      const first = await sendBatch(batch, call);
      const again = batch.filter(({ index }) => first.get(index)?.retriable === true);
      const second = again.length === 0 ? first : await sendBatch(again, call);
      for (const entry of batch) {
        errors[entry.index] = (again.includes(entry) ? second : first).get(entry.index)?.error;
      }
    },
    { concurrency: CONCURRENT_BATCHES },
  );
  return errors;
}

/** The failures of one batch, by index. */
async function sendBatch<T>(
  batch: readonly { readonly item: T; readonly index: number }[],
  call: BatchCall<T>,
): Promise<ReadonlyMap<number, Failure>> {
  let answer: BatchAnswer;
  try {
    answer = await call.send(batch.map(({ item, index }) => ({ Id: String(index), item })));
  } catch (error) {
    if (!(error instanceof QueueError)) throw error;
    const failure = { error, retriable: false };
    return new Map(batch.map(({ index }) => [index, failure]));
  }
  const { succeeded, failed, requestId } = answer;
  const failures = new Map<number, Failure>();
  for (const { index } of batch) {
    const entry = failed.get(String(index));
    if (entry !== undefined) {
      failures.set(index, { error: entryError(entry, call, requestId), retriable: entry.isOurs === false });
    } else if (!succeeded.has(String(index))) {
      const error = answerError('an answer without this entry', call, { requestId });
      failures.set(index, { error, retriable: true });
    }
  }
  return failures;
}
