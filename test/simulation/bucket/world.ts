import type { WireRequest } from '../../../lib/cos/transport.js';
import { epochMs } from '../../../lib/domain/units.js';
import { nextLookOrWord, nextLookTime } from '../../../lib/poller/look-times.js';
import { openBucketQueue } from '../../../lib/queue/bucket.js';
import type { PendingQueue } from '../../../lib/queue/pending-queue.js';
import { aBucket, aRegion, SOURCE } from '../../support/pending-jobs.js';
import type { Process } from '../core/process.js';
import { Network } from '../world/network.js';
import type { BurialReason, Finishable, ListedWindow, QueueWorld, RunEffects } from '../world/queue-world.js';
import { CloudServices, type ServiceObserver } from '../world/services.js';
import type { OpenQueueWorld } from '../world/simulation.js';
import { CALM_RUN_MS, longestDelayAt } from '../world/staleness.js';
import { CheckpointMischief, servedUntil } from './checkpoint.js';
import { DeadLetters } from './dead-letters.js';
import { strayName, submittedName } from './names.js';
import { QueueTraffic } from './watch.js';

type Parts = Parameters<OpenQueueWorld>[0];

/** The queue's own bucket: whatever is asked of it is the queue's. */
const BUCKET = aBucket('queue-1250000000');
const REGION = aRegion('ap-beijing');
const QUEUE = {
  kind: 'cos',
  url: `cos://${BUCKET}.${REGION}/docjob/pending/`,
  bucket: BUCKET,
  region: REGION,
  prefix: 'docjob/pending/',
} as const;
const DEAD_LETTERS = {
  ...QUEUE,
  url: `cos://${BUCKET}.${REGION}/docjob/dead/`,
  prefix: 'docjob/dead/',
} as const;
const CHECKPOINT = 'docjob/pending.checkpoint.json';

/** For so long an object is due in every pass, since listings may show it late (ADR 1, "Late listings"). */
const FIRST_MINUTE_MS = 60_000;

/** A window is widened by a second on both sides, and CI's times have whole seconds. */
const SLACK_MS = 2_000;

/** An object that somebody put below the prefix. */
export interface Instance {
  readonly key: string;
  readonly subject: string;
  /** When an object of this key was put there first. */
  readonly putAt: number;
  /** What its name claims. */
  readonly createdAt: number | undefined;
  readonly firstSeenAt: number | undefined;
  readonly content: Buffer;
}

/** The world of the bucket queue: the real adapter over the simulated COS, with requests of its own that fail like all others. */
export class BucketWorld implements QueueWorld, ServiceObserver {
  readonly #parts: Parts;
  readonly #network: Network;
  readonly #traffic: QueueTraffic;
  readonly #mischief: CheckpointMischief;
  readonly #deadLetters: DeadLetters;
  readonly #instances = new Map<string, Instance>();
  readonly #bySubject = new Map<string, Instance[]>();
  /** When CI was last asked about a job, or failed for others of its bucket. */
  readonly #lookedAt = new Map<string, number>();
  /** What each run has found CI to fail for. */
  readonly #outages = new Map<Process, readonly string[]>();
  #serial = 0;

  constructor(parts: Parts) {
    const { scheduler, scenario, dice, observer, cos } = parts;
    this.#parts = parts;
    const services = new CloudServices(parts, new Map([[BUCKET, REGION]]), [], this, {
      plan: scenario.lists,
      dice: dice.fork('lists'),
    });
    this.#traffic = new QueueTraffic(observer);
    this.#network = new Network(
      services,
      scenario.faults,
      scenario.latency,
      dice.fork('network'),
      this.#traffic,
    );
    this.#mischief = new CheckpointMischief(
      cos,
      { bucket: BUCKET, key: CHECKPOINT },
      dice.fork('checkpoint'),
    );
    const { mischiefEveryMs } = scenario.bucket;
    const onFault = (kind: string): void => observer.onFault(kind);
    if (mischiefEveryMs > 0) this.#mischief.begin(scheduler, mischiefEveryMs, scenario.calmFrom, onFault);
    this.#deadLetters = new DeadLetters(parts, DEAD_LETTERS, {
      instance: (key) => this.#instances.get(key),
      putBack: (instance) => this.#put(instance),
    });
    // What a console makes for a folder, which is to be left alone.
    cos.store(BUCKET, QUEUE.prefix, Buffer.alloc(0), {}, scheduler.now);
  }

  submit(subject: string, body: string): void {
    const { dice, ci, scheduler } = this.#parts;
    this.#serial += 1;
    const isJob = ci.job(subject) !== undefined;
    const { name, createdAt } = isJob
      ? submittedName(body, `n${this.#serial}`, dice)
      : { name: strayName(this.#serial, dice), createdAt: undefined };
    const content = Buffer.from(isJob ? '' : body);
    const times = { putAt: scheduler.now, createdAt, firstSeenAt: undefined };
    this.#put({ key: QUEUE.prefix + name, subject, ...times, content });
  }

  open(process: Process, effects: RunEffects): Promise<PendingQueue> {
    const { client, decisions, sweep } = this.#parts.scenario.policy;
    this.#traffic.begin(process, effects);
    const options = {
      queue: QUEUE,
      deadLetters: DEAD_LETTERS,
      defaults: SOURCE,
      client,
      nextLook: (waiting: Parameters<typeof nextLookTime>[0], since: ReturnType<typeof epochMs>) =>
        nextLookOrWord(waiting, since, decisions.schedule, sweep),
    };
    const transport = this.#network.transportOf(process);
    return Promise.resolve(openBucketQueue(options, { ...effects, transport }));
  }

  holds(subject: string): boolean {
    return this.#bySubject.get(subject)?.some(({ key }) => this.#object(key) !== undefined) ?? false;
  }

  burials(subject: string): readonly BurialReason[] {
    return this.#deadLetters.reasonsOf(subject);
  }

  /**
   * By the looks that were really made, and by what the checkpoint claims: whichever is earlier. A job whose looks were made, and whose run was killed before it
   * said so, is due at once.
   */
  earliestDue(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const instance of this.#instances.values()) earliest = Math.min(earliest, this.#dueAt(instance));
    return earliest;
  }

  redrive(): number {
    return this.#deadLetters.sendAllBack();
  }

  onLook(jobId: string): void {
    this.#lookedAt.set(jobId, this.#parts.scheduler.now);
  }

  onOutage(process: Process, bucket: string): void {
    this.#outages.set(process, [...(this.#outages.get(process) ?? []), bucket]);
  }

  /**
   * What ADR 1 promises, to the millisecond. From the moment V at which the job can be finished and listings show its object, the next look time comes
   * within the longest delay at the age that the job has then, by its name's claim; or at once while the object is in its first minute. After it the
   * next tick starts a run that finds the job due. Where a run takes M leases at most, those before it in the round, N objects in all, take N / M ticks,
   * rounded up. Beside that: what two runs take, and what the service's clocks may differ by, once for the look that was made too early by them and once for the next.
   */
  stalenessBound({ subject, from }: Finishable): number {
    const { platform, policy } = this.#parts.scenario;
    const rounds = Math.ceil(this.#looksForAll / policy.maxLeases);
    const bounds = (this.#bySubject.get(subject) ?? []).map((instance) => {
      const { putAt, createdAt = putAt, key } = instance;
      const seenFrom = Math.max(from, this.#listedAt.get(key) ?? from);
      const isInFirstMinute = seenFrom <= putAt + FIRST_MINUTE_MS - this.#clocks;
      const age = seenFrom - Math.min(createdAt, putAt) + this.#clocks;
      const wait = isInFirstMinute ? 0 : longestDelayAt(age, this.#parts.scenario);
      return seenFrom - from + wait + rounds * platform.tickMs + 2 * CALM_RUN_MS + 2 * this.#clocks;
    });
    return Math.min(...bounds);
  }

  /**
   * How many looks go by until each object had its own. The next run begins behind the first object without one, which is of the bucket with the most: of looks that are
   * shared among buckets, only every so many-th is one of its.
   */
  get #looksForAll(): number {
    const counts = new Map<string | undefined, number>();
    for (const { subject } of this.#instances.values()) {
      const bucket = this.#parts.ci.job(subject)?.bucket;
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    return Math.max(0, ...counts.values()) * counts.size;
  }

  /** A list is a look at all jobs of its window, whatever it shows: what absence from it means is for the bound of staleness to tell. */
  onListed({ bucket, from, to }: ListedWindow): void {
    const { scheduler, ci } = this.#parts;
    for (const { subject, createdAt } of this.#instances.values()) {
      if (createdAt === undefined || ci.job(subject)?.bucket !== bucket) continue;
      if (createdAt >= from - SLACK_MS && createdAt <= to + SLACK_MS)
        this.#lookedAt.set(subject, scheduler.now);
    }
  }

  onPut(process: Process, { key }: { readonly key: string }, bytes: Buffer): void {
    if (key === CHECKPOINT) {
      this.#mischief.remember(bytes);
      this.#checkClaim(process, bytes);
    } else if (key.startsWith(DEAD_LETTERS.prefix)) this.#deadLetters.onPut(key, bytes);
    else this.#parts.observer.onBroken(8, `run ${process.id} wrote ${key}, which is none of its queue's`);
  }

  onHead(): void {
    // The queue asks for whole objects only.
  }

  onStrayRequest(process: Process, { target }: WireRequest): void {
    this.#parts.observer.onBroken(8, `run ${process.id} sent a request to ${target.host}`);
  }

  /** When listings began to show an object of a key. */
  readonly #listedAt = new Map<string, number>();

  /** What two readings of the service's clocks may differ by. */
  get #clocks(): number {
    return 2 * (this.#parts.scenario.cos.clockErrorMs + 1_000);
  }

  #put(instance: Instance): void {
    const { scheduler, cos } = this.#parts;
    const { key, subject, content } = instance;
    cos.store(BUCKET, key, content, { 'content-type': 'text/plain' }, scheduler.now);
    this.#listedAt.set(key, Math.max(this.#listedAt.get(key) ?? 0, this.#object(key)?.listedAt ?? 0));
    // Put once more, it is the same object: its first time counts.
    if (this.#instances.has(key)) return;
    this.#instances.set(key, instance);
    this.#bySubject.set(subject, [...(this.#bySubject.get(subject) ?? []), instance]);
  }

  /** What a checkpoint claims must be true: every job has been looked at for each look time up to there, from when a listing could show it. */
  #checkClaim(process: Process, checkpoint: Buffer): void {
    const { scenario, observer, scheduler } = this.#parts;
    const failing = this.#outages.get(process) ?? [];
    for (const instance of this.#instances.values()) {
      const object = this.#object(instance.key);
      const job = this.#parts.ci.job(instance.subject);
      // Five jobs of a bucket that fail one after the other stand for all of it, as if each had been asked about in vain.
      if (job !== undefined && failing.includes(job.bucket))
        this.#lookedAt.set(instance.subject, scheduler.now);
      // Where a bucket is closed, one job of it is asked about for all.
      if (object === undefined || job === undefined || job.kind === 'source-not-allowed') continue;
      if (scenario.closures.some(({ bucket, family }) => bucket === job.bucket && family === 'ci')) continue;
      const since = Math.max(this.#lookedAt.get(instance.subject) ?? 0, object.listedAt) + this.#clocks;
      const missed = this.#nextLook(instance, object.modifiedAt, since);
      const late = servedUntil(checkpoint, instance.key) - this.#clocks - missed;
      if (late >= 0)
        observer.onBroken(
          4,
          `run ${process.id} claims a look at ${instance.subject} that was due ${late} ms before and not made`,
        );
    }
  }

  #object(key: string) {
    return this.#parts.cos.object(BUCKET, key);
  }

  #dueAt(instance: Instance): number {
    const object = this.#object(instance.key);
    if (object === undefined) return Number.POSITIVE_INFINITY;
    const since = servedUntil(this.#object(CHECKPOINT)?.bytes, instance.key);
    const { now } = this.#parts.scheduler;
    const isInFirstMinute = object.modifiedAt > since - FIRST_MINUTE_MS;
    const byClaim = isInFirstMinute ? now : this.#nextLook(instance, object.modifiedAt, since);
    const due = Math.min(byClaim, this.#dueByLooks(instance, object.modifiedAt)) + this.#clocks;
    return Math.max(due, object.listedAt);
  }

  /** Jobs whose bucket is closed or not allowed are not asked about each time: of them the looks tell nothing. */
  #dueByLooks(instance: Instance, seenAt: number): number {
    const job = this.#parts.ci.job(instance.subject);
    if (job === undefined || job.kind === 'source-closed' || job.kind === 'source-not-allowed')
      return Number.POSITIVE_INFINITY;
    // What a listing shows later than it may has missed its look times until then.
    const { key, putAt, subject } = instance;
    const listedAt = this.#listedAt.get(key) ?? 0;
    const isLate = listedAt > putAt + FIRST_MINUTE_MS - this.#clocks;
    const since = Math.max(this.#lookedAt.get(subject) ?? 0, isLate ? listedAt : 0);
    // The look was for what was due by a clock that may have been ahead.
    return this.#nextLook(instance, seenAt, since === 0 ? 0 : since + this.#clocks);
  }

  #nextLook({ key, subject, createdAt, firstSeenAt }: Instance, seenAt: number, since: number): number {
    const waiting = {
      seed: this.#parts.ci.job(subject) === undefined ? key.slice(QUEUE.prefix.length) : subject,
      createdAt: createdAt === undefined ? undefined : epochMs(createdAt),
      firstSeenAt: epochMs(Math.min(firstSeenAt ?? seenAt, seenAt)),
      seenAt: epochMs(seenAt),
    };
    const { decisions, sweep } = this.#parts.scenario.policy;
    const look = nextLookTime(waiting, epochMs(since), decisions.schedule);
    if (sweep === undefined || createdAt === undefined) return look;
    // Where lists are asked, it must be heard of when its time in the queue passes `firstWord`, and whenever that has doubled.
    let waited: number = sweep.firstWord;
    while (waiting.firstSeenAt + waited <= since) waited *= 2;
    return Math.min(look, waiting.firstSeenAt + waited);
  }
}
