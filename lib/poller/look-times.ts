import { after, between, epochMs, type EpochMs } from '../domain/units.js';
import { delayBeforeNextLook, type SchedulePolicy } from './schedule.js';
import { nextWord, type SweepPolicy } from './sweep-plan.js';

/** What the look times of a waiting job depend on, all of it known wherever the job is seen. */
export interface Waiting {
  /** What chance is drawn from: the job's ID. */
  readonly seed: string;
  /** The submitter's claim of when the job was created. */
  readonly createdAt?: EpochMs | undefined;
  /** When a queue first saw the job. */
  readonly firstSeenAt: EpochMs;
  /** When this instance of it was put into the queue: its first look time. */
  readonly seenAt: EpochMs;
}

/**
 * The first look time after `since`, for queues that store no due time. Look times are a pure sequence: the first is `seenAt`, and each further one
 * follows by what {@link delayBeforeNextLook} gives for the job's age at that moment, with chance drawn from the seed. So whoever knows when the
 * last pass over all jobs was, knows which jobs have had a look time since.
 *
 * At the ceiling the sequence goes on as a grid whose points chance moves: its delays have the same bounds and the same mean, and it needs no steps, so
 * that a job of any age costs some thirty steps by the default schedule (and never more than looks are allowed to be many).
 */
export function nextLookTime(waiting: Waiting, since: EpochMs, policy: SchedulePolicy): EpochMs {
  const { createdAt, firstSeenAt, seenAt } = waiting;
  // As the decision has it: a claim that makes the job younger than its place in the queue is not believed.
  const bornAt = epochMs(Math.min(createdAt ?? firstSeenAt, firstSeenAt));
  const chance = chanceFrom(waiting.seed);
  let at = seenAt;
  // Stryker disable next-line AssignmentOperator: counting down draws other numbers, which are as good.
  for (let look = 0; at <= since; look += 1) {
    const age = between(bornAt, at);
    if (age * policy.share >= policy.ceiling) return nextOnGrid(at, since, chance, policy);
    at = after(at, delayBeforeNextLook(age, chance(look), policy));
  }
  return at;
}

/**
 * The first look time where lists are made use of: {@link nextLookTime}, or when the job must be heard of if that is sooner. Lists are asked by creation time, so a
 * job without one is asked about singly, and needs no word.
 */
export function nextLookOrWord(
  waiting: Waiting,
  since: EpochMs,
  schedule: SchedulePolicy,
  sweep: SweepPolicy | undefined,
): EpochMs {
  const look = nextLookTime(waiting, since, schedule);
  if (sweep === undefined || waiting.createdAt === undefined) return look;
  return epochMs(Math.min(look, nextWord(waiting.firstSeenAt, since, sweep)));
}

/**
 * The first moment after `since` on the grid that begins at `start`, which is at or before it. The points are the mean delay apart, `1 − jitter/2`
 * times the ceiling, and each is moved by at most a quarter of the jitter, so two neighbours are between `1 − jitter` and 1 ceilings apart.
 */
function nextOnGrid(
  start: EpochMs,
  since: EpochMs,
  chance: (look: number) => number,
  { ceiling, jitter }: SchedulePolicy,
): EpochMs {
  const step = ceiling * (1 - jitter / 2);
  const sway = (ceiling * jitter) / 2;
  const earliest = start - sway / 2;
  const pointAt = (index: number): EpochMs =>
    // Stryker disable next-line UnaryOperator: drawn from what the steps before the grid did not use; other numbers are as good.
    epochMs(Math.round(earliest + index * step + sway * chance(-index)));
  // At most half a sway early, so the last point that could lie before `since` is one or two back.
  let index = Math.max(1, Math.floor((since - start) / step) - 1);
  while (pointAt(index) <= since) index += 1;
  return pointAt(index);
}

/** Numbers in [0, 1) that depend on the seed and on which look it is, and on nothing else: FNV-1a of the seed, then the finaliser of MurmurHash3. */
function chanceFrom(seed: string): (look: number) => number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(seed)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (look) => {
    let mixed = hash ^ Math.imul(look, 0x9e3779b9);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
