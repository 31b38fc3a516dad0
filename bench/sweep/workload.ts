import { parseJobId, type JobId } from '../../lib/domain/names.js';
import { epochMs, minutes, seconds, type EpochMs, type Millis } from '../../lib/domain/units.js';

/** One document job, and what becomes of it. */
export interface ModelJob {
  readonly jobId: JobId;
  readonly createdAt: EpochMs;
  /** Infinitely late for a job that never ends. */
  readonly endsAt: number;
}

/** Documents that somebody submits, and what their conversions take. */
export interface Workload {
  readonly name: string;
  readonly jobs: number;
  /** Submitted a second. */
  readonly rate: number;
  readonly durations: readonly {
    readonly share: number;
    readonly median: Millis;
    readonly sigma: number;
    readonly longest: Millis;
    /** Whether it holds one of CI's places: what stands still elsewhere does not. */
    readonly holdsPlace: boolean;
  }[];
  /** The share of jobs that never end. Each holds a place for five minutes, after which CI gives a conversion up (CI 1250/109275). */
  readonly neverEnding: number;
}

/** CI runs so many jobs of a queue at a time (DescribeDocProcessQueues, `MaxConcurrent`). */
const PLACES = 10;

const TIME_OUT = minutes(5);

/** Midnight of a new year, an arbitrary start. */
export const START = epochMs(Date.UTC(2026, 0, 1));

const CONVERSION = { share: 1, median: seconds(8), sigma: 0.8, longest: TIME_OUT, holdsPlace: true };

export const BACKLOG: Workload = {
  name: 'backlog: 10,000 documents at 20 a second',
  jobs: 10_000,
  rate: 20,
  durations: [CONVERSION],
  neverEnding: 0.002,
};

const STEADY: Workload = {
  name: 'steady stream: 3,600 documents, one in two seconds',
  jobs: 3_600,
  rate: 0.5,
  durations: [CONVERSION],
  neverEnding: 0.002,
};

/** Nine of ten as ever; the tenth stands still first, in a paused queue or behind somebody else's backlog, for half an hour at the median. */
const LONG_TAILED: Workload = {
  name: 'long-tailed mix: the stream, one document in ten half an hour (σ 1.2, at most 12 h)',
  jobs: 3_600,
  rate: 0.5,
  durations: [
    { ...CONVERSION, share: 0.9 },
    { share: 0.1, median: minutes(30), sigma: 1.2, longest: minutes(720), holdsPlace: false },
  ],
  neverEnding: 0.002,
};

export const WORKLOADS = [BACKLOG, STEADY, LONG_TAILED] as const;

/** What becomes of the jobs of a workload: CI gives its places out in the order of submission. */
export function jobsOf(
  { jobs, rate, durations, neverEnding }: Workload,
  random: () => number,
): readonly ModelJob[] {
  const freeAt = new Array<number>(PLACES).fill(START);
  return Array.from({ length: jobs }, (_, index): ModelJob => {
    const createdAt = epochMs(START + Math.round((index * 1_000) / rate));
    const jobId = named(parseJobId(`d${index.toString(16).padStart(32, '0')}`));
    const kind = pick(durations, random());
    const duration = Math.min(kind.longest, kind.median * Math.exp(kind.sigma * normal(random)));
    const isEndless = random() < neverEnding;
    if (!kind.holdsPlace) return { jobId, createdAt, endsAt: isEndless ? Infinity : createdAt + duration };
    const place = freeAt.indexOf(Math.min(...freeAt));
    const startsAt = Math.max(createdAt, freeAt[place] ?? 0);
    freeAt[place] = startsAt + (isEndless ? TIME_OUT : duration);
    return { jobId, createdAt, endsAt: isEndless ? Infinity : Math.round(startsAt + duration) };
  });
}

function pick<T extends { readonly share: number }>(kinds: readonly T[], draw: number): T {
  let left = draw;
  const found = kinds.find(({ share }) => (left -= share) < 0) ?? kinds.at(-1);
  if (found === undefined) throw new Error('a workload has durations');
  return found;
}

/** What a parser must have taken, since the bench wrote it. */
export function named<T>(parsed: T | undefined): T {
  if (parsed === undefined) throw new Error('the bench gives a name that is none');
  return parsed;
}

/** Box and Muller's transform: a normal number from two uniform ones. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A tick a minute. */
export const TICK: Millis = minutes(1);
