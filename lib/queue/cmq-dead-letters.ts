import { brief } from '../domain/brief.js';
import { before, seconds } from '../domain/units.js';
import { CLOSING_TIME } from './closing-time.js';
import { CmqClient, type CmqConnection, type CmqEffects } from './cmq-client.js';
import { parseCmqDeadLetter } from './cmq-dead-letter.js';
import { deleteMessages, MAX_ENTRIES, receiveMessages, type ReceivedMessage } from './cmq-messages.js';
import { momentOf } from './cmq-times.js';
import { RECEIVE_LIMIT, type DeadLetterRecord, type DeadLetters, type RemoveResult } from './dead-letters.js';
import { parseMessage, type JobDefaults } from './message.js';
import type { CmqAddress } from './queue-url.js';
import { receiveAll } from './receive-all.js';

/** Which queue, and how to reach and to read it. */
export interface CmqDeadLettersOptions extends CmqConnection {
  readonly deadLetters: CmqAddress;
  /** For messages that hold a bare job ID. */
  readonly defaults: JobDefaults;
}

/** How long the service waits for a message; more than three seconds breed duplicates (CreateCmqQueue). */
const WAIT = seconds(1);

/**
 * The dead letters in a queue of TDMQ-CMQ. They are read by receiving, and cannot be given back: each is hidden from others until the queue's own
 * visibility timeout is over.
 */
export function openCmqDeadLetters(options: CmqDeadLettersOptions, effects: CmqEffects): DeadLetters {
  return new CmqDeadLetters(options, effects);
}

class CmqDeadLetters implements DeadLetters {
  readonly #options: CmqDeadLettersOptions;
  readonly #client: CmqClient;
  /** The latest receipt handles, by message. */
  readonly #handles = new Map<string, string>();

  constructor(options: CmqDeadLettersOptions, effects: CmqEffects) {
    this.#options = options;
    this.#client = new CmqClient(options, { ...effects, deadline: before(effects.deadline, CLOSING_TIME) });
  }

  read(signal?: AbortSignal): AsyncIterable<DeadLetterRecord> {
    return receiveAll(async () => {
      const { messages } = await receiveMessages(this.#client, {
        queue: this.#options.deadLetters,
        wait: WAIT,
        parameters: { numOfMsg: String(MAX_ENTRIES), pollingWaitSeconds: String(WAIT / 1_000) },
        signal,
      });
      return messages.map((message) => {
        this.#handles.set(message.msgId, message.receiptHandle);
        return recordOf(message, this.#options.defaults);
      });
    });
  }

  async remove(letters: readonly DeadLetterRecord[]): Promise<readonly RemoveResult[]> {
    const handles = letters.map(({ id }) => this.#handles.get(id) ?? 'never received');
    const errors = await deleteMessages(this.#client, this.#options.deadLetters, handles);
    return letters.map((letter, index) => {
      const error = errors[index];
      return error === undefined ? { letter, ok: true } : { letter, ok: false, error };
    });
  }

  close(): Promise<void> {
    // A visibility timeout of CMQ cannot be ended early.
    return Promise.resolve();
  }
}

function recordOf({ msgId, msgBody, enqueueTime }: ReceivedMessage, defaults: JobDefaults): DeadLetterRecord {
  const letter = parseCmqDeadLetter(msgBody);
  const sentAt = momentOf(enqueueTime);
  const body = letter?.body ?? msgBody;
  return {
    id: msgId,
    content: parseMessage(body, defaults),
    body,
    reason: brief(letter?.reason ?? RECEIVE_LIMIT),
    detail: letter?.detail,
    lastError: letter?.lastError,
    firstSeenAt: letter === undefined ? sentAt : letter.firstSeenAt,
    buriedAt: letter === undefined ? undefined : sentAt,
  };
}
