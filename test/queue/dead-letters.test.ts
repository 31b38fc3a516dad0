import { describe, expect, test } from '@jest/globals';
import { epochMs } from '../../lib/domain/units.js';
import { redriven } from '../../lib/queue/dead-letters.js';
import { aPendingJob } from '../support/pending-jobs.js';

describe('a job that is sent back', () => {
  const [EARLIER, LATER, NOW] = [epochMs(1_000), epochMs(2_000), epochMs(3_000)];

  test.each([
    ['the job says', { firstSeenAt: EARLIER }, undefined, { firstSeenAt: EARLIER }],
    ['its letter says', {}, EARLIER, { firstSeenAt: EARLIER }],
    ['the job says, if that is earlier', { firstSeenAt: EARLIER }, LATER, { firstSeenAt: EARLIER }],
    ['its letter says, if that is earlier', { firstSeenAt: LATER }, EARLIER, { firstSeenAt: EARLIER }],
    ['nobody knows, if neither says', {}, undefined, {}],
  ])('was first seen when %s', (_what, job, firstSeenAt, seen) => {
    expect(redriven(aPendingJob(1, job), { firstSeenAt }, NOW)).toStrictEqual({
      ...aPendingJob(1),
      ...seen,
      redrivenAt: NOW,
    });
  });
});
