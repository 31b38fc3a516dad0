import { after, between, epochMs, millis, minutes, type EpochMs } from '../../lib/domain/units.js';
import { parseBucketName, parseRegion } from '../../lib/domain/names.js';
import { nextLookTime } from '../../lib/poller/look-times.js';
import { DEFAULT_SCHEDULE, delayBeforeNextLook } from '../../lib/poller/schedule.js';
import { Lists } from '../../lib/poller/lists.js';
import { leasesAtATime } from '../../lib/poller/budget.js';
import { sweep } from '../../lib/poller/sweep.js';
import { DEFAULT_SWEEP } from '../../lib/poller/sweep-plan.js';
import type { JobLease } from '../../lib/queue/pending-queue.js';
import type { Log } from '../../lib/telemetry/log.js';
import type { ModelCi } from './ci.js';
import { named, type ModelJob } from './workload.js';

/** Jobs that wait, and what a poller does about them at a tick. */
export interface Poller {
  readonly name: string;
  /** What it holds about a waiting job; `submit` makes it. */
  tick(waiting: Map<ModelJob, Waiting>, ci: ModelCi, now: EpochMs): Promise<TickResult>;
}

/** When a waiting job comes up again, for queues and pollers that store it. */
export interface Waiting {
  dueAt: EpochMs;
  looks: number;
}

/** Jobs found to have ended, in the order of being found, and requests beside those to CI. */
export interface TickResult {
  readonly finished: readonly ModelJob[];
  readonly queueCalls: number;
  readonly cosCalls: number;
}

const LOG: Log = { debug: none, info: none, warn: none, error: none };
function none(): void {
  // What runs log is not looked at.
}

const source = {
  bucket: named(parseBucketName('docs-1250000000')),
  region: named(parseRegion('ap-beijing')),
};

/** Asks about every job at every tick. */
export const EVERY_TICK: Poller = {
  name: 'every job, every tick',
  tick: (waiting, ci) => {
    const finished = [...waiting.keys()].filter((job) => ci.describe(job));
    return Promise.resolve({ finished, queueCalls: 0, cosCalls: 0 });
  },
};

/** The delay doubles with each look at a job, from a tick to half an hour. */
export const BACKOFF: Poller = singly('exponential backoff for each job', (_age, looks) =>
  Math.min(minutes(1) * 2 ** looks, minutes(30)),
);

/** docjob's own schedule, without lists. */
export const SCHEDULE: Poller = singly('docjob without the sweep', (age, _looks, random) =>
  delayBeforeNextLook(millis(age), random, DEFAULT_SCHEDULE),
);

/** Knows when a job ends. */
export const IDEAL: Poller = {
  name: 'ideal: one look, at the first tick after the end',
  tick: (waiting, ci, now) => {
    const finished = [...waiting.keys()].filter((job) => job.endsAt <= now && ci.describe(job));
    return Promise.resolve({ finished, queueCalls: 0, cosCalls: 0 });
  },
};

function singly(name: string, delay: (age: number, looks: number, random: number) => number): Poller {
  return {
    name,
    tick: (waiting, ci, now) => {
      const finished: ModelJob[] = [];
      for (const [job, state] of waiting) {
        if (state.dueAt > now) continue;
        if (ci.describe(job)) finished.push(job);
        else {
          const random = chance(job, state.looks);
          state.dueAt = after(now, millis(delay(now - job.createdAt, state.looks, random)));
          state.looks += 1;
        }
      }
      return Promise.resolve({ finished, queueCalls: 0, cosCalls: 0 });
    },
  };
}

/** docjob on the bucket queue: a listing shows all jobs. */
export function onBucket(): Poller {
  let since = epochMs(0);
  return {
    name: 'docjob on the bucket queue',
    tick: async (waiting, ci, now) => {
      const leases = [...waiting.keys()].map((job) => {
        const isNew = job.createdAt > since - minutes(1);
        const times = { createdAt: job.createdAt, firstSeenAt: job.createdAt, seenAt: job.createdAt };
        const isDue = isNew || nextLookTime({ seed: job.jobId, ...times }, since, DEFAULT_SCHEDULE) <= now;
        return leaseOf(job, { isDue, since: isNew ? epochMs(0) : since });
      });
      since = now;
      const finished: ModelJob[] = [];
      for (const lot of lotsOf(inOrderOfKeys(leases))) {
        for (const task of await tasksOf(lot, ci, now)) {
          const job = JOBS.get(task.lease);
          if (task.kind === 'look' && job !== undefined && ci.describe(job)) finished.push(job);
        }
      }
      // The checkpoint is read and written, the listing has a thousand keys a page, and each job that is done is deleted.
      const cosCalls = 2 + Math.max(1, Math.ceil(waiting.size / 1_000)) + finished.length;
      return { finished, queueCalls: 0, cosCalls };
    },
  };
}

/** As a listing has them: CI's job IDs, with which keys begin, say nothing of when their jobs were made. */
function inOrderOfKeys(leases: readonly JobLease[]): readonly JobLease[] {
  const places = new Map(leases.map((lease) => [lease, chance({ jobId: lease.job.jobId }, 0)]));
  return [...leases].sort((one, other) => (places.get(one) ?? 0) - (places.get(other) ?? 0));
}

/** A run takes so many leases before its next looks. */
function lotsOf(leases: readonly JobLease[]): readonly (readonly JobLease[])[] {
  const most = leasesAtATime({ showsAll: true, leasesAsLongAsAsked: true }, minutes(1), 50);
  return Array.from({ length: Math.ceil(leases.length / most) }, (_, index) =>
    leases.slice(index * most, (index + 1) * most),
  );
}

/** docjob on SQS, which hands out what is due, ten messages a call. */
export const ON_SQS: Poller = {
  name: 'docjob on SQS',
  tick: async (waiting, ci, now) => {
    const leases = [...waiting]
      .filter(([, { dueAt }]) => dueAt <= now)
      .slice(0, 2_000)
      .map(([job]) => leaseOf(job));
    const finished: ModelJob[] = [];
    let again = 0;
    for (const task of await tasksOf(leases, ci, now)) {
      const job = JOBS.get(task.lease);
      const state = job === undefined ? undefined : waiting.get(job);
      if (job === undefined || state === undefined) continue;
      if (task.kind === 'look' && ci.describe(job)) {
        finished.push(job);
        continue;
      }
      again += 1;
      const age = millis(between(job.createdAt, now));
      state.dueAt = after(now, delayBeforeNextLook(age, chance(job, state.looks), DEFAULT_SCHEDULE));
      state.looks += 1;
    }
    const batches = (count: number): number => Math.ceil(count / 10);
    const queueCalls = batches(leases.length) + 1 + batches(finished.length) + batches(again);
    return { finished, queueCalls, cosCalls: 0 };
  },
};

const JOBS = new WeakMap<object, ModelJob>();

function leaseOf(job: ModelJob, pass?: JobLease['pass']): JobLease {
  const lease: JobLease = {
    kind: 'job',
    id: job.jobId,
    firstSeenAt: job.createdAt,
    until: epochMs(Infinity),
    job: { jobId: job.jobId, ...source, createdAt: job.createdAt },
    ...(pass === undefined ? {} : { pass }),
  };
  JOBS.set(lease, job);
  return lease;
}

function tasksOf(leases: readonly JobLease[], ci: ModelCi, now: EpochMs) {
  const lists = new Lists(
    (_source, query) => Promise.resolve(ci.list(query)),
    DEFAULT_SWEEP.pageSize,
    LOG,
    none,
  );
  return sweep(leases, {
    lists,
    now: () => now,
    log: LOG,
    isAllowedBucket: () => true,
    policy: DEFAULT_SWEEP,
  });
}

/** A number in [0, 1) for each look at each job, the same in each run. */
function chance({ jobId }: Pick<ModelJob, 'jobId'>, looks: number): number {
  const mixed = Math.imul(
    Number.parseInt(jobId.slice(-8), 16) ^ Math.imul(looks + 1, 0x9e3779b9),
    0x85ebca6b,
  );
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}
