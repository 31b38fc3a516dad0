import type { DocjobError } from '../domain/docjob-error.js';
import { epochMs, type EpochMs } from '../domain/units.js';
import type { ParsedMessage } from './message.js';
import type { LastError, PendingJob } from './pending-queue.js';

/** A dead letter, as its queue has it. */
export interface DeadLetterRecord {
  /** Names it among the dead letters of its queue. */
  readonly id: string;
  /** The job that was given up, or why nothing can be made of what was. */
  readonly content: ParsedMessage;
  /** What was given up, as far as it is text: the message, or the content of an object that is none. */
  readonly body: string;
  /** A `DeadLetterReason`, {@link RECEIVE_LIMIT}, {@link UNREADABLE}, or one of a later version. */
  readonly reason: string;
  readonly detail: string | undefined;
  readonly lastError: LastError | undefined;
  /** When the queue of pending jobs first saw it, as far as that is known. */
  readonly firstSeenAt: EpochMs | undefined;
  /** When it was given up, by the service's clock; undefined where the service does not tell. */
  readonly buriedAt: EpochMs | undefined;
}

/** The reason of what is no letter of ours in a queue of messages: its own policy moved it there, after too many receives. */
export const RECEIVE_LIMIT = 'receive-limit';

/** The reason of an object that is no letter of ours. */
export const UNREADABLE = 'unreadable';

/** What became of removing one of them. */
export type RemoveResult =
  | { readonly letter: DeadLetterRecord; readonly ok: true }
  | { readonly letter: DeadLetterRecord; readonly ok: false; readonly error: DocjobError };

/**
 * The port to the dead letters of a queue, for those who look after them. It is the operator's: the poller only ever adds to them, by settling.
 */
export interface DeadLetters {
  /**
   * All of them, as far as the service shows them, each once. Where reading is receiving they are hidden from others meanwhile, until {@link close}.
   * Throws a DocjobError when the queue cannot be asked, and the signal's reason when that aborts.
   */
  read(signal?: AbortSignal): AsyncIterable<DeadLetterRecord>;
  /** Removes letters that were read here, for good. Reports each by itself, and does not throw for the failure of one. */
  remove(letters: readonly DeadLetterRecord[]): Promise<readonly RemoveResult[]>;
  /** Gives back what was read and not removed, where the service can; else it comes back by itself. Does not throw. */
  close(): Promise<void>;
}

/** The job of a dead letter on its way back: as it was, first seen when it first was, and sent back `now`, from when on its age counts anew. */
export function redriven(
  job: PendingJob,
  { firstSeenAt }: Pick<DeadLetterRecord, 'firstSeenAt'>,
  now: EpochMs,
): PendingJob {
  const seen = [job.firstSeenAt, firstSeenAt].filter((moment) => moment !== undefined);
  return {
    ...job,
    ...(seen.length === 0 ? {} : { firstSeenAt: epochMs(Math.min(...seen)) }),
    redrivenAt: now,
  };
}
