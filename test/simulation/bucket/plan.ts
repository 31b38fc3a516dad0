import { START } from '../../support/virtual-clock.js';
import type { Dice } from '../core/dice.js';
import { withTimeFor, type Scenario } from '../scenario.js';

/** What befalls a queue in a bucket, beside what befalls every request to COS. */
export interface BucketPlan {
  /** Somebody does something to the checkpoint after so long at most, again and again until all is calm; 0: nobody does. */
  readonly mischiefEveryMs: number;
  /** The share of dead letters that an operator sends back the moment that they are there, while their pending objects are still to be removed. */
  readonly redriveShare: number;
}

/** What outsiders leave below the prefix, each the content of an object whose name is no job's. */
const STRAYS = ['Put pending jobs here.', '{"files":3}', '\u0000\u0001\ufffd', ''] as const;

/** From here on a page of a listing takes so long that a run has time for few. */
const SLOW_MS = 100;

/** Before its first look: the probe, the checkpoint, some pages of the listing, and what has to be signed anew because the clock was wrong. */
const CALLS_BEFORE_A_LOOK = 12;

/** The scenario with a bucket as its queue. `dice` are its own, so that all else stays as it is. */
export function inBucket(scenario: Scenario, dice: Dice): Scenario {
  const { profile, policy, submissions, latency } = scenario;
  const isStorm = profile === 'storm';
  // Few leases a run, so that long listings are gone through in turn; the storms have some of that themselves.
  const maxLeases = isStorm ? policy.maxLeases : dice.pick([2_000, 2_000, 5, 2]);
  const strays = isStorm ? dice.integer(0, 3) : dice.integer(0, 1);
  return {
    ...scenario,
    policy: { ...policy, maxLeases },
    platform: withTimeFor(CALLS_BEFORE_A_LOOK, scenario),
    submissions: [
      ...submissions,
      ...Array.from({ length: strays }, (_, index) => {
        const body = `${dice.pick(STRAYS)}${index}`;
        return { at: START + dice.integer(0, 180_000), delayMs: 0, body, subject: body };
      }),
    ],
    cos: {
      // Beyond a minute a listing is later than the adapter is made for: then the first look waits for the next look time.
      listingLagMs: dice.pick([0, 2_000, 30_000, 50_000, 240_000]),
      pageSize: latency.from < SLOW_MS ? dice.pick([1_000, 7, 3, 1]) : dice.pick([1_000, 7]),
      clockErrorMs: dice.pick([0, 400, 1_500]),
    },
    // No queue of this kind gives up by itself.
    sqs: { ...scenario.sqs, maxReceiveCount: 1_000 },
    bucket: {
      mischiefEveryMs: isStorm && dice.chance(0.5) ? dice.pick([15_000, 60_000, 180_000]) : 0,
      redriveShare: isStorm ? dice.pick([0, 0.3, 0.8]) : 0,
    },
  };
}
