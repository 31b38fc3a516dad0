import type { Clock } from '../../../lib/domain/effects.js';
import type { CosClientEffects } from '../../../lib/cos/client.js';
import type { EpochMs } from '../../../lib/domain/units.js';
import type { Log } from '../../../lib/telemetry/log.js';
import type { NoticeQueue } from '../../../lib/notices/notice-queue.js';
import type { DeadLetterReason, PendingQueue } from '../../../lib/queue/pending-queue.js';
import type { PromiseNumber } from '../checks/violations.js';
import type { Process } from '../core/process.js';

/** Why a job is in the dead letters: our reasons, or the queue's own redrive. */
export type BurialReason = DeadLetterReason | 'receive-limit';

/** What a queue's simulated service tells the checks. */
export interface QueueObserver {
  onBurial(subject: string, reason: BurialReason, firstSeenAt: number): void;
  /** A message was handed to a run, which nobody else gets before `hiddenUntil`. */
  onDelivery(process: Process, subject: string, hiddenUntil: number): void;
  onFault(kind: string): void;
  /** A notice of the job's manifest was accepted. */
  onNotice(jobId: string): void;
  /** A promise was broken, as only this queue's world can see. */
  onBroken(promise: PromiseNumber, what: string): void;
}

/** What an adapter is opened with, for one run. */
export interface RunEffects extends CosClientEffects {
  readonly clock: Clock;
  readonly log: Log;
  /** The end of the run, by its own clock. */
  readonly deadline: EpochMs;
}

/** A job that has ended and that the queue knows of, so that its manifest can be written. */
export interface Finishable {
  readonly subject: string;
  /** Since when. */
  readonly from: number;
  /** Its age then, by CI's word or, where CI has none, by the submitter's. */
  readonly ageMs: number;
}

/** Of which jobs a list was asked for: those of a bucket, created in a span of time. */
export interface ListedWindow {
  readonly bucket: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The semantics of one kind of queue as a world: the simulated service behind it, and the real adapter in front of it. A `subject` is what a message is about:
 * its job's ID, or the whole body where it holds none.
 */
export interface QueueWorld {
  /** Somebody puts a message in, and it is accepted. */
  submit(subject: string, body: string, delayMs: number): void;
  /** The real adapter, working through the effects of one run. */
  open(process: Process, effects: RunEffects): Promise<PendingQueue>;
  /** The real adapter for notices, in a scenario that has them. */
  openNotices?(process: Process, effects: RunEffects): NoticeQueue | undefined;
  /** Whether at least one message about the subject is in the queue, visible or not. */
  holds(subject: string): boolean;
  /** Why the subject is in the dead letters; empty when it is not there. */
  burials(subject: string): readonly BurialReason[];
  /** The earliest moment at which a message is due, or was; Infinity when the queue is empty. */
  earliestDue(): number;
  /** An operator sends all dead letters back. Returns how many. */
  redrive(): number;
  /** Promise 3, exactly, where nothing fails: how long after `from` a manifest is there. */
  stalenessBound(job: Finishable): number;
  /** A run asks CI about a job. */
  onLook?(jobId: string): void;
  /** CI answered with a page of a list. */
  onListed?(window: ListedWindow): void;
  /** A run has found that CI fails for a bucket, and asks about no further job of it. */
  onOutage?(process: Process, bucket: string): void;
  /** What else is worth reporting, each the most there ever was of it. */
  figures?(): Readonly<Record<string, number>>;
}
