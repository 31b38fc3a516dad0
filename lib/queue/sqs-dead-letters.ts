import * as v from 'valibot';
import { parseRfc3339 } from '../domain/rfc3339.js';
import { before, epochMs, seconds } from '../domain/units.js';
import { brief } from '../domain/brief.js';
import type { Log } from '../telemetry/log.js';
import { CLOSING_TIME } from './closing-time.js';
import { RECEIVE_LIMIT, type DeadLetterRecord, type DeadLetters, type RemoveResult } from './dead-letters.js';
import { parseMessage, type JobDefaults } from './message.js';
import { receiveAll } from './receive-all.js';
import {
  readReceived,
  type DeliveredMessage,
  type ReadAnswer,
  type ReceivedMessages,
} from './sqs-answers.js';
import { MAX_ENTRIES, sendInBatches } from './sqs-batches.js';
import { SqsClient, type SqsConnection, type SqsEffects } from './sqs-client.js';

/** Which queue, and how to reach and to read it. */
export interface SqsDeadLettersOptions extends SqsConnection {
  readonly deadLetterQueueUrl: string;
  /** For messages that hold a bare job ID. */
  readonly defaults: JobDefaults;
}

/** What reading them works through. */
export interface SqsDeadLettersEffects extends SqsEffects {
  readonly log: Log;
}

/** For so long what was read stays hidden if nobody is left to give it back: long enough to read some ten thousand, ten in a call. */
const VISIBILITY = seconds(120);

/** With a wait SQS asks all of its servers, and so an empty answer means what it says (SQS Developer Guide, "Amazon SQS short and long polling"). */
const WAIT = seconds(1);

const Attribute = v.object({ StringValue: v.string() });

const Attributed = v.object({
  MessageId: v.string(),
  MessageAttributes: v.record(v.string(), v.fallback(v.nullable(Attribute), null)),
});

/** What readReceived does not read of an answer that it could read: each message by itself, null where it has no attributes. */
const Described = v.object({ Messages: v.nullish(v.array(v.fallback(v.nullable(Attributed), null))) });

type Attributes = Readonly<Record<string, { readonly StringValue: string } | null>>;

interface Received extends ReceivedMessages {
  readonly attributes: ReadonlyMap<string, Attributes>;
}

/**
 * The dead letters in a queue of Amazon SQS. They are read by receiving, which counts as a receive of each, and are given back by ending their
 * visibility timeouts.
 */
export function openSqsDeadLetters(
  options: SqsDeadLettersOptions,
  effects: SqsDeadLettersEffects,
): DeadLetters {
  return new SqsDeadLetters(options, effects);
}

class SqsDeadLetters implements DeadLetters {
  readonly #options: SqsDeadLettersOptions;
  readonly #log: Log;
  readonly #client: SqsClient;
  /** The latest receipt handles of what was received and not removed, by message. */
  readonly #handles = new Map<string, string>();

  constructor(options: SqsDeadLettersOptions, effects: SqsDeadLettersEffects) {
    this.#options = options;
    this.#log = effects.log;
    this.#client = new SqsClient(options, { ...effects, deadline: before(effects.deadline, CLOSING_TIME) });
  }

  read(signal?: AbortSignal): AsyncIterable<DeadLetterRecord> {
    return receiveAll(() => this.#receive(signal));
  }

  async remove(letters: readonly DeadLetterRecord[]): Promise<readonly RemoveResult[]> {
    const queueUrl = this.#options.deadLetterQueueUrl;
    const errors = await sendInBatches(letters, {
      action: 'DeleteMessageBatch',
      queueUrl,
      send: (entries) =>
        this.#client.delete(
          queueUrl,
          entries.map(({ Id, item }) => ({
            Id,
            receiptHandle: this.#handles.get(item.id) ?? 'never received',
          })),
        ),
    });
    return letters.map((letter, index) => {
      const error = errors[index];
      if (error !== undefined) return { letter, ok: false, error };
      this.#handles.delete(letter.id);
      return { letter, ok: true };
    });
  }

  async close(): Promise<void> {
    const queueUrl = this.#options.deadLetterQueueUrl;
    const errors = await sendInBatches([...this.#handles.values()], {
      action: 'ChangeMessageVisibilityBatch',
      queueUrl,
      send: (entries) =>
        this.#client.changeVisibility(
          queueUrl,
          entries.map(({ Id, item }) => ({ Id, receiptHandle: item, visibilitySeconds: 0 })),
        ),
    });
    const failed = errors.filter((error) => error !== undefined);
    const [first] = failed;
    // They come back all the same, when their visibility timeouts end.
    if (first !== undefined)
      this.#log.info('dead-letters-not-given-back', {
        count: failed.length,
        code: first.code,
        message: first.message,
      });
  }

  /** One that is under way is waited for: what it brings would stay hidden if nobody heard of it. */
  async #receive(signal: AbortSignal | undefined): Promise<readonly DeadLetterRecord[]> {
    signal?.throwIfAborted();
    const queueUrl = this.#options.deadLetterQueueUrl;
    const { value, requestId } = await this.#client.call({
      action: 'ReceiveMessage',
      queueUrl,
      input: {
        MaxNumberOfMessages: MAX_ENTRIES,
        VisibilityTimeout: VISIBILITY / 1_000,
        WaitTimeSeconds: WAIT / 1_000,
        MessageSystemAttributeNames: ['SentTimestamp'],
        MessageAttributeNames: ['All'],
      },
      read: readDescribed,
      wait: WAIT,
    });
    for (const { messageId, problem } of value.damaged)
      this.#log.warn('message-damaged', { message: messageId, problem, serviceRequestId: requestId });
    for (const { messageId, receiptHandle } of value.messages) this.#handles.set(messageId, receiptHandle);
    signal?.throwIfAborted();
    return value.messages.map((message) =>
      recordOf(message, value.attributes.get(message.messageId) ?? {}, this.#options.defaults),
    );
  }
}

function readDescribed(answer: unknown): ReadAnswer<Received> {
  const received = readReceived(answer);
  if (!received.ok) return received;
  const { Messages } = v.parse(Described, answer);
  const attributes = new Map(
    Messages?.flatMap((one) => (one === null ? [] : [[one.MessageId, one.MessageAttributes]])),
  );
  return { ok: true, value: { ...received.value, attributes } };
}

/** What `deadLetterOf` wrote, read; a message without a reason was moved by SQS itself. */
function recordOf(
  { messageId, body, attributes: { SentTimestamp } }: DeliveredMessage,
  attributes: Attributes,
  defaults: JobDefaults,
): DeadLetterRecord {
  const text = (name: string): string | undefined => attributes[`docjob-${name}`]?.StringValue;
  const reason = text('reason');
  const code = text('error-code');
  const requestId = text('request-id');
  const sentAt = epochMs(Number(SentTimestamp));
  const firstSeen = text('first-seen-at');
  return {
    id: messageId,
    content: parseMessage(body, defaults),
    body,
    reason: brief(reason ?? RECEIVE_LIMIT),
    detail: text('detail'),
    lastError:
      code === undefined
        ? undefined
        : { code, message: text('error-message') ?? '', ...(requestId === undefined ? {} : { requestId }) },
    // What SQS moves keeps the time that it was sent at first.
    // Stryker disable next-line StringLiteral: any text that is no time does as well.
    firstSeenAt: reason === undefined ? sentAt : parseRfc3339(firstSeen ?? '')?.at,
    buriedAt: reason === undefined ? undefined : sentAt,
  };
}
