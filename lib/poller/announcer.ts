import type { DocjobError } from '../domain/docjob-error.js';
import { after, epochMs, seconds, type EpochMs, type Millis } from '../domain/units.js';
import type { Notice } from '../notices/notice.js';
import type { NoticeQueue } from '../notices/notice-queue.js';
import type { Lease, Outcome } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';
import { lookUntil, type RunBudget } from './budget.js';
import type { Tally } from './tally.js';

/** That a manifest is there, to be told before its job's lease is acknowledged. */
export interface Announcement {
  readonly notice: Notice;
  /** How the lease ends where the notice could not be sent. */
  readonly ifUnsent: (error: DocjobError) => Outcome;
}

/** A lease and what is to be told before it is acknowledged. */
export interface Announced {
  readonly lease: Lease;
  readonly announcement: Announcement;
}

/** What telling depends on. */
export interface AnnouncerDeps {
  readonly notices: NoticeQueue;
  readonly log: Log;
  readonly tally: Tally;
}

/** What sending may take of the time to settle ({@link SETTLE_TIME}), which leaves an acknowledgement its own. */
const NOTICE_TIME: Millis = seconds(1);

/** So many batches in a row of which no notice was taken are an outage; each was tried several times. */
const FAILURES_IN_A_ROW = 3;

/**
 * Tells of manifests. Where the queue for notices refuses us, or fails time after time, nothing more is sent in this run: it is told once, the manifests are
 * written all the same, and their jobs come round again.
 */
export class Announcer {
  readonly #deps: AnnouncerDeps;
  readonly #budget: RunBudget;
  #failures = 0;
  #closedBy: DocjobError | undefined;

  constructor(deps: AnnouncerDeps, budget: RunBudget) {
    this.#deps = deps;
    this.#budget = budget;
  }

  /** Sends notices. Tells for each, in order, what kept it from being sent, or undefined. Does not throw. */
  async send(announced: readonly Announced[]): Promise<readonly (DocjobError | undefined)[]> {
    const { notices, tally } = this.#deps;
    const closedBy = this.#closedBy;
    const errors =
      closedBy === undefined
        ? await notices.send(
            announced.map(({ announcement }) => announcement.notice),
            this.#until(announced),
          )
        : announced.map(() => closedBy);
    this.#failures = errors.includes(undefined) ? 0 : this.#failures + 1;
    for (const [index, { announcement }] of announced.entries()) {
      const error = errors[index];
      if (error === undefined) tally.succeeded('send-notice');
      else {
        tally.failed('send-notice', error);
        if (closedBy === undefined) this.#failed(error, announcement.notice);
      }
    }
    return errors;
  }

  /** A second after the last look of these leases might have ended. */
  #until(announced: readonly Announced[]): EpochMs {
    const ends = announced.map(({ lease }) => lookUntil(lease.until, this.#budget));
    return after(epochMs(Math.min(...ends)), NOTICE_TIME);
  }

  #failed(error: DocjobError, { jobId }: Notice): void {
    const { code, message, requestId, disposition } = error;
    if (disposition === 'configuration' || disposition === 'credentials') {
      this.#hold(error);
      return;
    }
    this.#deps.log.warn('notice-failed', { jobId, code, message, requestId });
    if (this.#failures >= FAILURES_IN_A_ROW) this.#hold(error);
  }

  #hold(error: DocjobError): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = error;
    const { code, message, requestId } = error;
    this.#deps.log.error('notices-held-back', { code, message, requestId });
  }
}
