import type { Input } from './input.js';
import { SqsRefusal } from './refusal.js';

/** What a batch answers: each entry in one of the two. */
export interface BatchResult {
  readonly Successful: readonly Readonly<Record<string, unknown>>[];
  readonly Failed: readonly {
    readonly Id: string;
    readonly SenderFault: boolean;
    readonly Code: string;
    readonly Message: string;
  }[];
}

const MAX_ENTRIES = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

/**
 * The entries of a batch by their IDs.
 *
 * @throws SqsRefusal when the batch is refused as a whole: none, more than ten, a bad ID, or one that repeats.
 */
export function readEntries(input: Input): readonly (readonly [string, Input])[] {
  const entries = input.inputs('Entries').map((entry) => [entry.optionalText('Id') ?? '', entry] as const);
  if (entries.length === 0)
    throw new SqsRefusal('EmptyBatchRequest', "There should be at least one entry in the request's batch.");
  if (entries.length > MAX_ENTRIES) {
    throw new SqsRefusal(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${entries.length}.`,
    );
  }
  const ids = entries.map(([id]) => id);
  if (!ids.every((id) => ENTRY_ID.test(id))) {
    throw new SqsRefusal(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  }
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw new SqsRefusal('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
  return entries;
}

/** Runs each entry by itself; one that is refused fails alone. `failing` are the positions of entries that fail without being run. */
export function runEntries(
  entries: readonly (readonly [string, Input])[],
  run: (entry: Input) => Readonly<Record<string, unknown>>,
  failing: ReadonlyMap<number, SqsRefusal>,
): BatchResult {
  const Successful: Readonly<Record<string, unknown>>[] = [];
  const Failed: BatchResult['Failed'][number][] = [];
  for (const [position, [Id, entry]] of entries.entries()) {
    try {
      const refusal = failing.get(position);
      if (refusal !== undefined) throw refusal;
      Successful.push({ Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof SqsRefusal)) throw error;
      const { queryCode, fault } = error.form;
      Failed.push({ Id, SenderFault: fault === 'Sender', Code: queryCode, Message: error.message });
    }
  }
  return { Successful, Failed };
}
