import type { DocJob, EndedJob } from '../doc-jobs/doc-job.js';
import type { Disposition } from '../domain/docjob-error.js';
import type { CallCounts } from '../cos/client.js';
import type { Millis } from '../domain/units.js';
import type { DeadLetterReason } from '../queue/pending-queue.js';

/** Why a run took no further leases. */
export type StopReason =
  /** The queue had nothing due. */
  | 'queue-empty'
  /** Another look would not have fitted into the run's time. */
  | 'out-of-time'
  /** The run had taken as many leases as it may. */
  | 'lease-limit'
  /** The service asked for fewer requests before the first lease, or refused several looks in a row for it. */
  | 'throttled'
  /** The service failed several looks in a row, wherever it was asked. */
  | 'service-down'
  /** The caller asked the run to stop. */
  | 'aborted'
  /** Something that concerns every job is wrong; the run throws after settling. */
  | 'failed';

/** A job whose manifest is there. */
export interface FinishedJob {
  readonly state: EndedJob['state'];
  /** False when pages that CI counted are missing from it. */
  readonly complete: boolean;
}

/** What one run did. Every lease is in exactly one of finished, waiting, returned and deadLettered, or in unsettled beside it. */
export interface RunReport {
  readonly leased: number;
  /** Jobs that are acknowledged and whose manifest is there, by the state that they ended in. */
  readonly finished: Readonly<Partial<Record<EndedJob['state'], number>>>;
  /** Of these, manifests with pages missing (`complete: false`). */
  readonly incomplete: number;
  /** Due again later: looked at, or held back because their bucket is closed or fails. */
  readonly waiting: number;
  /** Leased but not looked at, and handed back. */
  readonly returned: number;
  readonly deadLettered: Readonly<Partial<Record<DeadLetterReason, number>>>;
  /** Leases whose settlement failed: the queue hands them out again. */
  readonly unsettled: number;
  /** Looks and lists that failed, by what their error meant. */
  readonly errors: Readonly<Partial<Record<Disposition, number>>>;
  /** What CI answered, by state; `Missing` where it knew no such job. */
  readonly states: Readonly<Partial<Record<DocJob['state'] | 'Missing', number>>>;
  /** How long ago the queue first saw the oldest job of this run; null when there was none. */
  readonly oldestAgeMs: Millis | null;
  /** The longest time between a job's end and its manifest, of those that this run wrote; null when there was none whose end CI told. */
  readonly stalestManifestMs: Millis | null;
  readonly calls: CallCounts;
  readonly durationMs: Millis;
  readonly stopped: StopReason;
}
