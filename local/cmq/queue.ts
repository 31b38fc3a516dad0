import { randomUUID } from 'node:crypto';
import { CmqRefusal } from './refusal.js';

/** How a queue is set, with the names and limits of CreateCmqQueue (tdmq, 2020-02-17). */
export interface CmqQueueSettings {
  /** 1 to 43,200. */
  readonly visibilityTimeout: number;
  /** 0 to 30. */
  readonly pollingWaitSeconds: number;
  /** 1,024 to 1,048,576. */
  readonly maxMsgSize: number;
  /** 30 to 43,200: a message that is not acknowledged so long after it was sent is acknowledged by the service. */
  readonly msgRetentionSeconds: number;
  /** 0 to 1,296,000: how long acknowledged messages are kept for a rewind; 0 is off. */
  readonly rewindSeconds: number;
  /** By receive count, the first of the two policies. */
  readonly deadLetter: { readonly queueName: string; readonly maxReceiveCount: number } | undefined;
}

export const DEFAULT_SETTINGS: CmqQueueSettings = {
  visibilityTimeout: 30,
  pollingWaitSeconds: 0,
  maxMsgSize: 65_536,
  msgRetentionSeconds: 3_600,
  rewindSeconds: 0,
  deadLetter: undefined,
};

/** A message in a queue. Times in milliseconds since 1970. */
export interface StoredMessage {
  readonly id: string;
  readonly body: string;
  /** When it was produced: `enqueueTime`. */
  readonly sentAt: number;
  /** From when its unacknowledged time counts: when it was sent, or brought back by a rewind. */
  readonly unackedSince: number;
  /** Not handed out before this moment. */
  readonly visibleAt: number;
  readonly receiveCount: number;
  /** The latest receive's; dead from `visibleAt` on. */
  readonly handle: string | undefined;
}

/** A message that was handed out. */
export interface Received {
  readonly message: StoredMessage;
  readonly handle: string;
}

interface Acknowledged {
  readonly message: StoredMessage;
  readonly at: number;
  /** By the service itself. */
  readonly isDropped: boolean;
}

/** One queue. Time passes only through the moments that the calls name. */
export class LocalCmqQueue {
  readonly name: string;
  readonly settings: CmqQueueSettings;
  readonly #messages = new Map<string, StoredMessage>();
  readonly #holders = new Map<string, string>();
  #acknowledged: Acknowledged[] = [];
  #dropped = 0;
  #serial = 0;

  constructor(name: string, settings: CmqQueueSettings) {
    this.name = name;
    this.settings = settings;
  }

  /** How many messages the service acknowledged itself. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Messages that the service acknowledged itself and that a rewind could still bring back. */
  lost(now: number): readonly StoredMessage[] {
    this.#expire(now);
    return this.#acknowledged.filter(({ isDropped }) => isDropped).map(({ message }) => message);
  }

  /** @throws CmqRefusal when the message is empty or too large. */
  send(body: string, delaySeconds: number, now: number): StoredMessage {
    if (body === '') throw new CmqRefusal('EmptyBody');
    if (Buffer.byteLength(body, 'utf8') > this.settings.maxMsgSize) throw new CmqRefusal('MessageSize');
    const message: StoredMessage = {
      id: randomUUID(),
      body,
      sentAt: now,
      unackedSince: now,
      visibleAt: now + delaySeconds * 1_000,
      receiveCount: 0,
      handle: undefined,
    };
    this.#messages.set(message.id, message);
    return message;
  }

  /**
   * Hands out what is visible, until a whole second: `nextVisibleTime` has no parts of one. A message that was received too often goes to
   * `deadLetters` instead, if there is such a queue. With `twice` the messages stay visible all the same: a duplicated delivery.
   */
  receive(
    max: number,
    now: number,
    deadLetters: LocalCmqQueue | undefined,
    twice = false,
  ): readonly Received[] {
    this.#expire(now);
    const received: Received[] = [];
    const limit = this.settings.deadLetter?.maxReceiveCount ?? Infinity;
    for (const message of this.#messages.values()) {
      if (received.length >= max) break;
      if (message.visibleAt > now) continue;
      if (message.receiveCount >= limit && deadLetters !== undefined) {
        this.#take(message);
        deadLetters.#messages.set(message.id, { ...message, unackedSince: now, handle: undefined });
        continue;
      }
      this.#serial += 1;
      const handle = `${this.name}-${this.#serial}-${message.id}`;
      const until = Math.floor(now / 1_000 + this.settings.visibilityTimeout) * 1_000;
      const taken = { ...message, receiveCount: message.receiveCount + 1, handle, visibleAt: until };
      this.#messages.set(message.id, twice ? { ...taken, visibleAt: now } : taken);
      if (message.handle !== undefined) this.#holders.delete(message.handle);
      this.#holders.set(handle, message.id);
      received.push({ message: taken, handle });
    }
    return received;
  }

  /** Only the latest handle deletes, and only until the message is visible again. @throws CmqRefusal for any other. */
  delete(handle: string, now: number): void {
    this.#expire(now);
    const message = this.#messages.get(this.#holders.get(handle) ?? '');
    if (message?.handle !== handle || message.visibleAt <= now) throw new CmqRefusal('HandleInvalid');
    this.#acknowledge(message, now, false);
  }

  /**
   * What RewindCmqQueue does: the acknowledged messages that were produced at `from` or later and are still kept are there to be received once more,
   * deleted ones and dropped ones alike.
   */
  rewind(from: number, now: number): void {
    this.#expire(now);
    for (const { message } of this.#acknowledged) {
      if (message.sentAt < from) continue;
      this.#messages.set(message.id, { ...message, unackedSince: now, visibleAt: now, handle: undefined });
    }
    this.#acknowledged = this.#acknowledged.filter(({ message }) => message.sentAt < from);
  }

  messages(now: number): readonly StoredMessage[] {
    this.#expire(now);
    return [...this.#messages.values()];
  }

  /** When a message becomes visible by itself next, after `now`; Infinity when none does. */
  nextVisibleAt(now: number): number {
    const moments = [...this.#messages.values()].map(({ visibleAt }) => visibleAt).filter((at) => at > now);
    return moments.reduce((earliest, at) => Math.min(earliest, at), Infinity);
  }

  /** The silent loss: too long unacknowledged, delayed and hidden time included, is acknowledged. It reaches no dead letters. */
  #expire(now: number): void {
    for (const message of this.#messages.values()) {
      const at = message.unackedSince + this.settings.msgRetentionSeconds * 1_000;
      if (at > now) continue;
      this.#dropped += 1;
      this.#acknowledge(message, at, true);
    }
    const keptMs = this.settings.rewindSeconds * 1_000;
    this.#acknowledged = this.#acknowledged.filter(({ at }) => at + keptMs > now);
  }

  #acknowledge(message: StoredMessage, at: number, isDropped: boolean): void {
    this.#take(message);
    if (this.settings.rewindSeconds > 0) this.#acknowledged.push({ message, at, isDropped });
  }

  #take(message: StoredMessage): void {
    this.#messages.delete(message.id);
    if (message.handle !== undefined) this.#holders.delete(message.handle);
  }
}
