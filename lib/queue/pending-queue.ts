import type { DocjobError } from '../domain/docjob-error.js';
import type { BucketName, JobId, Region } from '../domain/names.js';
import type { EpochMs, Millis } from '../domain/units.js';

/** A job ID that waits for its end, as a queue carries it. */
export interface PendingJob {
  readonly jobId: JobId;
  /** The source bucket, whose CI host answers for the job. */
  readonly bucket: BucketName;
  readonly region: Region;
  /** The CI queue, where the submitter knows it. */
  readonly queueId?: string;
  /** CI's `CreationTime` where the submitter knows it: a claim, not a fact. */
  readonly createdAt?: EpochMs;
  /** When the first queue saw the job, kept through copies: for queues that do not keep such a time themselves. */
  readonly firstSeenAt?: EpochMs;
  /** When an operator last sent the job back from the dead letters. */
  readonly redrivenAt?: EpochMs;
}

interface LeaseFacts {
  /** The adapter's name for this delivery, for logs. */
  readonly id: string;
  /** When the queue first saw the message: its own record where it keeps one. Giving up counts from here (or a later redrive). */
  readonly firstSeenAt: EpochMs;
  /** Nothing may be started for this lease from this moment on: the queue may have handed the message to another run. */
  readonly until: EpochMs;
  /** From a queue that `showsAll`, when asked for jobs that are not due as well ({@link LeaseRequest.early}). */
  readonly pass?: {
    readonly isDue: boolean;
    /** The last pass over all jobs, in which this one had its look if it was due, began then or later; the beginning of time where there was none. */
    readonly since: EpochMs;
  };
}

/** A leased message that holds a pending job. */
export interface JobLease extends LeaseFacts {
  readonly kind: 'job';
  readonly job: PendingJob;
}

/** A leased message that holds no job; it belongs into the dead letters, body and all. */
export interface RejectedLease extends LeaseFacts {
  readonly kind: 'not-a-job';
  /** What is wrong with the message and where. */
  readonly problem: string;
}

/** The right to work on one message until `until`. Adapters recognise their own leases; nobody else makes them. */
export type Lease = JobLease | RejectedLease;

/** Why a message ended in the dead letters. Stable, made for machines. */
export type DeadLetterReason =
  /** The message holds no job. */
  | 'not-a-job'
  /** The job's source bucket is not among the allowed ones. */
  | 'bucket-not-allowed'
  /** The job's output bucket is not among the allowed ones, so no manifest may be written there. */
  | 'output-not-allowed'
  /** CI still does not know the job after the grace time. */
  | 'unknown-job'
  /** The job had not ended at the maximum age. */
  | 'too-old'
  /** The job was in a state unknown to us at the maximum age. */
  | 'unknown-state'
  /** The last look at the maximum age failed. */
  | 'look-failed'
  /** The job ended, but its manifest could not be written up to the maximum age. */
  | 'manifest-failed'
  /** The job ended and its manifest is there, but the notice of it could not be sent up to the maximum age. */
  | 'notice-failed';

/** The last thing that went wrong, for whoever reads the dead letter. */
export interface LastError {
  readonly code: string;
  readonly message: string;
  readonly requestId?: string | undefined;
}

/** How a lease ends. */
export type Outcome =
  /** The message is acknowledged. Whatever relies on it was written before. */
  | { readonly kind: 'done' }
  /** The message comes back after `delay`; at once when it is zero. */
  | { readonly kind: 'look-again'; readonly delay: Millis }
  /** The message moves to the dead letters, and only then leaves the queue. */
  | {
      readonly kind: 'dead-letter';
      readonly reason: DeadLetterReason;
      readonly detail: string;
      readonly lastError?: LastError;
    };

/** A lease and how it ends. */
export interface Settlement {
  readonly lease: Lease;
  readonly outcome: Outcome;
}

/** What became of one settlement. A failed one leaves the message in the queue: it comes back when its lease ends. */
export type SettleResult =
  | { readonly settlement: Settlement; readonly ok: true }
  | { readonly settlement: Settlement; readonly ok: false; readonly error: DocjobError };

/** What became of one enqueued job. */
export type EnqueueResult =
  | { readonly job: PendingJob; readonly ok: true }
  | { readonly job: PendingJob; readonly ok: false; readonly error: DocjobError };

/** What an adapter can promise; the contract suite tests exactly what is declared. */
export interface QueueCapabilities {
  /** No two runs hold the same message at a time, as long as leases are respected. */
  readonly exclusiveLeases: boolean;
  /** A lease holds for as long as was asked for; where not, it holds for as long as the queue is set to, and no look may outlive it. */
  readonly leasesAsLongAsAsked: boolean;
  /** `look-again` is honoured to the second, up to `maxDelay`. */
  readonly exactDelays: boolean;
  /** Every pass over the queue shows all of its jobs, due or not, and can hand them out ({@link LeaseRequest.early}). */
  readonly showsAll: boolean;
  /** The longest delay that `look-again` and `enqueue` can be given; a longer one is shortened to it. */
  readonly maxLookAgainDelay: Millis;
  readonly maxEnqueueDelay: Millis;
}

/** How to lease. */
export interface LeaseRequest {
  /** How many leases at most, at least 1. The adapter may give fewer, and never gives more. */
  readonly max: number;
  /** The lease must hold until this moment at least: the end of the run. A queue that cannot say how long its leases last ignores it. */
  readonly holdUntil: EpochMs;
  /** How long to wait for a first message while there is none. */
  readonly wait: Millis;
  /**
   * Also hands out jobs that are not due, each saying so in its `pass`, if the queue `showsAll`. Such a lease need not be settled.
   */
  readonly early?: boolean;
  /** Aborts the asking, the wait included: `lease` rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The port to a queue of pending jobs. At least once: a message that was accepted comes out again and again until it is settled as `done` or
 * `dead-letter`.
 */
export interface PendingQueue {
  readonly capabilities: QueueCapabilities;
  /** Puts jobs in, each visible after `delay`. Reports each job by itself; throws only when nothing could be tried. */
  enqueue(jobs: readonly PendingJob[], delay: Millis): Promise<readonly EnqueueResult[]>;
  /** Takes messages that are due. Empty when there are none. Throws a DocjobError when the queue cannot be asked. */
  lease(request: LeaseRequest): Promise<readonly Lease[]>;
  /** Ends leases, in batches where the queue has them, and reports each by itself. Does not throw for the failure of one. */
  settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]>;
  /** The jobs that the queue holds, those of its dead letters among them. Only where a queue can be asked that. Throws a DocjobError where it fails. */
  held?(): Promise<ReadonlySet<JobId>>;
  /**
   * Ends the use of the queue: stores what the adapter wants to remember between runs, and releases connections. Leases that were not settled come
   * back when they end. Does not throw: what could not be stored costs calls, never a job.
   */
  close(): Promise<void>;
}
