import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CosClient } from '../../lib/cos/client.js';
import { createDocProcessJob } from '../../lib/doc-jobs/create.js';
import type { JobId } from '../../lib/domain/names.js';
import { after, epochMs, hours, millis, minutes, seconds, type EpochMs } from '../../lib/domain/units.js';
import { parseKeyTemplate } from '../../lib/manifest/index.js';
import { nextLookOrWord } from '../../lib/poller/look-times.js';
import type { RunReport } from '../../lib/poller/report.js';
import { run } from '../../lib/poller/run.js';
import type { RunPolicy } from '../../lib/poller/run-policy.js';
import { DEFAULT_SCHEDULE } from '../../lib/poller/schedule.js';
import { DEFAULT_SWEEP } from '../../lib/poller/sweep-plan.js';
import type { NextLook } from '../../lib/queue/bucket-reader.js';
import type { PendingJob } from '../../lib/queue/pending-queue.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import type { JobScript } from '../../local/ci/script.js';
import { assertValidManifest } from '../manifest/assert-valid-manifest.js';
import { EmbeddedBucket } from '../queue/embedded-bucket.js';
import { SOURCE } from '../support/pending-jobs.js';

let embedded: EmbeddedBucket;

beforeEach(async () => {
  embedded = await EmbeddedBucket.start();
});

afterEach(() => embedded.close());

/** Submits jobs, `changes` of which their messages claim. */
async function submit(
  scripts: readonly JobScript[],
  changes: (job: PendingJob) => PendingJob = (job) => job,
): Promise<readonly JobId[]> {
  const { clock, transport, credentials, random, log } = embedded.effects;
  const bounds = { deadline: after(clock.now(), minutes(1)), signal: new AbortController().signal };
  const client = new CosClient(embedded.clientPolicy, { clock, transport, credentials, random }, bounds);
  const queueId = embedded.cloud.control.queueIdOf(SOURCE.bucket);
  const jobs: PendingJob[] = [];
  for (const [index, script] of scripts.entries()) {
    const object = `${clock.now()}-${index}.docx`;
    await embedded.cloud.control.putObject(SOURCE.bucket, object, Buffer.from(object), script);
    const output = { ...SOURCE, object: `out/${object}/\${Number}.png` };
    const { jobId } = await createDocProcessJob(client, SOURCE, { object, output, targetType: 'png' });
    jobs.push(changes({ jobId, ...SOURCE, queueId, createdAt: clock.now() }));
  }
  const queue = embedded.open({}, { log });
  expect((await queue.enqueue(jobs, millis(0))).every(({ ok }) => ok)).toBe(true);
  await queue.close();
  return jobs.map(({ jobId }) => jobId);
}

async function poll(changes: Partial<RunPolicy> = {}): Promise<RunReport> {
  const { clock, transport, credentials, random } = embedded.effects;
  const policy: RunPolicy = {
    client: embedded.clientPolicy,
    decisions: { schedule: DEFAULT_SCHEDULE, maxAge: hours(3), unknownJobGrace: minutes(30) },
    source: SOURCE,
    isAllowedBucket: () => true,
    keyTemplate: parseKeyTemplate('manifests/${jobId}.json'),
    concurrency: 8,
    maxLeases: 1_000,
    queueWait: millis(0),
    sweep: SMALL_PAGES,
    ...changes,
  };
  const log = jsonLog({ level: 'info', now: () => clock.now(), write: (line) => embedded.lines.push(line) });
  const nextLook: NextLook = (waiting, since) =>
    nextLookOrWord(waiting, since, DEFAULT_SCHEDULE, policy.sweep);
  const queue = embedded.open({ nextLook });
  try {
    return await run(
      policy,
      { clock, transport, credentials, random, log, queue },
      { deadline: after(clock.now(), minutes(1)) },
    );
  } finally {
    await queue.close();
  }
}

/** Ticks by the minute until nothing is pending, or so many times. */
async function pollFor(ticks: number, changes: Partial<RunPolicy> = {}): Promise<number> {
  for (let tick = 1; tick <= ticks; tick += 1) {
    embedded.clock.advance(minutes(1));
    await poll(changes);
    if ((await embedded.names()).length === 0) return tick;
  }
  return ticks;
}

const calls = (operation: 'DescribeDocProcessJob' | 'DescribeDocProcessJobs'): number =>
  embedded.cloud.control.statistics.counts['ci']?.[operation] ?? 0;

const looksAt = (jobId: JobId): number => embedded.cloud.control.statistics.callsFor(jobId);

async function expectManifests(jobIds: readonly JobId[]): Promise<void> {
  for (const jobId of jobIds) {
    const manifest = await embedded.cloud.control.readObject(SOURCE.bucket, `manifests/${jobId}.json`);
    assertValidManifest(String(manifest));
    expect(JSON.parse(String(manifest))).toMatchObject({ complete: true, pages: [{}, {}] });
  }
}

/** Ten run at a time, so a minute ends thirty of them. */
const backlog = (count: number): readonly JobScript[] =>
  Array.from({ length: count }, () => ({ durationMs: seconds(20), pages: 2 }));

/** Two small pages of jobs, of which a minute ends ten: what they show of lists, more jobs would not show better. */
const smallBacklog = (): readonly JobScript[] =>
  Array.from({ length: 40 }, () => ({ durationMs: minutes(1), pages: 2 }));
const SMALL_PAGES = { ...DEFAULT_SWEEP, pageSize: 20 };

test('a backlog costs about one look at each job, and each is found at the first tick after its end', async () => {
  const jobIds = await submit(backlog(110));
  const ticks = await pollFor(20, { sweep: DEFAULT_SWEEP });
  expect(ticks).toBe(4);
  await expectManifests(jobIds);
  const probes = ticks;
  expect(calls('DescribeDocProcessJob') - probes).toBeLessThanOrEqual(1.05 * jobIds.length);
  expect(calls('DescribeDocProcessJobs')).toBeLessThanOrEqual(0.1 * jobIds.length);
  expect(embedded.lines.join('\n')).toMatch(/"event":"swept".*"jobs":110/);
});

test('a few jobs are asked about singly, as without lists', async () => {
  const jobIds = await submit(backlog(5));
  await pollFor(3);
  await expectManifests(jobIds);
  expect(calls('DescribeDocProcessJobs')).toBe(0);
});

test('jobs without a creation time are asked about singly', async () => {
  await submit(smallBacklog(), ({ jobId, bucket, region }) => ({ jobId, bucket, region }));
  await pollFor(6);
  expect(await embedded.names()).toEqual([]);
  expect(calls('DescribeDocProcessJobs')).toBe(0);
});

test('nothing is asked of a bucket that is not allowed', async () => {
  await submit(backlog(20));
  await pollFor(1, { isAllowedBucket: () => false });
  expect(calls('DescribeDocProcessJobs')).toBe(0);
  expect(await embedded.deadLetters()).toHaveLength(20);
});

describe('a list that', () => {
  test.each([
    ['lags by two minutes', (): void => void (embedded.cloud.control.behaviour.listLagMs = minutes(2)), 1.6],
    ['repeats entries', (): void => void (embedded.cloud.control.behaviour.listRepeats = true), 1.1],
    [
      'lacks DocProcessResult',
      (): void => void (embedded.cloud.control.behaviour.listLacksResults = true),
      1.1,
    ],
    [
      'takes its bounds for open ones',
      (): void => void (embedded.cloud.control.behaviour.listBounds = 'open'),
      1.1,
    ],
  ])('%s leads to the same manifests', async (_name, spoil, most) => {
    spoil();
    const jobIds = await submit(smallBacklog());
    await pollFor(20);
    expect(await embedded.names()).toEqual([]);
    await expectManifests(jobIds);
    expect(calls('DescribeDocProcessJob')).toBeLessThanOrEqual(most * jobIds.length + 10);
  });

  test('never shows some jobs leaves them to words of their own, at five minutes and whenever their age has doubled', async () => {
    embedded.cloud.control.behaviour.listSkipsEvery = 3;
    const jobIds = await submit(smallBacklog());
    await pollFor(11);
    expect(await embedded.names()).toEqual([]);
    await expectManifests(jobIds);
  });

  test('is refused is asked for once a run, says so, and its jobs are asked about singly', async () => {
    const jobIds = await submit(smallBacklog(), ({ jobId, bucket, region, createdAt }) => ({
      jobId,
      bucket,
      region,
      ...(createdAt === undefined ? {} : { createdAt }),
    }));
    const ticks = await pollFor(10);
    expect(await embedded.names()).toEqual([]);
    await expectManifests(jobIds);
    expect(calls('DescribeDocProcessJobs')).toBeLessThanOrEqual(ticks);
    expect(embedded.lines.join('\n')).toMatch(/"event":"list-failed".*queueId is missing/);
  });

  test('is not read is asked for with fewer entries', async () => {
    const jobIds = await submit(smallBacklog().map(() => ({ durationMs: seconds(1), pages: 2 })));
    const { clientPolicy } = embedded;
    await pollFor(1, { client: { ...clientPolicy, retries: 0, maxBodyBytes: 8_000 } });
    expect(embedded.lines.join('\n')).toMatch(/"event":"list-failed".*larger than 8000 bytes/);
    expect(await embedded.names()).toEqual([]);
    await expectManifests(jobIds);
  });
});

test('a job that lists show as unended is asked about before it is given up', async () => {
  const jobIds = await submit(Array.from({ length: 30 }, () => ({ ends: 'never' }) as const));
  for (let tick = 0; tick < 42; tick += 1) {
    embedded.clock.advance(minutes(1));
    await poll({
      decisions: { schedule: DEFAULT_SCHEDULE, maxAge: minutes(30), unknownJobGrace: minutes(30) },
    });
  }
  expect((await embedded.deadLetters()).map(({ reason }) => reason)).toEqual(jobIds.map(() => 'too-old'));
  // The last look at each is a describe, and lists spared nearly all before.
  for (const jobId of jobIds) expect(looksAt(jobId)).toBeGreaterThanOrEqual(1);
  expect(calls('DescribeDocProcessJob')).toBeLessThanOrEqual(3 * jobIds.length + 42);
});

test('jobs whose claims of their creation are wrong are found by words of their own', async () => {
  const claim = (now: EpochMs): EpochMs => epochMs(now - hours(8));
  const jobIds = await submit(smallBacklog(), (job) => ({
    ...job,
    createdAt: claim(job.createdAt ?? epochMs(0)),
  }));
  await pollFor(12);
  expect(await embedded.names()).toEqual([]);
  await expectManifests(jobIds);
});

test('each of them has its word, though a run has looks for a few only', async () => {
  const jobIds = await submit(backlog(30), (job) => ({
    ...job,
    createdAt: epochMs((job.createdAt ?? 0) - hours(8)),
  }));
  await pollFor(12, { maxLeases: 5, sweep: { ...DEFAULT_SWEEP, pageSize: 10 } });
  expect(await embedded.names()).toEqual([]);
  await expectManifests(jobIds);
});

test('and though lists are not asked any more when it is due', async () => {
  const jobIds = await submit(backlog(30), (job) => ({
    ...job,
    createdAt: epochMs((job.createdAt ?? 0) - hours(8)),
  }));
  await pollFor(4, { sweep: { ...DEFAULT_SWEEP, pageSize: 10 } });
  expect(await embedded.names()).toHaveLength(30);
  await pollFor(4, { sweep: { ...DEFAULT_SWEEP, worth: 1_000 } });
  expect(await embedded.names()).toEqual([]);
  await expectManifests(jobIds);
});

test('jobs whose manifests cannot be written are looked at by their schedule, though lists show at each tick that they have ended', async () => {
  embedded.cloud.control.deny({ operation: 'PutObject', bucket: SOURCE.bucket });
  await submit(Array.from({ length: 24 }, () => ({ durationMs: seconds(1), pages: 2 })));
  for (let tick = 0; tick < 20; tick += 1) {
    embedded.clock.advance(minutes(1));
    await poll({ sweep: { ...SMALL_PAGES, pageSize: 10 } }).catch(() => undefined);
  }
  expect(calls('DescribeDocProcessJobs')).toBeGreaterThanOrEqual(20);
  expect(calls('DescribeDocProcessJob')).toBeLessThanOrEqual(24 * 15);
  expect(await embedded.names()).toHaveLength(24);
});
