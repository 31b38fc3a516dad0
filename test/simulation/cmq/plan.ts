import { hours, millis, minutes } from '../../../lib/domain/units.js';
import { longestDelay } from '../../../lib/queue/cmq-times.js';
import { START } from '../../support/virtual-clock.js';
import type { Dice } from '../core/dice.js';
import { withTimeFor, type Scenario } from '../scenario.js';

/** How the simulated CMQ is set and behaves. */
export interface CmqPlan {
  /** The share of calls that something befalls, and until when. */
  readonly faultRate: number;
  readonly until: number;
  /** How long a message that was handed out stays hidden. */
  readonly visibilityMs: number;
  /** After so long without an acknowledgement the service drops a message. */
  readonly maxUnackedMs: number;
  /** What the documents leave open. */
  readonly failureStatus: number;
  readonly hasDates: boolean;
  readonly tellsNextVisibleTime: boolean;
  /**
   * The operator's rewind: once, when the timer runs again after an outage that was longer than `maxUnackedMs`. The queue is set back to `from`, which is when the outage
   * began, less `maxUnackedMs`: whatever was dropped during the outage was sent at most so long before it.
   */
  readonly rewind: { readonly at: number; readonly from: number } | undefined;
}

/** Nothing that is of use without CMQ. */
export const QUIET_CMQ: CmqPlan = {
  faultRate: 0,
  until: START,
  visibilityMs: 0,
  maxUnackedMs: 0,
  failureStatus: 200,
  hasDates: true,
  tellsNextVisibleTime: true,
  rewind: undefined,
};

/** What the deployment adds to the function's timeout (ADR 2, "What the deployment must set and check"). */
const VISIBILITY_MARGIN_MS = 10_000;

/** Before its first look: the probe, a receive, and what has to be signed anew because the clock was wrong. */
const CALLS_BEFORE_A_LOOK = 4;

/** A clock that is wrong by more than this needs the answers' `Date`: with neither, no lease can be trusted. */
const TRUSTED_SKEW_MS = 2_000;

/** The scenario with CMQ as its queue, set as ADR 2 demands. `dice` are its own, so that all else stays as it is. */
export function inCmq(scenario: Scenario, dice: Dice): Scenario {
  const { profile, policy, calmFrom } = scenario;
  const platform = withTimeFor(CALLS_BEFORE_A_LOOK, scenario);
  const isStorm = profile === 'storm';
  const hasOutage = profile !== 'calm' && dice.chance(0.25);
  // Few leases in a run, and many copies at once after a rewind, would take longer than the shortest time leaves.
  const isFrugal = policy.maxLeases < 100;
  const maxUnacked = isFrugal ? hours(12) : dice.pick([minutes(30), hours(2), hours(12)]);
  const outage = hasOutage ? drawOutage(maxUnacked, dice) : undefined;
  const { schedule } = policy.decisions;
  const ceiling = millis(Math.min(schedule.ceiling, longestDelay({ maxUnacked })));
  return {
    ...scenario,
    policy: { ...policy, decisions: { ...policy.decisions, schedule: { ...schedule, ceiling } } },
    platform: { ...platform, outage },
    // No policy of its own gives up here.
    sqs: { ...scenario.sqs, maxReceiveCount: 1_000 },
    cmq: {
      faultRate: isStorm && dice.chance(0.7) ? dice.pick([0.03, 0.1, 0.3]) : 0,
      until: calmFrom,
      visibilityMs: 1_000 * Math.ceil(platform.timeLimitMs / 1_000) + VISIBILITY_MARGIN_MS,
      maxUnackedMs: maxUnacked,
      failureStatus: dice.pick([200, 200, 400]),
      hasDates: Math.abs(platform.skewMs) > TRUSTED_SKEW_MS || dice.chance(0.7),
      tellsNextVisibleTime: dice.chance(0.8),
      rewind:
        outage === undefined
          ? undefined
          : { at: outage.to + dice.integer(1, 60) * 60_000, from: outage.from - maxUnacked },
    },
  };
}

/** The timer stands still for so long that whatever waits is dropped. */
function drawOutage(maxUnackedMs: number, dice: Dice): { readonly from: number; readonly to: number } {
  const from = START + dice.integer(0, 20) * 60_000;
  return { from, to: from + maxUnackedMs + dice.integer(1, 120) * 60_000 };
}
