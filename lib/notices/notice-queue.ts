import type { DocjobError } from '../domain/docjob-error.js';
import type { EpochMs } from '../domain/units.js';
import type { Notice } from './notice.js';

/** The port to the queue that notices go to. */
export interface NoticeQueue {
  /**
   * Sends notices, each at least once, and tells for each, in order, why it is not known to be there, or undefined where it is. No request outlives
   * `until`. Does not throw.
   */
  send(notices: readonly Notice[], until: EpochMs): Promise<readonly (DocjobError | undefined)[]>;
  /** Releases connections. Does not throw. */
  close(): Promise<void>;
}
