import pMap from 'p-map';
import type { Asked } from './asked.js';
import { splitIntoBatches, type BatchLimits } from './batches.js';
import type { QueueError } from './queue-error.js';
import { answerError, callError, entryError, type FailedEntry } from './sqs-errors.js';

/** How many entries a batch can have (SQS API Reference, SendMessageBatch and its siblings). */
export const MAX_ENTRIES = 10;

/** How many bytes the messages of a batch can have together, and one message alone (SQS Developer Guide, "Message quotas"). */
export const MAX_BATCH_BYTES = 1_048_576;

/** What SQS takes in one batch. */
export const SQS_BATCH: BatchLimits = { entries: MAX_ENTRIES, bytes: MAX_BATCH_BYTES };

/** How many batches are under way at a time: enough to hide the way there and back, few enough for a small function. */
const CONCURRENT_BATCHES = 4;

/** What SQS answers to a batch. */
export interface BatchAnswer {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
  readonly Failed?: readonly (FailedEntry & { readonly Id?: string | undefined })[] | undefined;
  readonly $metadata: { readonly requestId?: string | undefined };
}

/** How to send items in batches. */
export interface BatchCall<T> extends Asked {
  /** Sends one batch. `Id` names an entry within its batch. */
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
 * other. Does not throw.
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
    // The SDK has tried again already.
    const failure = { error: callError(error, call), retriable: false };
    return new Map(batch.map(({ index }) => [index, failure]));
  }
  const { requestId } = answer.$metadata;
  const succeeded = new Set(answer.Successful?.map(({ Id }) => Id));
  const failed = new Map(answer.Failed?.map((entry) => [entry.Id, entry]));
  const failures = new Map<number, Failure>();
  for (const { index } of batch) {
    const entry = failed.get(String(index));
    if (entry !== undefined) {
      failures.set(index, {
        error: entryError(entry, call, requestId),
        retriable: entry.SenderFault === false,
      });
    } else if (!succeeded.has(String(index))) {
      failures.set(index, {
        error: answerError('an answer without this entry', call, requestId),
        retriable: true,
      });
    }
  }
  return failures;
}
