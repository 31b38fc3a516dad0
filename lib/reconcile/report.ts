import type { EndedJob } from '../doc-jobs/doc-job.js';
import type { BucketName, JobId, Region } from '../domain/names.js';

/** A job that has ended a while ago, and that nobody seems to look after. Times in RFC 3339. */
export interface MissingJob {
  readonly jobId: JobId;
  readonly bucket: BucketName;
  readonly region: Region;
  readonly state: EndedJob['state'];
  readonly createdAt?: string;
  readonly endedAt?: string;
}

/** A job that could not be put into the queue. */
export interface NotEnqueued {
  readonly jobId: JobId;
  readonly code: string;
  readonly message: string;
}

/** What going through CI's list brought. Every job of it is counted once in `jobs`. */
export interface ReconcileReport {
  readonly jobs: {
    /** Its manifest is there. */
    readonly manifest: number;
    /** It ended a while ago, and has no manifest. */
    readonly missing: number;
    /** It ended too lately to tell. */
    readonly recent: number;
    readonly unended: number;
    /** The queue holds it, or its dead letter. */
    readonly held: number;
    /** The caller said to leave it alone. */
    readonly excepted: number;
    /** Its manifest would go into a bucket that is not allowed. */
    readonly 'output-not-allowed': number;
    /** Its entry in the list could not be decoded. */
    readonly unreadable: number;
    /** Whether it has a manifest could not be found out. */
    readonly unchecked: number;
  };
  /** The missing ones by name, 2,000 at most. */
  readonly missing: readonly MissingJob[];
  /** How many of them were put into the queue; null where that was not asked for. */
  readonly enqueued: number | null;
  readonly notEnqueued: readonly NotEnqueued[];
  /** Whether the queue could be asked what it holds. */
  readonly isQueueKnown: boolean;
  readonly pages: number;
  /** Whether the time was up before the list was over. */
  readonly isWhole: boolean;
  /** Where to go on then, in RFC 3339; null where the list was whole, or not in the order that was asked for. */
  readonly resumeFrom: string | null;
}
