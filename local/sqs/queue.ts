import { randomUUID } from 'node:crypto';
import { messageBytes, type MessageContent } from './message.js';
import { DEFAULT_SETTINGS, type QueueSettings } from './queue-settings.js';
import { SqsRefusal } from './refusal.js';

/** A visibility timeout ends at the latest this long after the receive (SQS Developer Guide, "Visibility timeout"). */
export const MAX_VISIBILITY_SECONDS = 43_200;

/** SQS API Reference, PurgeQueue. */
const PURGE_INTERVAL_MS = 60_000;

/** A message in a queue. All times in milliseconds since 1970. */
export interface StoredMessage {
  readonly id: string;
  readonly content: MessageContent;
  readonly sentAt: number;
  /** Where SQS's own redrive took it from. */
  readonly sourceArn: string | undefined;
  readonly receiveCount: number;
  readonly firstReceivedAt: number | undefined;
  /** Not handed out before this moment. */
  readonly visibleAt: number;
  /** The latest receive; undefined before the first one. */
  readonly receipt: { readonly serial: number; readonly receivedAt: number } | undefined;
}

/** `in-flight` messages are held by somebody, `delayed` ones were never received. */
export type MessageState = 'visible' | 'in-flight' | 'delayed';

/** A message as it is handed out. */
export interface Received {
  readonly message: StoredMessage;
  readonly receiptHandle: string;
}

/** One standard queue. Time passes only through the moments that the calls name. */
export class LocalQueue {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  settings: QueueSettings = DEFAULT_SETTINGS;
  readonly #messages = new Map<string, StoredMessage>();
  #serial = 0;
  #purgedAt = -Infinity;

  constructor(name: string, arn: string, createdAt: number) {
    this.name = name;
    this.arn = arn;
    this.createdAt = createdAt;
  }

  /** @throws SqsRefusal when the message is larger than this queue takes. */
  send(content: MessageContent, delaySeconds: number | undefined, now: number): StoredMessage {
    const limit = this.settings.MaximumMessageSize;
    if (messageBytes(content) > limit) {
      throw new SqsRefusal(
        'InvalidParameterValue',
        `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
      );
    }
    const message: StoredMessage = {
      id: randomUUID(),
      content,
      sentAt: now,
      sourceArn: undefined,
      receiveCount: 0,
      firstReceivedAt: undefined,
      visibleAt: now + (delaySeconds ?? this.settings.DelaySeconds) * 1_000,
      receipt: undefined,
    };
    this.#messages.set(message.id, message);
    return message;
  }

  /** Hands out what is visible. A message that was received too often goes to `deadLetters` instead, if there is such a queue. */
  receive(
    max: number,
    visibilitySeconds: number,
    now: number,
    deadLetters: LocalQueue | undefined,
  ): readonly Received[] {
    this.#expire(now);
    const received: Received[] = [];
    for (const message of this.#messages.values()) {
      if (received.length >= max) break;
      if (message.visibleAt > now) continue;
      const limit = this.settings.RedrivePolicy?.maxReceiveCount ?? Infinity;
      if (message.receiveCount >= limit && deadLetters !== undefined) {
        this.#messages.delete(message.id);
        deadLetters.#messages.set(message.id, { ...message, receipt: undefined, sourceArn: this.arn });
        continue;
      }
      this.#serial += 1;
      const taken: StoredMessage = {
        ...message,
        receiveCount: message.receiveCount + 1,
        firstReceivedAt: message.firstReceivedAt ?? now,
        visibleAt: now + visibilitySeconds * 1_000,
        receipt: { serial: this.#serial, receivedAt: now },
      };
      this.#messages.set(message.id, taken);
      received.push({ message: taken, receiptHandle: this.#handleOf(taken.id, this.#serial) });
    }
    return received;
  }

  /** Only the latest handle deletes; an older one, or one of a message that is gone, succeeds without effect (SQS API Reference, DeleteMessage). */
  delete(receiptHandle: string): void {
    const { id, serial } = this.#parseHandle(receiptHandle);
    if (this.#messages.get(id)?.receipt?.serial === serial) this.#messages.delete(id);
  }

  /** @throws SqsRefusal when the message is not in flight under this handle, or would be kept longer than twelve hours after its receive. */
  changeVisibility(receiptHandle: string, seconds: number, now: number): void {
    this.#expire(now);
    const { id, serial } = this.#parseHandle(receiptHandle);
    const message = this.#messages.get(id);
    const receipt = message?.receipt;
    if (message !== undefined && (receipt === undefined || message.visibleAt <= now)) {
      throw new SqsRefusal('MessageNotInflight', 'The specified message is not in flight.');
    }
    if (message === undefined || receipt?.serial !== serial) {
      throw new SqsRefusal(
        'InvalidParameterValue',
        `Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
      );
    }
    if (now + seconds * 1_000 > receipt.receivedAt + MAX_VISIBILITY_SECONDS * 1_000) {
      throw new SqsRefusal(
        'InvalidParameterValue',
        `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
      );
    }
    this.#messages.set(id, { ...message, visibleAt: now + seconds * 1_000 });
  }

  /** @throws SqsRefusal when the last purge was less than a minute ago. */
  purge(now: number): void {
    if (now - this.#purgedAt < PURGE_INTERVAL_MS) {
      throw new SqsRefusal(
        'PurgeQueueInProgress',
        `Only one PurgeQueue operation on ${this.name} is allowed every 60 seconds.`,
      );
    }
    this.#purgedAt = now;
    this.#messages.clear();
  }

  messages(now: number): readonly (StoredMessage & { readonly state: MessageState })[] {
    this.#expire(now);
    return [...this.#messages.values()].map((message) => ({ ...message, state: stateOf(message, now) }));
  }

  /** When a message becomes visible by itself next, after `now`; Infinity when none does. */
  nextVisibleAt(now: number): number {
    const moments = [...this.#messages.values()].map(({ visibleAt }) => visibleAt).filter((at) => at > now);
    return moments.reduce((earliest, at) => Math.min(earliest, at), Infinity);
  }

  #expire(now: number): void {
    const retentionMs = this.settings.MessageRetentionPeriod * 1_000;
    for (const { id, sentAt } of this.#messages.values()) {
      if (sentAt + retentionMs <= now) this.#messages.delete(id);
    }
  }

  #handleOf(id: string, serial: number): string {
    return Buffer.from(`${this.arn} ${id} ${serial}`, 'utf8').toString('base64');
  }

  #parseHandle(handle: string): { readonly id: string; readonly serial: number } {
    const [arn, id = '', serial = ''] = Buffer.from(handle, 'base64').toString('utf8').split(' ');
    if (arn !== this.arn || this.#handleOf(id, Number(serial)) !== handle || Number(serial) > this.#serial) {
      throw new SqsRefusal(
        'ReceiptHandleIsInvalid',
        `The input receipt handle "${handle}" is not a valid receipt handle.`,
      );
    }
    return { id, serial: Number(serial) };
  }
}

function stateOf({ visibleAt, receiveCount }: StoredMessage, now: number): MessageState {
  if (visibleAt <= now) return 'visible';
  return receiveCount === 0 ? 'delayed' : 'in-flight';
}
