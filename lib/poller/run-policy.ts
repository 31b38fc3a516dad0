import type { CosClientEffects, CosClientPolicy } from '../cos/client.js';
import type { BucketName, Region } from '../domain/names.js';
import type { EpochMs, Millis } from '../domain/units.js';
import type { KeyTemplate } from '../manifest/index.js';
import type { NoticeQueue } from '../notices/notice-queue.js';
import type { PendingQueue } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';
import type { DecisionPolicy } from './decide.js';
import type { SweepPolicy } from './sweep-plan.js';

/** How runs go; the same for every run of a deployment. */
export interface RunPolicy {
  readonly client: CosClientPolicy;
  readonly decisions: DecisionPolicy;
  /** The bucket that the probe asks about, and that bare job IDs belong to. */
  readonly source: { readonly bucket: BucketName; readonly region: Region };
  readonly isAllowedBucket: (bucket: BucketName) => boolean;
  readonly keyTemplate: KeyTemplate;
  /** Looks at a time. */
  readonly concurrency: number;
  /** Leases that one run takes at most, so that its memory does not grow with the backlog. */
  readonly maxLeases: number;
  /** How long to wait for a message when there seems to be none. */
  readonly queueWait: Millis;
  /**
   * Leaves out the probe before the first lease. For jobs that are in hand already: there is no lease to spare, and the first look finds out as
   * well what is wrong with our identity.
   */
  readonly withoutProbe?: boolean;
  /** How lists of jobs are made use of; without it every job is asked about singly. */
  readonly sweep?: SweepPolicy;
}

/** Everything that a run touches. */
export interface RunDeps extends CosClientEffects {
  readonly queue: PendingQueue;
  /** Where each manifest is told of before its job is acknowledged; none where nobody is told. */
  readonly notices?: NoticeQueue | undefined;
  readonly log: Log;
}

/** One run's limits. */
export interface RunLimits {
  /** The platform kills the run at this moment. */
  readonly deadline: EpochMs;
  /** Asks the run to stop early: leases go back, nothing is lost. */
  readonly signal?: AbortSignal;
}
