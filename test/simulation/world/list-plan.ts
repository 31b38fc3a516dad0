import { minutes } from '../../../lib/domain/units.js';
import type { RunPolicy } from '../../../lib/poller/run-policy.js';
import type { Dice } from '../core/dice.js';

/** How CI's lists of jobs fall short of the truth. */
export interface ListPlan {
  /** They show the jobs as they were this long ago. */
  readonly lagMs: number;
  /** Of so many jobs one is never shown; 0: all are. */
  readonly hidesEvery: number;
  /** A page begins with the entry that the page before it ended with. */
  readonly repeats: boolean;
  /** The share of entries that one page leaves out and another one shows. */
  readonly skipShare: number;
  /** Entries lack `DocProcessResult`. */
  readonly lacksResults: boolean;
  /** A list without `queueId` is refused. */
  readonly needsQueueId: boolean;
}

/** Lists that fall short in few ways at a time; where nothing else fails they are late in nothing, so that times can be bounded. */
export function drawLists(dice: Dice, isStorm: boolean): ListPlan {
  return {
    lagMs: isStorm ? dice.pick([0, 0, 5_000, 120_000]) : 0,
    hidesEvery: dice.pick([0, 0, 3, 1]),
    repeats: dice.chance(0.3),
    skipShare: isStorm && dice.chance(0.3) ? 0.3 : 0,
    lacksResults: dice.chance(0.3),
    needsQueueId: dice.chance(0.3),
  };
}

/** Small pages, that a few jobs be a backlog, and lists that need not be worth what they cost. */
export function drawSweep(dice: Dice): Pick<RunPolicy, 'sweep'> {
  if (dice.chance(0.25)) return {};
  return {
    sweep: {
      pageSize: dice.pick([1, 2, 2, 3, 100]),
      worth: dice.pick([0, 0, 0.1, 1]),
      firstWord: minutes(dice.pick([1, 5])),
    },
  };
}

/** Whether no list ever shows the job. */
export function isHidden({ hidesEvery }: ListPlan, jobId: string): boolean {
  return (
    hidesEvery > 0 && Number.parseInt(jobId.replaceAll(/\D/g, '').slice(-4) || '0', 10) % hidesEvery === 0
  );
}
