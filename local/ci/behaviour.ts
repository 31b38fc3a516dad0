import type { TimeBounds } from './list-jobs.js';

/** What the documentation leaves open or says in two ways: a client has to be right either way. Can be changed at any time. */
export interface CiBehaviour {
  /** An unknown job: a 200 with `NonExistJobIds`, or a 404. No document shows either. */
  unknownJob: 'listed' | 'not-found';
  /** What jobs that wait in a paused queue are called: 436/121094 says `Pause`, other pages keep `Submitted`. */
  waitingInPausedQueue: 'Pause' | 'Submitted';
  listBounds: TimeBounds;
  /** Lists show the jobs as they were this long ago, as an index that lags does. */
  listLagMs: number;
  /** Whether a list without `queueId` is refused: older pages of the document require it. */
  listNeedsQueueId: boolean;
  /** Lists leave out each so-manieth job, in every answer; 0: none. */
  listSkipsEvery: number;
  /** A page begins with the entry that the page before it ended with. */
  listRepeats: boolean;
  /** Entries lack `DocProcessResult`. */
  listLacksResults: boolean;
}

/** The reading that is most likely. */
export const DEFAULT_CI_BEHAVIOUR: Readonly<CiBehaviour> = {
  unknownJob: 'listed',
  waitingInPausedQueue: 'Pause',
  listBounds: 'closed',
  listLagMs: 0,
  listNeedsQueueId: true,
  listSkipsEvery: 0,
  listRepeats: false,
  listLacksResults: false,
};
