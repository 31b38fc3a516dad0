import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBucketName, parseRegion } from '../lib/domain/names.js';
import { after, epochMs, millis, minutes, seconds } from '../lib/domain/units.js';
import { createPoll } from '../lib/poll.js';
import { createSubmit } from '../lib/submit.js';
import type { JobScript } from '../local/ci/script.js';
import { startCloud } from '../local/cloud.js';
import { environmentOf } from '../local/environment.js';
import { seededRandom } from '../local/faults/seeded-random.js';
import { CountingClock } from './counting-clock.js';
import type { QueueWorld } from './queue-worlds.js';

/** The steady stream: a document every two seconds, so that CI's ten places are about half in use. */
const SPACING_MS = 2_000;

/** How long a conversion takes: log-normal around eight seconds, bounded by CI's own five minutes (CI 1250/109275). */
const MEDIAN_SECONDS = 8;
const SIGMA = 0.8;
const LONGEST_SECONDS = 300;

const TICK = minutes(1);
const TIMEOUT = seconds(60);

/** Midnight of a new year, an arbitrary start. */
const START = epochMs(Date.UTC(2026, 0, 1));

/** What a stream of jobs cost with one kind of queue. */
export interface CallCount {
  readonly queue: string;
  readonly jobs: number;
  /** Runs of the poll function that had jobs to wait for, and of the submit function. */
  readonly runs: { readonly poll: number; readonly submit: number };
  /** What the functions wrote to their logs, in bytes. */
  readonly logBytes: number;
  /** Requests by service and operation, probes included. */
  readonly calls: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * Counts the requests that a steady stream of jobs costs, from its submission to its last manifest: the real functions on the embedded cloud over
 * HTTP, in virtual time, a tick a minute. The documents of a tick are submitted in one call.
 */
export async function countCalls(world: QueueWorld, jobs: number, seed: number): Promise<CallCount> {
  const clock = new CountingClock(START);
  const random = seededRandom(seed);
  const root = await mkdtemp(join(tmpdir(), 'docjob-count-'));
  const cloud = await startCloud({ root, now: () => clock.now(), seed });
  const source = {
    bucket: named(parseBucketName('docs-1250000000')),
    region: named(parseRegion('ap-beijing')),
  };
  try {
    await cloud.control.createBucket(source.bucket, source.region);
    const queues = world.create(cloud, source);
    const urls = {
      queueUrl: queues['QUEUE_URL'] ?? '',
      deadLetterQueueUrl: queues['DEAD_LETTER_QUEUE_URL'] ?? '',
    };
    const env = { ...environmentOf(cloud, { ...urls, source }), ...SETTINGS, ...queues };
    let logBytes = 0;
    const writeLine = (line: string): void => {
      logBytes += Buffer.byteLength(line) + 1;
    };
    const effects = { clock, random, writeLine };
    const [poll, submit] = [createPoll(env, effects), createSubmit(env, effects)];
    const call = (requestId: string) => ({
      deadline: after(clock.now(), TIMEOUT),
      requestId,
      credentials: () => cloud.credentials.longLived,
    });

    const runs = { poll: 0, submit: 0 };
    let submitted = 0;
    while (submitted < jobs || (await world.size(cloud)) > 0) {
      clock.moveTo(after(START, millis(TICK * (runs.poll + 1))));
      cloud.sqs.advanced();
      cloud.cmq.advanced();
      const due = Math.min(jobs, Math.floor((clock.now() - START) / SPACING_MS));
      const objects: string[] = [];
      for (; submitted < due; submitted += 1) {
        const object = `in/${submitted}.docx`;
        await cloud.control.putObject(source.bucket, object, Buffer.from(object), script(random));
        objects.push(object);
      }
      runs.poll += 1;
      const platform = { kind: 'scf', functionName: 'poll' } as const;
      await poll({ ...call(`poll-${runs.poll}`), trigger: { kind: 'timer' }, platform });
      if (objects.length === 0) continue;
      runs.submit += 1;
      await submit({ ...call(`submit-${runs.submit}`), event: { objects } });
    }
    const queueCalls = world.calls(cloud);
    return {
      queue: world.name,
      jobs,
      runs,
      logBytes,
      calls: {
        ...cloud.control.statistics.counts,
        ...(Object.keys(queueCalls).length > 0 && { queue: queueCalls }),
      },
    };
  } finally {
    await cloud.close();
    await rm(root, { recursive: true, force: true });
  }
}

const SETTINGS = {
  // Ten pages to a document do for counting; nothing here depends on them.
  OUTPUT_OBJECT: 'pages/${object}/${Number}.jpg',
  QUEUE_WAIT_SECONDS: '0',
  REQUESTS_PER_SECOND: '10000',
};

function script(random: () => number): JobScript {
  // Box and Muller's transform: a normal number from two uniform ones.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const duration = Math.min(LONGEST_SECONDS, MEDIAN_SECONDS * Math.exp(SIGMA * normal));
  return { durationMs: Math.round(duration * 1_000), pages: 10 };
}

function named<T>(parsed: T | undefined): T {
  if (parsed === undefined) throw new Error('the bench names a bucket or region that is none');
  return parsed;
}
