import type { Dice } from '../core/dice.js';
import type { Process } from '../core/process.js';
import type { Scheduler } from '../core/scheduler.js';
import type { BurialReason, QueueObserver } from '../world/queue-world.js';
import type { SqsPlan } from './plan.js';

/** A message's visibility ends at the latest this long after its receive (Developer Guide, "Visibility timeout"). */
const MAX_VISIBILITY_MS = 12 * 3_600_000;

export interface Message {
  readonly id: string;
  readonly subject: string;
  readonly body: string;
  readonly sentAt: number;
  visibleAt: number;
  receiveCount: number;
  /** Which receive was the latest; only its handle counts. */
  serial: number;
  receivedAt: number;
  reason: BurialReason | undefined;
}

/** A standard queue and its dead-letter queue. */
export class SimulatedSqs {
  readonly #scheduler: Scheduler;
  readonly #plan: SqsPlan;
  readonly #dice: Dice;
  readonly #observer: QueueObserver;
  readonly #messages = new Map<string, Message>();
  readonly #deadLetters = new Map<string, Message>();
  #serial = 0;

  constructor(scheduler: Scheduler, plan: SqsPlan, dice: Dice, observer: QueueObserver) {
    this.#scheduler = scheduler;
    this.#plan = plan;
    this.#dice = dice;
    this.#observer = observer;
  }

  get messages(): Iterable<Message> {
    return this.#messages.values();
  }

  get deadLetters(): Iterable<Message> {
    return this.#deadLetters.values();
  }

  send(subject: string, body: string, delayMs: number): void {
    this.#add(subject, body, delayMs);
  }

  /** Sends to the dead letters, with the reason that the message's attributes name. */
  bury(subject: string, body: string, reason: BurialReason, firstSeenAt: number): void {
    this.#observer.onBurial(subject, reason, firstSeenAt);
    this.#serial += 1;
    const now = this.#scheduler.now;
    const message = {
      id: `d${this.#serial}`,
      subject,
      body,
      sentAt: now,
      visibleAt: now,
      receiveCount: 0,
      serial: 0,
      receivedAt: 0,
      reason,
    };
    this.#deadLetters.set(message.id, message);
  }

  /** What is visible, in an order of chance. */
  receive(process: Process, max: number, visibilityMs: number): readonly Message[] {
    this.#expire();
    const { now } = this.#scheduler;
    const visible = shuffled(
      [...this.#messages.values()].filter(({ visibleAt }) => visibleAt <= now),
      this.#dice,
    );
    const share = this.#plan.sampling && now < this.#plan.until ? this.#dice.random() : 1;
    const found = visible.slice(0, Math.min(max, Math.ceil(visible.length * share)));
    return found.flatMap((message) => {
      if (message.receiveCount >= this.#plan.maxReceiveCount) {
        this.#messages.delete(message.id);
        this.#deadLetters.set(message.id, { ...message, reason: 'receive-limit' });
        this.#observer.onBurial(message.subject, 'receive-limit', message.sentAt);
        return [];
      }
      message.receiveCount += 1;
      this.#serial += 1;
      message.serial = this.#serial;
      message.receivedAt = now;
      const isRepeated = message.receiveCount === 1 && this.#happens(this.#plan.repeatShare);
      if (isRepeated) this.#observer.onFault('queue-repeated-delivery');
      message.visibleAt = now + (isRepeated ? 0 : visibilityMs);
      this.#observer.onDelivery(process, message.subject, message.visibleAt);
      return [{ ...message }];
    });
  }

  /** Only the latest handle deletes; any other succeeds without effect. */
  delete(id: string, serial: number): void {
    const message = this.#messages.get(id);
    if (message?.serial !== serial) return;
    if (this.#happens(this.#plan.undoneShare)) {
      this.#observer.onFault('queue-undone-delete');
      return;
    }
    this.#messages.delete(id);
  }

  /** What is wrong with it, or undefined. */
  changeVisibility(
    id: string,
    serial: number,
    visibilityMs: number,
  ): 'MessageNotInflight' | 'InvalidParameterValue' | undefined {
    const { now } = this.#scheduler;
    const message = this.#messages.get(id);
    if (message === undefined) return 'InvalidParameterValue';
    if (message.visibleAt <= now) return 'MessageNotInflight';
    if (message.serial !== serial || now + visibilityMs > message.receivedAt + MAX_VISIBILITY_MS)
      return 'InvalidParameterValue';
    message.visibleAt = now + visibilityMs;
    return undefined;
  }

  /** All dead letters become new messages, as StartMessageMoveTask makes them. */
  redrive(): number {
    const letters = [...this.#deadLetters.values()];
    this.#deadLetters.clear();
    for (const { subject, body } of letters) this.#add(subject, body, 0);
    return letters.length;
  }

  #add(subject: string, body: string, delayMs: number): void {
    const { now } = this.#scheduler;
    this.#serial += 1;
    const message = {
      subject,
      body,
      sentAt: now,
      visibleAt: now + delayMs,
      receiveCount: 0,
      serial: 0,
      receivedAt: 0,
      reason: undefined,
    };
    const id = `m${this.#serial}`;
    this.#messages.set(id, { ...message, id });
  }

  #happens(share: number): boolean {
    return share > 0 && this.#scheduler.now < this.#plan.until && this.#dice.chance(share);
  }

  #expire(): void {
    const limit = this.#scheduler.now - this.#plan.retentionMs;
    for (const { id, sentAt } of this.#messages.values()) if (sentAt <= limit) this.#messages.delete(id);
  }
}

function shuffled<T>(items: T[], dice: Dice): T[] {
  return items
    .map((item) => ({ item, at: dice.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
