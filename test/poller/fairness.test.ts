import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTransport } from '../../lib/cos/transport.js';
import { after, seconds } from '../../lib/domain/units.js';
import { systemClock } from '../../lib/platform/system.js';
import { run } from '../../lib/poller/run.js';
import type { PendingJob } from '../../lib/queue/pending-queue.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { startCloud, type Cloud } from '../../local/cloud.js';
import { MemoryQueue } from '../support/memory-queue.js';
import { aBucket, aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { allInState, policy, setUp } from './run-setting.js';

const CROWDED = aBucket('crowded-1250000000');
const [CROWD, FEW] = [200, 100];

const crowd: readonly PendingJob[] = Array.from({ length: CROWD }, (_, n) =>
  aPendingJob(1_000 + n, { bucket: CROWDED }),
);
const few = (count: number): readonly PendingJob[] =>
  Array.from({ length: count }, (_, n) => aPendingJob(1 + n));

test('a bucket with few jobs is not behind all those of another one that were leased before', async () => {
  const queue = new MemoryQueue([...crowd, ...few(2)]);
  const { service, go } = setUp(queue, allInState('Running'));
  await go();
  const looks = service.requests.filter((line) => !line.endsWith('docjobprobe'));
  const places = looks.flatMap((line, place) => (line.includes(SOURCE.bucket) ? [place] : []));
  expect(looks).toHaveLength(CROWD + 2);
  expect(places).toEqual([1, 3]);
});

/** The cloud runs by the machine's clock here, since what is tested is who waits while somebody is slow. */
describe('while a bucket is throttled to one request a second', () => {
  let cloud: Cloud;
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'docjob-fairness-'));
    cloud = await startCloud({ root });
    for (const bucket of [SOURCE.bucket, CROWDED]) await cloud.control.createBucket(bucket, SOURCE.region);
  });

  afterEach(async () => {
    await cloud.close();
    await rm(root, { recursive: true, force: true });
  });

  async function goOn(queue: MemoryQueue) {
    const origin = new URL(cloud.origin);
    const transport = openTransport({ maxSockets: 16 });
    const deps = {
      queue,
      transport,
      clock: systemClock,
      random: () => 0.5,
      credentials: () => cloud.credentials.longLived,
      log: jsonLog({ level: 'error', now: () => systemClock.now(), write: () => undefined }),
    };
    const client = {
      ...policy.client,
      endpoints: { ci: origin, cos: origin },
      attemptTimeout: seconds(1),
      requestsPerSecond: 200,
    };
    try {
      return await run({ ...policy, client, concurrency: 16 }, deps, {
        deadline: after(systemClock.now(), seconds(8)),
      });
    } finally {
      transport.close();
    }
  }

  test.each([
    ['', {}],
    [', and asks for longer pauses', { retryAfterSeconds: 2 }],
  ])('another one is looked at as if it were alone, and the rest goes back%s', async (_, retryAfter) => {
    const { faults, statistics } = cloud.control;
    faults.add({
      match: { bucket: CROWDED },
      fault: { kind: 'throttle', perSecond: 1, burst: 1, ...retryAfter },
    });
    const queue = new MemoryQueue([...crowd, ...few(FEW)], systemClock.now());
    const report = await goOn(queue);

    const asked = statistics.requests({ operation: 'DescribeDocProcessJob' });
    const looks = asked.map(({ bucket, status }) => ({ isCrowd: bucket === CROWDED, status }));
    const lastOfFew = looks.findLastIndex(({ isCrowd }) => !isCrowd);
    const takenBefore = looks.slice(0, lastOfFew).filter(({ isCrowd, status }) => isCrowd && status === 200);
    // The other bucket's probe and all its jobs, while the throttled one had a few.
    expect(looks.filter(({ isCrowd, status }) => !isCrowd && status === 200)).toHaveLength(1 + FEW);
    expect(takenBefore.length).toBeLessThan(6);
    expect(report.returned).toBeGreaterThan(CROWD - 20);
    expect(report.returned + report.waiting).toBe(CROWD + FEW);
    expect(queue.settled).toHaveLength(CROWD + FEW);
  });
});
