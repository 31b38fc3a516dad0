import { millis, seconds } from '../../../lib/domain/units.js';
import { openCmqQueue } from '../../../lib/queue/cmq.js';
import type { Lease, PendingQueue } from '../../../lib/queue/pending-queue.js';
import { createCmq, type LocalCmq } from '../../../local/cmq/index.js';
import { SOURCE } from '../../support/pending-jobs.js';
import type { Process } from '../core/process.js';
import type { BurialReason, Finishable, QueueWorld, RunEffects } from '../world/queue-world.js';
import type { OpenQueueWorld } from '../world/simulation.js';
import { boundByExactDelays } from '../world/staleness.js';
import { CopyRule } from './copies.js';
import { drawCmqFault, nameOf } from './faults.js';
import { cmqTransport, type CmqCallSeen, type CmqTraffic } from './transport.js';

type Parts = Parameters<OpenQueueWorld>[0];

const JOBS = 'jobs';
const DEAD = 'dead';

/** As long as the deployment sets it. */
const REWIND_SECONDS = 1_296_000;

/** A dead letter as its reader took it. */
interface Letter {
  readonly subject: string;
  readonly reason: BurialReason;
  readonly firstSeenAt: number;
  readonly body: string;
}

/** The world of TDMQ-CMQ: the real adapter over the embedded data plane, in virtual time. Somebody takes each dead letter as it comes, and keeps it. */
export class CmqWorld implements QueueWorld, CmqTraffic {
  readonly #parts: Parts;
  readonly #cmq: LocalCmq;
  readonly #urls: { readonly jobs: string; readonly dead: string };
  readonly #copies = new CopyRule();
  readonly #subjects = new Map<string, string>();
  readonly #acceptedAt = new Map<string, number>();
  /** All messages that were seen so far, by their IDs. */
  readonly #known = new Set<string>();
  #letters: Letter[] = [];
  #isRewound = false;
  #droppedBefore = 0;
  #mostCopies = 0;
  #held: { readonly step: number; readonly subjects: ReadonlySet<string> } | undefined;

  constructor(parts: Parts) {
    const { scheduler, scenario, dice, identity, observer } = parts;
    const { cmq: plan } = scenario;
    this.#parts = parts;
    const find = (secretId: string) => {
      const { now } = scheduler;
      if (identity.isBrokenAt(now)) return undefined;
      return [identity.keyAt(now), identity.keyAt(now - scenario.identity.overlapMs)].find(
        (key) => key.secretId === secretId,
      );
    };
    this.#cmq = createCmq({ now: () => scheduler.now, keys: { find } });
    const { control } = this.#cmq;
    control.behaviour.failureStatus = plan.failureStatus;
    control.behaviour.dates = plan.hasDates;
    control.behaviour.tellsNextVisibleTime = plan.tellsNextVisibleTime;
    const settings = {
      visibilityTimeout: plan.visibilityMs / 1_000,
      msgRetentionSeconds: plan.maxUnackedMs / 1_000,
      rewindSeconds: REWIND_SECONDS,
    };
    this.#urls = { jobs: control.createQueue(JOBS, settings), dead: control.createQueue(DEAD, settings) };
    control.faults.chance = (action) => {
      if (scheduler.now >= plan.until || !dice.chance(plan.faultRate)) return undefined;
      const fault = drawCmqFault(action, dice);
      observer.onFault(nameOf(fault));
      return fault;
    };
    this.#planRewind();
  }

  submit(subject: string, body: string, delayMs: number): void {
    this.#subjects.set(body, subject);
    if (!this.#acceptedAt.has(subject)) this.#acceptedAt.set(subject, this.#parts.scheduler.now);
    this.#cmq.control.send(JOBS, body, delayMs / 1_000);
    this.#noteNew();
  }

  open(process: Process, effects: RunEffects): Promise<PendingQueue> {
    const { scenario, latency, dice } = this.#parts;
    const options = {
      queue: addressOf(this.#urls.jobs),
      deadLetters: addressOf(this.#urls.dead),
      settings: {
        maxUnacked: millis(scenario.cmq.maxUnackedMs),
        visibility: millis(scenario.cmq.visibilityMs),
      },
      defaults: SOURCE,
      requestTimeout: seconds(1),
    };
    const transport = cmqTransport(process, this.#cmq, { latency, dice, traffic: this });
    const queue = openCmqQueue(options, { ...effects, transport });
    const checked: PendingQueue = {
      capabilities: queue.capabilities,
      enqueue: (jobs, delay) => queue.enqueue(jobs, delay),
      settle: (settlements) => queue.settle(settlements),
      close: () => queue.close(),
      lease: async (request) => {
        const leases = await queue.lease(request);
        for (const lease of leases) this.#checkLease(lease, effects);
        return leases;
      },
    };
    return Promise.resolve(checked);
  }

  /** What the service dropped counts as held while an operator is still to bring it back; from then on only what is in the queue counts. */
  holds(subject: string): boolean {
    const { scheduler } = this.#parts;
    if (this.#held?.step !== scheduler.steps) {
      this.#checkDropped();
      const { control } = this.#cmq;
      const isToBeRewound = this.#parts.scenario.cmq.rewind !== undefined && !this.#isRewound;
      const messages = [...control.messages(JOBS), ...(isToBeRewound ? control.lost(JOBS) : [])];
      this.#held = {
        step: scheduler.steps,
        subjects: new Set(messages.map(({ body }) => this.#subjectOf(body))),
      };
    }
    return this.#held.subjects.has(subject);
  }

  burials(subject: string): readonly BurialReason[] {
    return this.#letters.filter((letter) => letter.subject === subject).map(({ reason }) => reason);
  }

  earliestDue(): number {
    const { rewind } = this.#parts.scenario.cmq;
    let earliest = rewind !== undefined && !this.#isRewound ? rewind.at : Number.POSITIVE_INFINITY;
    for (const { visibleAt } of this.#cmq.control.messages(JOBS)) earliest = Math.min(earliest, visibleAt);
    return earliest;
  }

  /** The reader sends each job back as it was, with when it was first seen and that it was redriven; what is no job as it was. */
  redrive(): number {
    const letters = this.#letters;
    this.#letters = [];
    const redrivenAt = Math.floor(this.#parts.scheduler.now);
    for (const { subject, firstSeenAt, body } of letters) {
      const isJob = this.#parts.ci.job(subject) !== undefined;
      const job: unknown = body.startsWith('{') ? JSON.parse(body) : { jobId: subject, ...SOURCE };
      const again = isJob ? JSON.stringify({ ...(job as object), firstSeenAt, redrivenAt }) : body;
      this.#subjects.set(again, subject);
      this.#cmq.control.send(JOBS, again);
    }
    this.#noteNew();
    return letters.length;
  }

  stalenessBound({ ageMs }: Finishable): number {
    return boundByExactDelays(ageMs, this.#parts.scenario);
  }

  figures(): Readonly<Record<string, number>> {
    return { 'copies of a job at a time': this.#mostCopies };
  }

  onServed(process: Process, call: CmqCallSeen): void {
    const { observer } = this.#parts;
    for (const body of this.#noteNew()) {
      const subject = this.#subjectOf(body);
      const problem = this.#copies.onSent(process, subject, call, redrivenAtOf(body));
      // Of what holds no job there is nothing to merge by.
      if (problem !== undefined && this.#parts.ci.job(subject) !== undefined) observer.onBroken(5, problem);
    }
    this.#takeLetters();
  }

  onAnswered(process: Process, call: CmqCallSeen, answer: unknown): void {
    const { code, msgInfoList = [] } = (answer ?? {}) as {
      code?: number;
      msgInfoList?: readonly { readonly msgBody: string }[];
    };
    if (call.action.endsWith('SendMessage')) this.#copies.onEnded(process, call, code === 0);
    const { now } = this.#parts.scheduler;
    for (const { msgBody } of msgInfoList) this.#copies.onReceived(process, this.#subjectOf(msgBody), now);
  }

  onFailed(process: Process, call: CmqCallSeen): void {
    this.#copies.onEnded(process, call, false);
  }

  /** Nobody may work on a message that the queue may have handed to somebody else. One that was handed out twice is visible at once, whatever the lease says. */
  #checkLease({ id, until }: Lease, { clock }: RunEffects): void {
    const { scheduler, observer } = this.#parts;
    const trueEnd = until - clock.now() + scheduler.now;
    const message = this.#cmq.control.messages(JOBS).find((one) => one.id === id);
    if (message === undefined || message.visibleAt <= scheduler.now || trueEnd <= message.visibleAt) return;
    observer.onBroken(
      4,
      `the lease ${id} ends ${trueEnd - message.visibleAt} ms after the queue hands it out again`,
    );
  }

  /** The bodies of what is in the queue for the first time. */
  #noteNew(): readonly string[] {
    const messages = this.#cmq.control.messages(JOBS);
    const fresh = messages.filter(({ id }) => !this.#known.has(id));
    if (fresh.length === 0) return [];
    const counts = new Map<string, number>();
    for (const { id, body } of messages) {
      this.#known.add(id);
      const subject = this.#subjectOf(body);
      counts.set(subject, (counts.get(subject) ?? 0) + 1);
    }
    if (!this.#isRewound) this.#mostCopies = Math.max(this.#mostCopies, ...counts.values());
    return fresh.map(({ body }) => body);
  }

  /** Somebody reads the dead letters as they come. */
  #takeLetters(): void {
    const { observer } = this.#parts;
    for (const { id, body } of this.#cmq.control.messages(DEAD)) {
      if (this.#known.has(id)) continue;
      this.#known.add(id);
      const letter = JSON.parse(body) as Omit<Letter, 'subject'>; // the layout of ADR 2; its parts are checked here
      const subject = this.#subjectOf(letter.body);
      const acceptedAt = this.#acceptedAt.get(subject);
      if (acceptedAt === undefined) observer.onBroken(1, `a dead letter holds what was never sent: ${body}`);
      observer.onBurial(subject, letter.reason, Math.max(acceptedAt ?? 0, redrivenAtOf(letter.body)));
      this.#letters.push({ ...letter, subject });
    }
  }

  #planRewind(): void {
    const { scheduler, scenario, observer } = this.#parts;
    const { rewind } = scenario.cmq;
    if (rewind === undefined) return;
    scheduler.schedule(
      rewind.at - scheduler.now,
      'serve',
      undefined,
      'the operator rewinds the queue',
      () => {
        observer.onFault('rewind');
        this.#checkDropped();
        this.#cmq.control.rewind(JOBS, rewind.from);
        this.#isRewound = true;
      },
    );
  }

  /** The silent loss happens when nobody looks for long, and at no other time. */
  #checkDropped(): void {
    const { scheduler, scenario, observer } = this.#parts;
    const dropped = this.#cmq.control.dropped(JOBS);
    if (dropped === this.#droppedBefore) return;
    const more = dropped - this.#droppedBefore;
    this.#droppedBefore = dropped;
    for (let n = 0; n < more; n += 1) observer.onFault('silent-loss');
    const { outage } = scenario.platform;
    const isExcused = outage !== undefined && scheduler.now >= outage.from && !this.#isRewound;
    if (!isExcused)
      observer.onBroken(1, 'the service dropped a message although the timer never stood still');
  }

  #subjectOf(body: string): string {
    const known = this.#subjects.get(body);
    if (known !== undefined) return known;
    const subject = jobIdIn(body) ?? body;
    this.#subjects.set(body, subject);
    return subject;
  }
}

function jobIdIn(body: string): string | undefined {
  return /"jobId":"([^"]*)"/.exec(body)?.[1];
}

function redrivenAtOf(body: string): number {
  return Number(/"redrivenAt":(\d+)/.exec(body)?.[1] ?? Number.NEGATIVE_INFINITY);
}

function addressOf(url: string) {
  const { host, pathname } = new URL(url);
  return { kind: 'cmq', url, origin: `https://${host}`, queueName: pathname.slice(1) } as const;
}
