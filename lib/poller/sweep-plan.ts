import { after, between, millis, minutes, seconds, type EpochMs, type Millis } from '../domain/units.js';

/** What lists are thought to cost and to be worth. */
export interface SweepPolicy {
  /** Entries that a page holds at most: {@link MAX_PAGE_SIZE}. */
  readonly pageSize: number;
  /** Calls that a list must be worth for each page that it costs; with 0 there are always lists. */
  readonly worth: number;
  /** So long after the queue first saw it CI must have said something about a job that lists of ended jobs do not show; again when the time has doubled. */
  readonly firstWord: Millis;
}

/**
 * Five minutes, the longest that a conversion takes (CI 1250/109275). No chance is in it, so that the jobs that were submitted together come together
 * again, and one page has a word about a hundred of them: in a backlog of three hours each job needs it five times, a twentieth of a call.
 */
export const DEFAULT_SWEEP: SweepPolicy = { pageSize: 100, worth: 1, firstWord: minutes(5) };

/** What the plan needs to know about a leased job. */
export interface SweepJob {
  /** When it was created, by its submitter's word: what lists are asked by, and nothing else. */
  readonly createdAt: EpochMs;
  readonly firstSeenAt: EpochMs;
  /** Whether its own schedule asks for a look now. */
  readonly isDue: boolean;
  /** Its last look was at this moment or later; undefined where nobody can say. */
  readonly lookedAt: EpochMs | undefined;
}

/** Jobs that one list is asked for, and how many pages it may cost. */
export interface SweepWindow<J extends SweepJob> {
  /** The oldest first; never empty. */
  readonly jobs: readonly J[];
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly maxPages: number;
}

/** Of so many jobs the submissions before them are judged. */
const SAMPLE = 100;

/** CI's times have whole seconds, so jobs of one burst can seem to be created all at once. */
const GRAIN: Millis = seconds(1);

/** A job this young has hardly been looked at, and has probably ended: conversions take seconds. */
const YOUNG: Millis = minutes(1);

/** What it is worth, in calls, to ask about a job whether or not a look is spared: it is found at the first tick after its end. */
const PUNCTUAL = 0.1;

/**
 * The windows of creation time in which to ask for jobs that have ended: for backlogs, where few of the leased jobs have ended since the last look. Entries
 * of jobs that were settled long ago are in these lists too, and a window ends where more than a page of them must be expected before the next job: so old,
 * stuck and paused jobs, alone among settled ones, hold no window open.
 *
 * @param jobs those that one list can speak of, the oldest first
 */
export function windowsOfEnded<J extends SweepJob>(
  jobs: readonly J[],
  now: EpochMs,
  policy: SweepPolicy,
): readonly SweepWindow<J>[] {
  return split(jobs, (job, index) => settledBefore(job, index, jobs), policy).flatMap((group) => {
    const pages = 1 + Math.floor(group.others / policy.pageSize);
    const words = group.jobs.filter((job) => isWordDue(job, now, policy)).length;
    const saved =
      sum(group.jobs, (job) => looksDue(job, now)) -
      Math.min(words, policy.worth * Math.ceil(words / policy.pageSize));
    const isCheaper = pages < Math.ceil(group.jobs.length / policy.pageSize);
    return isCheaper ? windowOf(group, pages, saved, policy) : [];
  });
}

/**
 * The windows in which to ask for jobs that have not ended: each that is there needs no look of its own. Leased jobs that are not wanted are in these lists
 * too, so a window ends where a page of them lies before the next one that is.
 *
 * @param jobs as for {@link windowsOfEnded}, less those that are known to have ended
 * @param looksOf how many looks a job is expected to need now if no list shows it; undefined for one that is not wanted
 */
export function windowsOfUnended<J extends SweepJob>(
  jobs: readonly J[],
  looksOf: (job: J) => number | undefined,
  policy: SweepPolicy,
): readonly SweepWindow<J>[] {
  const wanted: J[] = [];
  const othersBefore: number[] = [];
  let others = 0;
  for (const job of jobs) {
    if (looksOf(job) === undefined) others += 1;
    else {
      wanted.push(job);
      othersBefore.push(others);
      others = 0;
    }
  }
  return split(wanted, (_job, index) => othersBefore[index] ?? 0, policy).flatMap((group) => {
    const pages = Math.ceil((group.jobs.length + group.others) / policy.pageSize);
    const saved = sum(group.jobs, (job) => looksOf(job) ?? 0);
    return windowOf(group, pages, saved, policy);
  });
}

/** How many looks a list would spare: those that a job's own schedule asks for now, and that bring nothing. A job that has ended needs one in any case. */
export function looksDue({ isDue, firstSeenAt }: SweepJob, now: EpochMs): number {
  if (!isDue) return 0;
  return between(firstSeenAt, now) <= YOUNG ? 0 : 1;
}

/**
 * The first moment after `since` at which a job must be heard of, whatever lists say or do not say: its time in the queue passes a power of two times
 * {@link SweepPolicy.firstWord}. Absence from a list is no answer, so this bounds how long a job can be missing from one unnoticed: as long again.
 */
export function nextWord(firstSeenAt: EpochMs, since: EpochMs, { firstWord }: SweepPolicy): EpochMs {
  const waited = between(firstSeenAt, since);
  const doublings = waited < firstWord ? 0 : 1 + Math.floor(Math.log2(waited / firstWord));
  return after(firstSeenAt, millis(firstWord * 2 ** doublings));
}

/** Whether a job that no list shows as ended must be heard of by another way. Where the last look is not known, each look must bring a word. */
export function isWordDue({ firstSeenAt, lookedAt }: SweepJob, now: EpochMs, policy: SweepPolicy): boolean {
  return lookedAt === undefined || nextWord(firstSeenAt, lookedAt, policy) <= now;
}

/** How many settled jobs to expect between a job and the one before it, if they were submitted as densely as the jobs after them. */
function settledBefore(job: SweepJob, index: number, jobs: readonly SweepJob[]): number {
  const last = Math.min(index + SAMPLE, jobs.length - 1);
  const [previous, furthest] = [jobs[index - 1] ?? job, jobs[last] ?? job];
  const span = Math.max(GRAIN, between(job.createdAt, furthest.createdAt));
  const gap = between(previous.createdAt, job.createdAt);
  return Math.max(0, (gap * (last - index)) / span - 1);
}

interface Group<J> {
  readonly first: J;
  /** The first among them. */
  readonly jobs: readonly J[];
  /** Entries that are not wanted, between the first job and the last. */
  readonly others: number;
}

/** Splits where a list would cost a page or more to get to the next job. */
function split<J>(
  jobs: readonly J[],
  othersBefore: (job: J, index: number) => number,
  { pageSize }: SweepPolicy,
): readonly Group<J>[] {
  const groups: { first: J; jobs: J[]; others: number }[] = [];
  jobs.forEach((job, index) => {
    const others = othersBefore(job, index);
    const group = groups.at(-1);
    if (group === undefined || others >= pageSize) groups.push({ first: job, jobs: [job], others: 0 });
    else {
      group.jobs.push(job);
      group.others += others;
    }
  });
  return groups;
}

/** The window, unless a list of it is not worth its pages. What others submit to the same CI queue is not foreseen: twice the pages. */
function windowOf<J extends SweepJob>(
  { first, jobs }: Group<J>,
  pages: number,
  saved: number,
  { worth }: SweepPolicy,
): readonly SweepWindow<J>[] {
  if (saved + PUNCTUAL * jobs.length < worth * pages) return [];
  const last = jobs.at(-1) ?? first;
  return [
    { jobs, from: first.createdAt, to: last.createdAt, maxPages: Math.max(2 * pages, Math.floor(saved)) },
  ];
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}
