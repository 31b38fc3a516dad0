import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CosClient } from '../../lib/cos/client.js';
import type { Transport } from '../../lib/cos/transport.js';
import { createDocProcessJob } from '../../lib/doc-jobs/create.js';
import type { JobId } from '../../lib/domain/names.js';
import { after, days, hours, millis, minutes, seconds } from '../../lib/domain/units.js';
import { parseKeyTemplate } from '../../lib/manifest/index.js';
import { DEFAULT_MAX_AGE, DEFAULT_UNKNOWN_JOB_GRACE } from '../../lib/poller/decide.js';
import type { RunReport } from '../../lib/poller/report.js';
import { run } from '../../lib/poller/run.js';
import type { RunPolicy } from '../../lib/poller/run-policy.js';
import { DEFAULT_SCHEDULE, worstCaseLooks } from '../../lib/poller/schedule.js';
import type { PendingQueue } from '../../lib/queue/pending-queue.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import type { JobScript } from '../../local/ci/script.js';
import { assertValidManifest } from '../manifest/assert-valid-manifest.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { EmbeddedBucket, PENDING } from './embedded-bucket.js';

let embedded: EmbeddedBucket;

beforeEach(async () => {
  embedded = await EmbeddedBucket.start();
});

afterEach(() => embedded.close());

function client(): CosClient {
  const { clock, transport, credentials, random } = embedded.effects;
  return new CosClient(
    embedded.clientPolicy,
    { clock, transport, credentials, random },
    { deadline: after(clock.now(), minutes(1)), signal: new AbortController().signal },
  );
}

/** Creates a job that goes by `script`; it is in no queue yet. */
async function create(object: string, script: JobScript = {}): Promise<JobId> {
  await embedded.cloud.control.putObject(SOURCE.bucket, object, Buffer.from(object), script);
  const output = { ...SOURCE, object: `out/${object}/\${Number}.png` };
  return (await createDocProcessJob(client(), SOURCE, { object, output, targetType: 'png' })).jobId;
}

/** As an outsider submits: one PUT of the bare job ID. */
async function submit(object: string, script: JobScript = {}): Promise<JobId> {
  const jobId = await create(object, script);
  await embedded.put(jobId);
  return jobId;
}

/** One run of the poller as it is deployed, on an adapter of its own. */
async function poll(
  changes: Partial<RunPolicy> = {},
  parts: { readonly queue?: PendingQueue; readonly transport?: Transport } = {},
): Promise<RunReport> {
  const { clock, transport, credentials, random } = embedded.effects;
  const policy: RunPolicy = {
    client: embedded.clientPolicy,
    decisions: {
      schedule: DEFAULT_SCHEDULE,
      maxAge: DEFAULT_MAX_AGE,
      unknownJobGrace: DEFAULT_UNKNOWN_JOB_GRACE,
    },
    source: SOURCE,
    isAllowedBucket: () => true,
    keyTemplate: parseKeyTemplate('manifests/${jobId}.json'),
    concurrency: 8,
    maxLeases: 1_000,
    queueWait: millis(0),
    ...changes,
  };
  const log = jsonLog({ level: 'error', now: () => clock.now(), write: (line) => embedded.lines.push(line) });
  const queue = parts.queue ?? embedded.open();
  const deps = { clock, transport, credentials, random, log, ...parts, queue };
  try {
    return await run(policy, deps, { deadline: after(clock.now(), minutes(1)) });
  } finally {
    await queue.close();
  }
}

const manifest = async (jobId: JobId): Promise<string | undefined> =>
  (await embedded.cloud.control.readObject(SOURCE.bucket, `manifests/${jobId}.json`))?.toString();

const looksAt = (jobId: JobId): number => embedded.cloud.control.statistics.callsFor(jobId);

test('a run turns pending objects into manifests, and removes them', async () => {
  const done = await submit('report.docx', { pages: 3 });
  const failed = await submit('broken.doc', { ends: 'Failed' });
  const slow = await submit('slow.docx', { ends: 'never' });
  await embedded.put('README.md', 'not a job');
  await expect(poll()).resolves.toMatchObject({
    leased: 4,
    finished: { Success: 1, Failed: 1 },
    waiting: 1,
    deadLettered: { 'not-a-job': 1 },
    unsettled: 0,
    stopped: 'queue-empty',
  });
  for (const jobId of [done, failed]) assertValidManifest((await manifest(jobId)) ?? '');
  expect(await embedded.names()).toEqual([slow]);
});

test('a job is looked at by its schedule from its submission to its end, and found within one delay and one tick', async () => {
  const jobId = await submit('slow.docx', { durationMs: hours(3) });
  let ticks = 0;
  for (; (await manifest(jobId)) === undefined && ticks < 60 * 5; ticks += 1) {
    await poll();
    embedded.clock.advance(minutes(1));
  }
  const foundAfter = minutes(ticks - 1);
  expect(foundAfter).toBeGreaterThanOrEqual(hours(3) - minutes(1));
  expect(foundAfter).toBeLessThanOrEqual(hours(3) + DEFAULT_SCHEDULE.ceiling + minutes(1));
  expect(looksAt(jobId)).toBeLessThan(worstCaseLooks(DEFAULT_SCHEDULE, hours(4)));
  expect(await embedded.names()).toEqual([]);
});

test('a job that never ends is given up at the maximum age, by when its object was made', async () => {
  const jobId = await submit('slow.docx', { ends: 'never' });
  embedded.clock.advance(millis(days(3) - minutes(1)));
  await expect(poll()).resolves.toMatchObject({ waiting: 1 });
  embedded.clock.advance(hours(1));
  await expect(poll()).resolves.toMatchObject({ deadLettered: { 'too-old': 1 } });
  expect(await embedded.deadLetters()).toMatchObject([
    { reason: 'too-old', key: PENDING.prefix + jobId, job: { jobId, firstSeenAt: START } },
  ]);
  expect(await embedded.names()).toEqual([]);
});

test('a run that is killed loses nothing: the next one looks at all that it held', async () => {
  const jobIds = [await submit('one.docx'), await submit('two.docx'), await submit('three.docx')];
  // It leased, it wrote a manifest perhaps, and then it was no more: nothing is settled, nothing stored.
  const killed = embedded.open();
  const deadline = after(embedded.clock.now(), minutes(1));
  expect(await killed.lease({ max: 10, holdUntil: deadline, wait: millis(0) })).toHaveLength(3);
  expect(await embedded.checkpoint()).toBeUndefined();
  embedded.clock.advance(minutes(1));
  await expect(poll()).resolves.toMatchObject({ leased: 3, finished: { Success: 3 } });
  for (const jobId of jobIds) assertValidManifest((await manifest(jobId)) ?? '');
});

test('a run that is killed after one that was not loses nothing either, at any age of the jobs', async () => {
  const jobIds = [
    await submit('one.docx', { durationMs: hours(10) }),
    await submit('two.docx', { ends: 'never' }),
  ];
  embedded.clock.advance(hours(10));
  await expect(poll()).resolves.toMatchObject({ leased: 2, finished: { Success: 1 }, waiting: 1 });
  embedded.clock.advance(minutes(31));
  // Both runs look at what had a look time since the last checkpoint; the killed one changes nothing about that.
  const killed = embedded.open();
  const deadline = after(embedded.clock.now(), minutes(1));
  expect(await killed.lease({ max: 10, holdUntil: deadline, wait: millis(0) })).toHaveLength(1);
  embedded.clock.advance(minutes(1));
  await expect(poll()).resolves.toMatchObject({ leased: 1, waiting: 1 });
  expect(await embedded.names()).toEqual([jobIds[1]]);
});

test('two runs that overlap look at some jobs twice, and write the same', async () => {
  const jobIds = await Promise.all(Array.from({ length: 30 }, (_, number) => submit(`${number}.docx`)));
  const reports = await Promise.all([poll(), poll()]);
  const finished = reports.reduce((sum, report) => sum + (report.finished.Success ?? 0), 0);
  expect(finished).toBeGreaterThanOrEqual(30);
  expect(reports.map(({ unsettled, errors }) => [unsettled, errors])).toEqual([
    [0, {}],
    [0, {}],
  ]);
  for (const jobId of jobIds) assertValidManifest((await manifest(jobId)) ?? '');
  expect(await embedded.names()).toEqual([]);
  expect(await embedded.deadLetters()).toEqual([]);
});

describe('an acknowledgement that goes wrong', () => {
  test.each([
    ['takes effect, and the answer is lost', 'after', 0],
    ['takes no effect', 'before', 1],
  ] as const)(
    'because it %s, costs a look at most, and the manifest stays as it is',
    async (_what, when, left) => {
      const jobId = await submit('report.docx');
      const { faults } = embedded.cloud.control;
      faults.add({ match: { operation: 'DeleteObject' }, times: 3, fault: { kind: 'reset', when } });
      await expect(poll()).resolves.toMatchObject({ unsettled: 1 });
      const first = await manifest(jobId);
      assertValidManifest(first ?? '');
      expect(await embedded.names()).toHaveLength(left);
      embedded.clock.advance(minutes(1));
      await expect(poll()).resolves.toMatchObject({ leased: left, unsettled: 0 });
      expect(await embedded.names()).toEqual([]);
      expect(await manifest(jobId)).toBe(first);
    },
  );
});

test('a job that is sent back while a run gives it up has both: a dead letter, and its place in the queue', async () => {
  const jobId = await create('slow.docx', { ends: 'never' });
  await embedded.put(`${jobId}~first`);
  embedded.clock.advance(days(4));
  const queue = embedded.open();
  const settle = queue.settle.bind(queue);
  const name = `${jobId}~second~1~f.${START}~d.${embedded.clock.now()}`;
  // Between the look and its settlement.
  queue.settle = async (settlements) => {
    await embedded.put(name);
    return settle(settlements);
  };
  await expect(poll({}, { queue })).resolves.toMatchObject({ deadLettered: { 'too-old': 1 } });
  expect(await embedded.names()).toEqual([name]);
  // The redrive gives it its time anew.
  await expect(poll()).resolves.toMatchObject({ waiting: 1, deadLettered: {} });
});

test('a backlog that is larger than a run may take is gone through in turn, everyone as often', async () => {
  const jobIds = await Promise.all(
    Array.from({ length: 35 }, (_, number) => submit(`${number}.docx`, { ends: 'never' })),
  );
  for (let tick = 0; tick < 7; tick += 1) {
    await expect(poll({ maxLeases: 10 })).resolves.toMatchObject({ leased: 10, stopped: 'lease-limit' });
    // Long enough that everyone is due again.
    embedded.clock.advance(minutes(31));
  }
  const looks = jobIds.map(looksAt);
  expect(Math.min(...looks)).toBe(2);
  expect(Math.max(...looks)).toBe(2);
});

test('what there was no time for is looked at first by the next run', async () => {
  const jobIds = await Promise.all(
    Array.from({ length: 12 }, (_, number) => submit(`${number}.docx`, { ends: 'never' })),
  );
  const sorted = [...jobIds].sort();
  // Each look takes eight seconds of the minute, one after the other.
  const seen: string[] = [];
  const transport: Transport = {
    exchange: (request, limits) => {
      const jobId = jobIds.find((one) => request.path.endsWith(one));
      if (jobId !== undefined) {
        seen.push(jobId);
        embedded.clock.advance(seconds(8));
      }
      return embedded.transport.exchange(request, limits);
    },
    close: () => undefined,
  };
  const report = await poll({ concurrency: 1 }, { transport });
  expect(report).toMatchObject({ stopped: 'out-of-time', unsettled: 0 });
  expect(report.returned).toBe(12 - seen.length);
  expect(seen).toEqual(sorted.slice(0, seen.length));

  const next = embedded.open();
  const holdUntil = after(embedded.clock.now(), minutes(1));
  const [first] = await next.lease({ max: 1, holdUntil, wait: millis(0) });
  expect(first?.id).toBe(PENDING.prefix + (sorted[seen.length] ?? ''));
  await next.close();
});

test('a queue that cannot be listed makes the run fail, and says so', async () => {
  await submit('report.docx');
  embedded.cloud.control.deny({ operation: 'GetBucket' });
  await expect(poll()).rejects.toMatchObject({
    name: 'RunError',
    code: 'queue-unusable',
    disposition: 'configuration',
    message: expect.stringMatching(/the queue cannot be asked for jobs.*queues-1250000000.*request ID/),
  });
});
