import { hours, millis, minutes } from '../../lib/domain/units.js';
import { START } from '../support/virtual-clock.js';
import { scenarioOf, type Scenario, type WorldName } from './scenario.js';
import type { TrueJob } from './world/true-job.js';

/** A calm seed, from which the rest of a tiny scenario is taken. */
const CALM_SEED =
  Array.from({ length: 1_000 }, (_, index) => index + 1).find(
    (seed) => scenarioOf(seed).profile === 'calm',
  ) ?? 1;

/** A job that ended before anybody asked; `changes` make it another. */
export function tinyJob(number: number, changes: Partial<TrueJob> = {}): TrueJob {
  const createdAt = START - 60_000;
  return {
    jobId: `d${number.toString(16).padStart(32, '0')}`,
    bucket: 'docs-1250000000',
    region: 'ap-beijing',
    kind: 'ordinary',
    createdAt,
    visibleAt: createdAt,
    vanishesAt: Number.POSITIVE_INFINITY,
    startsAt: createdAt + 1_000,
    endsAt: createdAt + 9_000,
    endsAs: 'Success',
    oddState: undefined,
    pause: undefined,
    saysWhenItEnded: true,
    pages: [1, 2].map((pageNo) => ({ pageNo, tgtUri: `p/${pageNo}.jpg`, inSheet: undefined })),
    pagesAtEnd: 2,
    filledAt: createdAt + 9_000,
    losesPagesAt: Number.POSITIVE_INFINITY,
    succeeded: 2,
    total: 2,
    failed: 0,
    sheets: null,
    output: { bucket: 'out-1250000000', region: 'ap-chongqing', object: 'p/${Number}.jpg' },
    code: 'Success',
    message: '',
    queueId: null,
    userData: null,
    inputObject: 'in.docx',
    stateFirst: false,
    ...changes,
  };
}

/**
 * A scenario small enough to try everything in it: nothing fails by chance, every message takes ten milliseconds, and each tick starts `runs` runs.
 * `deliversTwice` makes the queue hand out a message that somebody holds already, for the first minute.
 */
export function tinyScenario(
  jobs: readonly TrueJob[],
  about: {
    readonly runs: 1 | 2;
    readonly concurrency: number;
    readonly deliversTwice?: boolean;
    readonly tells?: boolean;
  },
  world: WorldName = 'sqs',
): Scenario {
  const calm = scenarioOf(CALM_SEED, world);
  return {
    ...calm,
    profile: 'kills',
    jobs,
    submissions: jobs.map(({ jobId, bucket, region }) => ({
      at: START,
      delayMs: 0,
      subject: jobId,
      body: JSON.stringify({ jobId, bucket, region }),
    })),
    policy: {
      ...calm.policy,
      // Without a pace: who waits for its turn has its time, and the order of the rest would be given.
      client: { ...calm.policy.client, requestsPerSecond: Number.POSITIVE_INFINITY },
      concurrency: about.concurrency,
      maxLeases: 100,
      queueWait: millis(0),
      // Short: orders are tried and kills planned in the first runs, and each further run that a job waits for is the same in all of them.
      decisions: { ...calm.policy.decisions, maxAge: minutes(4), unknownJobGrace: minutes(2) },
    },
    cos: { listingLagMs: 0, pageSize: 1_000, clockErrorMs: 0 },
    platform: {
      tickMs: 60_000,
      timeLimitMs: 30_000,
      maxRuns: about.runs,
      missShare: 0,
      doubleShare: about.runs - 1,
      killShare: 0,
      skewMs: 0,
      outage: undefined,
    },
    latency: { from: 10, to: 10, slowShare: 0, slowTimes: 2 },
    sqs: {
      faultRate: 0,
      until: START + 120_000,
      maxReceiveCount: 1_000,
      sampling: false,
      repeatShare: about.deliversTwice === true ? 1 : 0,
      undoneShare: 0,
      retentionMs: hours(14 * 24),
    },
    notices: { isOn: about.tells === true, faultRate: 0 },
    isRedriven: false,
  };
}
