import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import { DEFAULT_RETRY_BUDGET } from '../../lib/cos/retry-budget.js';
import { hours, minutes, seconds } from '../../lib/domain/units.js';
import { parseKeyTemplate } from '../../lib/manifest/index.js';
import type { RunPolicy } from '../../lib/poller/run-policy.js';
import { DEFAULT_SCHEDULE } from '../../lib/poller/schedule.js';
import { MAX_ANSWER_BYTES } from '../../lib/doc-jobs/decode.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { inBucket, type BucketPlan } from './bucket/plan.js';
import { inCmq, QUIET_CMQ, type CmqPlan } from './cmq/plan.js';
import { Dice } from './core/dice.js';
import { EXCHANGE_FAULTS, type FaultPlan } from './world/faults.js';
import type { IdentityPlan } from './world/identity.js';
import { drawJobs, REGIONS, type Submission } from './world/job-plan.js';
import { drawLists, drawSweep, type ListPlan } from './world/list-plan.js';
import type { LatencyPlan } from './world/network.js';
import type { Closure } from './world/services.js';
import { inSqs, type SqsPlan } from './sqs/plan.js';
import type { TrueJob } from './world/true-job.js';

/**
 * How rough a seed is. `calm`: nothing fails, so that times can be bounded exactly. `kills`: runs are killed, and nothing else fails.
 * `storm`: all that can happen, in a mix of its own for each seed.
 */
export type Profile = 'calm' | 'kills' | 'storm';

/** The kinds of queue that can be simulated, each a world of its own. */
export type WorldName = 'sqs' | 'bucket' | 'cmq';

/** How the platform starts and ends runs. */
export interface PlatformPlan {
  readonly tickMs: number;
  readonly timeLimitMs: number;
  /** A tick finds so many runs at work at most; beyond it no run is started. */
  readonly maxRuns: number;
  readonly missShare: number;
  /** The share of ticks that start two runs at once. */
  readonly doubleShare: number;
  readonly killShare: number;
  /** How wrong the machine's clock is. */
  readonly skewMs: number;
  /** While the timer stands still. */
  readonly outage: { readonly from: number; readonly to: number } | undefined;
}

/** How COS behaves. */
export interface CosPlan {
  /** Listings show a change after so long at most. */
  readonly listingLagMs: number;
  /** The most objects in a page of a listing. */
  readonly pageSize: number;
  /** How wrong the clock of any of its machines is at most. */
  readonly clockErrorMs: number;
}

/** The queue that manifests are told of on, in a world that has one (of SQS, so far). */
export interface NoticePlan {
  readonly isOn: boolean;
  /** The share of calls that something befalls. */
  readonly faultRate: number;
}

export const NO_NOTICES: NoticePlan = { isOn: false, faultRate: 0 };

/** One seed's world, whole: the same seed gives the same. */
export interface Scenario {
  readonly seed: number;
  readonly profile: Profile;
  readonly policy: RunPolicy;
  readonly platform: PlatformPlan;
  readonly jobs: readonly TrueJob[];
  readonly submissions: readonly Submission[];
  readonly buckets: ReadonlyMap<string, string>;
  readonly latency: LatencyPlan;
  readonly faults: FaultPlan;
  readonly closures: readonly Closure[];
  readonly identity: IdentityPlan;
  readonly cos: CosPlan;
  readonly sqs: SqsPlan;
  readonly bucket: BucketPlan;
  readonly cmq: CmqPlan;
  readonly lists: ListPlan;
  readonly notices: NoticePlan;
  /** Until then things fail; later only what is closed for good stays so. */
  readonly calmFrom: number;
  /** Once the queue is empty, an operator sends all dead letters back, and what was closed is open by then. */
  readonly isRedriven: boolean;
}

/** What is closed "for good" is opened at this moment where an operator redrives: long after everything was given up. */
const OPENED_AT = START + hours(24 * 12);

/** How wrong the poller's clock can be without its knowing: the services correct it from a quarter of an hour on (COS, "RequestTimeTooSkewed"). */
export function unnoticedSkewMs({ platform: { skewMs } }: Scenario): number {
  return Math.abs(skewMs) <= 15 * 60_000 ? Math.abs(skewMs) : 2_000;
}

/** The scenario of a seed in a world. */
export function scenarioOf(seed: number, world: WorldName = 'sqs'): Scenario {
  const scenario = commonScenarioOf(seed);
  switch (world) {
    case 'sqs':
      return inSqs(scenario);
    case 'bucket':
      return inBucket({ ...scenario, notices: NO_NOTICES }, new Dice(seed).fork('bucket'));
    case 'cmq':
      return inCmq({ ...scenario, notices: NO_NOTICES }, new Dice(seed).fork('cmq'));
  }
}

/** The platform, with a time limit that leaves time for so many calls before the first look: a run that has less makes none, and says so each time. */
export function withTimeFor(calls: number, { platform, policy, latency }: Scenario): PlatformPlan {
  const least = 2 * policy.client.attemptTimeout + 4_000 + calls * 2 * latency.to;
  return { ...platform, timeLimitMs: Math.max(platform.timeLimitMs, least) };
}

/** What befalls a seed in any world; of its queue, what befalls SQS. */
function commonScenarioOf(seed: number): Scenario {
  const dice = new Dice(seed).fork('scenario');
  const draw = dice.random();
  const profile: Profile = draw < 0.15 ? 'calm' : draw < 0.3 ? 'kills' : 'storm';
  const isStorm = profile === 'storm';
  const calmFrom = START + (isStorm ? dice.integer(2, 12) * 60_000 : 0);
  const skewMs = isStorm ? drawSkew(dice) : 0;
  const isRedriven = dice.chance(0.15);
  // Dice of their own, so that all else stays as it is.
  const listDice = new Dice(seed).fork('lists');
  const policy = { ...drawPolicy(dice, profile), ...drawSweep(listDice) };
  const { jobs, submissions } = drawJobs(dice.fork('jobs'), {
    unknownJobGrace: policy.decisions.unknownJobGrace,
    isStorm,
  });
  const untilOpened = isRedriven ? OPENED_AT : Number.POSITIVE_INFINITY;
  return {
    seed,
    profile,
    policy,
    platform: drawPlatform(dice, profile, skewMs, policy.client.attemptTimeout),
    jobs,
    submissions,
    buckets: REGIONS,
    latency: drawLatency(dice, profile),
    faults: drawFaults(dice, isStorm, calmFrom),
    closures: [
      { bucket: 'closed-1250000000', family: 'ci', from: START, to: untilOpened },
      { bucket: 'sealed-1250000000', family: 'cos', from: START, to: untilOpened },
      ...(isStorm && dice.chance(0.3)
        ? [{ bucket: 'more-1250000000', family: 'ci', from: START, to: calmFrom } as const]
        : []),
      ...(isStorm && dice.chance(0.3)
        ? [{ bucket: 'out-1250000000', family: 'cos', from: START, to: calmFrom } as const]
        : []),
    ],
    identity: drawIdentity(dice, isStorm, calmFrom),
    sqs: {
      faultRate: isStorm && dice.chance(0.6) ? dice.pick([0.02, 0.1, 0.3]) : 0,
      until: calmFrom,
      maxReceiveCount: isStorm && dice.chance(0.1) ? dice.integer(3, 8) : 1_000,
      sampling: isStorm && dice.chance(0.5),
      repeatShare: isStorm && dice.chance(0.4) ? 0.1 : 0,
      undoneShare: isStorm && dice.chance(0.4) ? 0.1 : 0,
      retentionMs: hours(14 * 24),
    },
    bucket: { mischiefEveryMs: 0, redriveShare: 0 },
    cmq: QUIET_CMQ,
    lists: drawLists(listDice, isStorm),
    notices: drawNotices(new Dice(seed).fork('notices'), isStorm),
    cos: { listingLagMs: isStorm ? dice.pick([0, 2_000, 30_000]) : 0, pageSize: 1_000, clockErrorMs: 0 },
    calmFrom,
    isRedriven,
  };
}

function drawPolicy(dice: Dice, profile: Profile): RunPolicy {
  const isStorm = profile === 'storm';
  return {
    client: {
      endpoints: {},
      attemptTimeout: seconds(dice.pick([2, 5])),
      retries: dice.pick([3, 3, 0, 1]),
      backoff: DEFAULT_BACKOFF,
      retryBudget: isStorm && dice.chance(0.3) ? { share: 0.2, initial: 1 } : DEFAULT_RETRY_BUDGET,
      requestsPerSecond: isStorm ? dice.pick([5, 20, 50]) : 50,
      maxBodyBytes: MAX_ANSWER_BYTES,
    },
    decisions: {
      schedule: DEFAULT_SCHEDULE,
      maxAge: dice.pick([minutes(30), minutes(30), minutes(40), hours(3)]),
      unknownJobGrace: minutes(dice.pick([12, 20])),
    },
    source: SOURCE,
    isAllowedBucket: (bucket) => bucket.endsWith('-1250000000'),
    keyTemplate: parseKeyTemplate('manifests/${jobId}.json'),
    concurrency: isStorm ? dice.pick([1, 2, 4, 16]) : dice.pick([4, 16]),
    maxLeases: isStorm && dice.chance(0.2) ? dice.integer(1, 5) : 2_000,
    queueWait: seconds(dice.pick([0, 1, 1])),
  };
}

function drawPlatform(dice: Dice, profile: Profile, skewMs: number, attemptTimeout: number): PlatformPlan {
  const isStorm = profile === 'storm';
  const tickMs = dice.pick([60_000, 60_000, 20_000]);
  // The shortest that a run is not refused with, and more.
  const least = 2 * attemptTimeout + 4_000;
  return {
    tickMs,
    timeLimitMs: isStorm ? Math.max(least, dice.pick([15_000, 30_000, 60_000, 120_000])) : least + 30_000,
    maxRuns: isStorm ? dice.pick([1, 2, 3]) : 3,
    missShare: isStorm && dice.chance(0.3) ? 0.3 : 0,
    doubleShare: isStorm && dice.chance(0.3) ? 0.2 : 0,
    killShare: profile === 'calm' ? 0 : dice.pick(isStorm ? [0, 0.1, 0.4] : [0.3, 0.6]),
    skewMs,
    outage: undefined,
  };
}

function drawSkew(dice: Dice): number {
  const draw = dice.random();
  if (draw < 0.6) return dice.integer(-2_000, 2_000);
  const size = draw < 0.8 ? dice.integer(10_000, 4 * 60_000) : dice.integer(20 * 60_000, 3 * 3_600_000);
  return dice.chance(0.5) ? size : -size;
}

function drawLatency(dice: Dice, profile: Profile): LatencyPlan {
  if (profile !== 'storm') return { from: 3, to: 40, slowShare: 0, slowTimes: 2 };
  return dice.pick<LatencyPlan>([
    { from: 3, to: 40, slowShare: 0.02, slowTimes: 20 },
    { from: 20, to: 400, slowShare: 0.05, slowTimes: 10 },
    { from: 300, to: 1_500, slowShare: 0.05, slowTimes: 4 },
  ]);
}

/** A few kinds at a time, each seed its own, rather than a little of everything: that reaches further. */
function drawFaults(dice: Dice, isStorm: boolean, until: number): FaultPlan {
  const rate = isStorm && dice.chance(0.8) ? dice.pick([0.03, 0.1, 0.3, 0.6]) : 0;
  const share = dice.pick([0.15, 0.4, 1]);
  return { rate, until, kinds: EXCHANGE_FAULTS.filter(() => dice.chance(share)) };
}

function drawNotices(dice: Dice, isStorm: boolean): NoticePlan {
  const isOn = dice.chance(0.4);
  return { isOn, faultRate: isStorm && dice.chance(0.6) ? dice.pick([0.05, 0.2, 0.5]) : 0 };
}

function drawIdentity(dice: Dice, isStorm: boolean, calmFrom: number): IdentityPlan {
  const rotates = isStorm && dice.chance(0.3);
  const isBroken = isStorm && dice.chance(0.1);
  const from = dice.integer(START, calmFrom);
  return {
    rotatesEveryMs: rotates ? dice.pick([17_000, 60_000, 600_000]) : 0,
    overlapMs: dice.pick([0, 5_000]),
    broken: isBroken ? { from, to: Math.min(calmFrom, from + dice.integer(1_000, 120_000)) } : undefined,
  };
}
