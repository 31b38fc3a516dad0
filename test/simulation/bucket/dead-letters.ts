import type { DeadLetterReason } from '../../../lib/queue/pending-queue.js';
import type { BurialReason } from '../world/queue-world.js';
import type { OpenQueueWorld } from '../world/simulation.js';
import { instanceName } from './names.js';
import type { Instance } from './world.js';

type Parts = Parameters<OpenQueueWorld>[0];

/** A letter as whoever reads the bucket sees it: from the words of ADR 1, without any code of `lib/`. */
interface Letter {
  readonly reason: DeadLetterReason;
  readonly key: string;
  readonly job?: {
    readonly jobId: string;
    readonly bucket: string;
    readonly region: string;
    readonly createdAt?: number;
    readonly firstSeenAt: number;
  };
  readonly content?: { readonly base64: string };
}

/** What the dead letters need of the queue that they come from. */
interface Pending {
  readonly instance: (key: string) => Instance | undefined;
  readonly putBack: (instance: Instance) => void;
}

/** An early redrive comes so soon that the pending object may still be there. */
const EARLY_MS = 60;

/** A job is not sent back more often than this before all is calm. */
const MAX_EARLY_REDRIVES = 2;

/** The dead letters of a bucket queue, checked as they are written, and the operator who sends them back. */
export class DeadLetters {
  readonly #parts: Parts;
  readonly #place: { readonly bucket: string; readonly prefix: string };
  readonly #pending: Pending;
  readonly #letters = new Map<string, { readonly subject: string; readonly reason: BurialReason }>();
  readonly #early = new Map<string, number>();
  #serial = 0;

  constructor(parts: Parts, place: { readonly bucket: string; readonly prefix: string }, pending: Pending) {
    this.#parts = parts;
    this.#place = place;
    this.#pending = pending;
  }

  reasonsOf(subject: string): readonly BurialReason[] {
    const { bucket } = this.#place;
    return [...this.#letters]
      .filter(
        ([key, letter]) => letter.subject === subject && this.#parts.cos.object(bucket, key) !== undefined,
      )
      .map(([, { reason }]) => reason);
  }

  /** A run is about to store a letter. */
  onPut(key: string, bytes: Buffer): void {
    const { observer, scheduler, scenario, dice } = this.#parts;
    const { reason, key: pendingKey, job, content } = JSON.parse(bytes.toString('utf8')) as Letter; // checked below
    const instance = this.#pending.instance(pendingKey);
    if (instance === undefined) {
      observer.onBroken(1, `the dead letter ${key} is about ${pendingKey}, which was never there`);
      return;
    }
    const { subject, putAt } = instance;
    const isWhole =
      job === undefined ? content?.base64 === instance.content.toString('base64') : job.jobId === subject;
    if (!isWhole)
      observer.onBroken(1, `the dead letter ${key} does not hold what it buries: ${bytes.toString()}`);
    if (!key.startsWith(`${this.#place.prefix}${reason}/`))
      observer.onBroken(7, `the dead letter ${key} is filed under another reason than its own, ${reason}`);
    observer.onBurial(subject, reason, putAt);
    this.#letters.set(key, { subject, reason });
    const times = this.#early.get(subject) ?? 0;
    if (job === undefined || times >= MAX_EARLY_REDRIVES || !dice.chance(scenario.bucket.redriveShare))
      return;
    this.#early.set(subject, times + 1);
    scheduler.schedule(dice.integer(1, EARLY_MS), 'serve', undefined, `redrive ${key} at once`, () => {
      if (this.#sendBack(key)) observer.onFault('redrive-before-delete');
    });
  }

  sendAllBack(): number {
    return [...this.#letters.keys()].filter((key) => this.#sendBack(key)).length;
  }

  /** Puts a new instance of the job in, with a nonce of its own, and only then removes the letter; what is no job goes back as it was. */
  #sendBack(key: string): boolean {
    const { cos, scheduler } = this.#parts;
    const { bucket } = this.#place;
    const object = cos.object(bucket, key);
    if (object === undefined) return false;
    const letter = JSON.parse(object.bytes.toString('utf8')) as Letter; // checked when it was stored
    const old = this.#pending.instance(letter.key);
    if (old === undefined) return false;
    this.#serial += 1;
    const now = Math.floor(scheduler.now);
    const { job } = letter;
    const prefix = letter.key.slice(0, letter.key.lastIndexOf('/') + 1);
    const newKey =
      job === undefined
        ? letter.key
        : prefix + instanceName({ ...job, redrivenAt: now }, `redriven-${this.#serial}`);
    const claims = { createdAt: job?.createdAt, firstSeenAt: job?.firstSeenAt };
    this.#pending.putBack({ ...old, ...claims, key: newKey, putAt: scheduler.now });
    cos.remove(bucket, key, scheduler.now);
    return true;
  }
}
