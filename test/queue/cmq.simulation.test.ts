import { describe, expect, test } from '@jest/globals';
import { between, hours, millis, minutes, seconds, after, type Millis } from '../../lib/domain/units.js';
import { openCmqQueue } from '../../lib/queue/cmq.js';
import { parseCmqDeadLetter } from '../../lib/queue/cmq-dead-letter.js';
import type { JobLease, Outcome, PendingQueue } from '../../lib/queue/pending-queue.js';
import { DEFAULT_SCHEDULE, delayBeforeNextLook } from '../../lib/poller/schedule.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { KeyRing } from '../../local/auth/key-ring.js';
import { createCmq, type CmqFault } from '../../local/cmq/index.js';
import { seededRandom } from '../../local/faults/seeded-random.js';
import { aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { inProcess } from './cmq-in-process.js';
import { cmqAddress } from './embedded-cmq.js';

const JOBS = 200;
const MAX_AGE = hours(24);
const VISIBILITY_SECONDS = 70;

interface World {
  /** How many messages each job has, of those that have any. */
  readonly live: () => ReadonlyMap<string, number>;
  readonly manifests: Set<string>;
  readonly deadLettered: () => ReadonlySet<string>;
  readonly random: () => number;
  readonly clock: VirtualClock;
  readonly openRun: () => PendingQueue;
  readonly dropped: () => number;
  /** What the adapters logged, from warnings up. */
  readonly warnings: string[];
}

/** Faults of every kind on the calls of every kind, each with the same chance. */
function faultsAt(rate: number, random: () => number): (action: string) => CmqFault | undefined {
  const chance = (faults: readonly CmqFault[]): CmqFault | undefined => faults[Math.floor(random() / rate)];
  const anywhere: CmqFault[] = [
    { kind: 'lose-answer' },
    { kind: 'lose-request' },
    { kind: 'refuse', as: 'Throttled' },
    { kind: 'refuse', as: 'Internal' },
  ];
  return (action) => {
    if (action === 'BatchReceiveMessage') return chance([...anywhere, { kind: 'deliver-twice' }]);
    if (action === 'BatchDeleteMessage') {
      return chance([...anywhere, { kind: 'partial', entries: [0, 2], as: 'DeleteFailed' }]);
    }
    return chance(anywhere);
  };
}

function build(seed: number, rate: number): World {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const keys = new KeyRing(() => clock.now());
  const cmq = createCmq({ now: () => clock.now(), keys });
  const set = { visibilityTimeout: VISIBILITY_SECONDS, msgRetentionSeconds: 43_200 };
  const queue = cmqAddress(cmq.control.createQueue('jobs', set));
  const deadLetters = cmqAddress(cmq.control.createQueue('dead', set));
  for (let n = 0; n < JOBS; n += 1) cmq.control.send('jobs', JSON.stringify(aPendingJob(n)));
  cmq.control.faults.chance = faultsAt(rate, random);
  const transport = inProcess(cmq);
  const warnings: string[] = [];
  const log = jsonLog({ level: 'warn', now: () => clock.now(), write: (line) => warnings.push(line) });
  return {
    random,
    warnings,
    clock,
    manifests: new Set(),
    deadLettered: () =>
      new Set(cmq.control.messages('dead').map(({ body }) => jobIdOf(parseCmqDeadLetter(body)?.body ?? ''))),
    dropped: () => cmq.control.dropped('jobs'),
    live: () => {
      const counts = new Map<string, number>();
      for (const { body } of cmq.control.messages('jobs')) {
        const jobId = jobIdOf(body);
        counts.set(jobId, (counts.get(jobId) ?? 0) + 1);
      }
      return counts;
    },
    openRun: () =>
      openCmqQueue(
        {
          queue,
          deadLetters,
          settings: { maxUnacked: hours(12), visibility: seconds(VISIBILITY_SECONDS) },
          defaults: SOURCE,
          requestTimeout: seconds(1),
        },
        {
          clock,
          random,
          transport,
          log,
          credentials: () => keys.longLived,
          deadline: after(clock.now(), minutes(1)),
        },
      ),
  };
}

const jobIdOf = (body: string): string => (JSON.parse(body) as { jobId: string }).jobId; // our own messages

async function leaseAll(queue: PendingQueue, { clock }: World): Promise<readonly JobLease[]> {
  const all: JobLease[] = [];
  for (;;) {
    const request = { max: 16, holdUntil: after(clock.now(), minutes(1)), wait: millis(0) };
    const some = await queue.lease(request).catch(() => []);
    if (some.length === 0) return all;
    for (const lease of some) if (lease.kind === 'job') all.push(lease);
  }
}

/** What a look brings: a job ends at an age of its own, an eighth of them never. */
function lookAt({ job, firstSeenAt }: JobLease, { clock, random, manifests }: World): Outcome {
  const number = Number.parseInt(job.jobId.slice(1), 16);
  const age = between(firstSeenAt, clock.now());
  const endsAt = number % 8 === 0 ? Infinity : (number / JOBS) * 0.9 * MAX_AGE;
  if (age >= endsAt) {
    manifests.add(job.jobId);
    return { kind: 'done' };
  }
  if (age >= MAX_AGE) return { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' };
  return { kind: 'look-again', delay: delayBeforeNextLook(age, random(), DEFAULT_SCHEDULE) };
}

async function finish(queue: PendingQueue, leases: readonly JobLease[], world: World): Promise<void> {
  for (let from = 0; from < leases.length; from += 10) {
    const batch = leases.slice(from, from + 10);
    // A run that is short of time hands back what it did not look at.
    const outcomeOf = (lease: JobLease): Outcome =>
      world.random() < 0.02 ? { kind: 'look-again', delay: millis(0) } : lookAt(lease, world);
    await queue.settle(batch.map((lease) => ({ lease, outcome: outcomeOf(lease) })));
  }
}

/** A run every minute: some are killed before they settle, some overlap with the next, some settle when their leases have ended. */
async function aMinute(world: World): Promise<void> {
  const { random, clock, openRun } = world;
  const startedAt = clock.now();
  const queue = openRun();
  const leases = await leaseAll(queue, world);
  const fate = random();
  if (fate < 0.05) {
    clock.advance(millis(minutes(1) - between(startedAt, clock.now())));
    return;
  }
  if (fate < 0.1) clock.advance(seconds(VISIBILITY_SECONDS));
  const other = openRun();
  const others = random() < 0.2 ? await leaseAll(other, world) : [];
  await finish(queue, leases, world);
  await finish(other, others, world);
  clock.advance(millis(Math.max(0, minutes(1) - between(startedAt, clock.now()))));
}

interface Course {
  /** The most live messages that a job ever had. */
  readonly most: number;
  /** Per job that was pending. */
  readonly mean: number;
  /** Jobs that at some time were nowhere: neither in the queue, nor done, nor dead-lettered. */
  readonly lost: readonly string[];
}

async function simulate(world: World, length: Millis): Promise<Course> {
  const until = after(world.clock.now(), length);
  const lost = new Set<string>();
  let most = 0;
  let sum = 0;
  let samples = 0;
  while (world.clock.now() < until) {
    for (let minute = 0; minute < 5; minute += 1) await aMinute(world);
    const live = world.live();
    const deadLettered = world.deadLettered();
    for (let n = 0; n < JOBS; n += 1) {
      const { jobId } = aPendingJob(n);
      if (world.manifests.has(jobId) || deadLettered.has(jobId)) continue;
      const copies = live.get(jobId) ?? 0;
      if (copies === 0) lost.add(jobId);
      most = Math.max(most, copies);
      sum += copies;
      samples += 1;
    }
  }
  return { most, mean: sum / samples, lost: [...lost] };
}

describe('copies of a job on CMQ, over some seventy looks at each', () => {
  /*
   * A run sends at most one successor for all the copies of a job that it holds, so there are never more than runs in the longest delay (30 here),
   * and far fewer in fact: copies that are due at the same run become one.
   */
  test.each([
    // One call in twenty-two fails, and one run in twenty is killed.
    { rate: 0.01, most: 6, mean: 1.3 },
    // One call in four or five.
    { rate: 0.05, most: 12, mean: 2.5 },
  ])(
    'stay few, and none is lost, with each kind of fault at $rate',
    async ({ rate, ...bounds }) => {
      const world = build(1, rate);
      const { lost, most, mean } = await simulate(world, hours(28));
      expect(lost).toEqual([]);
      expect(most).toBeLessThanOrEqual(bounds.most);
      expect(mean).toBeLessThanOrEqual(bounds.mean);
      // Once all is quiet every job has an outcome, no copy is left, and the service never had to drop one.
      expect(world.manifests.size).toBe((JOBS * 7) / 8);
      expect(world.deadLettered().size).toBe(JOBS / 8);
      expect(world.live().size).toBe(0);
      expect(world.dropped()).toBe(0);
      // Nor did any message come near it: a queue that is looked after is never said to fall behind.
      expect(world.warnings).toEqual([]);
    },
    120_000,
  );
});
