import type { DocJob, JobFacts } from '../../lib/doc-jobs/doc-job.js';
import type { EpochMs } from '../../lib/domain/units.js';
import { aJobId } from '../support/pending-jobs.js';

/** A job in a state as lists and describes give it, with as little as there can be of the rest. */
export function aDocJob(number: number, state: DocJob['state'], endedAt?: EpochMs): DocJob {
  const facts: JobFacts = {
    jobId: aJobId(number),
    code: null,
    message: null,
    tag: null,
    queueId: null,
    inputObject: null,
    output: null,
    userData: null,
    creationTime: null,
    startTime: null,
    endTime: endedAt === undefined ? null : { iso: new Date(endedAt).toISOString(), at: endedAt },
  };
  switch (state) {
    case 'Success':
      return {
        ...facts,
        state,
        counts: { total: null, succeeded: null, failed: null, sheets: null },
        pages: [],
      };
    case 'Unrecognized':
      return { ...facts, state, reportedState: 'Exploded' };
    case 'Failed':
    case 'Cancel':
    case 'Submitted':
    case 'Running':
    case 'Pause':
      return { ...facts, state };
  }
}
