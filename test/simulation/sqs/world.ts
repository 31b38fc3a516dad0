import { openSqsQueue, type SqsOptions } from '../../../lib/queue/sqs.js';
import { millis } from '../../../lib/domain/units.js';
import type { NoticeQueue } from '../../../lib/notices/notice-queue.js';
import { openSqsNotices } from '../../../lib/notices/sqs-notices.js';
import type { PendingQueue } from '../../../lib/queue/pending-queue.js';
import { SOURCE } from '../../support/pending-jobs.js';
import { Dice } from '../core/dice.js';
import type { Process } from '../core/process.js';
import type { Scheduler } from '../core/scheduler.js';
import type { Scenario } from '../scenario.js';
import type {
  BurialReason,
  Finishable,
  QueueObserver,
  QueueWorld,
  RunEffects,
} from '../world/queue-world.js';
import { boundByExactDelays } from '../world/staleness.js';
import type { SqsPlan } from './plan.js';
import { SimulatedSqs } from './service.js';
import { NOTICE_QUEUE_URL, SqsTransport } from './transport.js';

const OPTIONS: SqsOptions = {
  queueUrl: 'https://sqs.ap-east-1.amazonaws.com/123456789012/pending',
  deadLetterQueueUrl: 'https://sqs.ap-east-1.amazonaws.com/123456789012/dead-letters',
  region: 'ap-east-1',
  endpoint: 'https://sqs.ap-east-1.amazonaws.com',
  requestTimeout: millis(1_000),
  defaults: SOURCE,
};

const CREDENTIALS = { accessKeyId: 'AKIDsimulated', secretAccessKey: 'simulated' };

/** The world of SQS: the real adapter over a simulated wire and service. */
export class SqsWorld implements QueueWorld {
  readonly #sqs: SimulatedSqs;
  readonly #subjects = new Map<string, string>();
  readonly #scenario: Scenario;
  readonly #noticeDice: Dice;
  readonly #about: {
    readonly plan: SqsPlan;
    readonly dice: Dice;
    readonly observer: QueueObserver;
    readonly latency: () => number;
  };

  constructor(
    scheduler: Scheduler,
    scenario: Scenario,
    dice: Dice,
    observer: QueueObserver,
    latency: () => number,
  ) {
    const plan = scenario.sqs;
    this.#scenario = scenario;
    this.#noticeDice = new Dice(scenario.seed).fork('notice queue');
    this.#sqs = new SimulatedSqs(scheduler, plan, dice, observer);
    this.#about = { plan, dice, observer, latency };
  }

  submit(subject: string, body: string, delayMs: number): void {
    this.#subjects.set(body, subject);
    this.#sqs.send(subject, body, delayMs);
  }

  open(process: Process, effects: RunEffects): Promise<PendingQueue> {
    const transport = new SqsTransport(process, this.#sqs, this.#about, this.#subjects);
    const random = this.#about.dice.random;
    return Promise.resolve(
      openSqsQueue(OPTIONS, { ...effects, transport, credentials: CREDENTIALS, random }),
    );
  }

  /** With chance of its own, so that what befalls the queue of jobs stays as it is. */
  openNotices(process: Process, effects: RunEffects): NoticeQueue | undefined {
    const { isOn, faultRate } = this.#scenario.notices;
    if (!isOn) return undefined;
    const dice = this.#noticeDice;
    const plan = { ...this.#about.plan, faultRate };
    const about = { ...this.#about, plan, dice, latency: () => dice.integer(2, 25) };
    const transport = new SqsTransport(process, this.#sqs, about, this.#subjects);
    const options = { ...OPTIONS, queueUrl: NOTICE_QUEUE_URL };
    return openSqsNotices(options, { ...effects, transport, credentials: CREDENTIALS, random: dice.random });
  }

  holds(subject: string): boolean {
    for (const message of this.#sqs.messages) if (message.subject === subject) return true;
    return false;
  }

  burials(subject: string): readonly BurialReason[] {
    const reasons: BurialReason[] = [];
    for (const letter of this.#sqs.deadLetters) {
      if (letter.subject === subject && letter.reason !== undefined) reasons.push(letter.reason);
    }
    return reasons;
  }

  earliestDue(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { visibleAt } of this.#sqs.messages) earliest = Math.min(earliest, visibleAt);
    return earliest;
  }

  redrive(): number {
    return this.#sqs.redrive();
  }

  stalenessBound({ ageMs }: Finishable): number {
    return boundByExactDelays(ageMs, this.#scenario);
  }
}
