import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CloudProcess } from '../../bench/cloud/cloud-process.js';
import { measureColdStarts } from '../../bench/cold-start/measure.js';
import { bundleForBench } from '../../bench/contestants/bundles.js';
import { ContestantProcess } from '../../bench/contestants/contestant-process.js';
import { measureScale } from '../../bench/scale/measure.js';
import { CONTESTANTS } from '../../bench/throughput/contestants.js';
import { runLoad } from '../../bench/throughput/load.js';
import { contestantEnv } from '../../bench/throughput/measure.js';

const IDLE = fileURLToPath(new URL('fixtures/idle-contestant.cjs', import.meta.url));

const JOBS = 23;
const PAGES = 3;

let folder: string;
let cloud: CloudProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docjob-bench-test-'));
  cloud = await CloudProcess.start();
});

afterAll(async () => {
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the contestants of the benchmark do the same work:', () => {
  test.each(CONTESTANTS.map((kind) => [kind.label, kind] as const))(
    '%s writes every manifest with every page, and acknowledges every job',
    async (_label, { entry, queue }) => {
      const { file } = await bundleForBench(entry, folder);
      const contestant = new ContestantProcess(file, contestantEnv(cloud, queue, 4));
      try {
        const jobIds = await cloud.fill(JOBS, PAGES, queue);
        const before = await cloud.usage();
        const { cpuMs, wallMs } = await contestant.finish({ jobIds });
        expect(cpuMs).toBeGreaterThan(0);
        expect(wallMs).toBeGreaterThan(0);

        expect(await cloud.check(jobIds, queue)).toEqual({ manifests: JOBS, pending: 0, deadLetters: 0 });
        for (const jobId of jobIds) {
          const { pages } = JSON.parse((await cloud.readManifest(jobId)) ?? '') as {
            pages: readonly { readonly key: string }[];
          };
          expect(pages.map(({ key }) => key.replace(/^.*\//, ''))).toEqual([
            'page-1.jpg',
            'page-2.jpg',
            'page-3.jpg',
          ]);
        }
        const { calls } = await cloud.usage();
        const count = (name: string): number => (calls[name] ?? 0) - (before.calls[name] ?? 0);
        expect(count('cos PutObject')).toBe(JOBS);
        // One each, and the probe of docjob.
        expect([JOBS, JOBS + 1]).toContain(count('ci DescribeDocProcessJob'));
        // In batches, by whoever has a queue.
        const least = queue === 'sqs' ? Math.ceil(JOBS / 10) : 0;
        expect(count('sqs DeleteMessageBatch')).toBeGreaterThanOrEqual(least);
        expect(count('sqs DeleteMessage')).toBe(0);
      } finally {
        await contestant.close();
      }
    },
  );

  test('what was not done has no cost', async () => {
    const idle = new ContestantProcess(IDLE, {});
    try {
      await expect(runLoad(cloud, idle, { jobs: 2, pages: 1, queue: 'sqs' })).rejects.toThrow(
        'of 2 jobs 0 have a manifest, 2 are still in the queue',
      );
    } finally {
      await idle.close();
    }
  });

  test('a contestant whose process ends says so', async () => {
    const contestant = new ContestantProcess(IDLE, { ENDS: 'yes' });
    await expect(contestant.finish({ jobIds: [] })).rejects.toThrow('the contestant ended amid its work (3)');
    await contestant.close();
  });
});

test('every bundle that is started cold asks about a job, and is accounted for by package', async () => {
  for (const { label, bytes, packages, loadMs, signedMs, describeMs } of await measureColdStarts(1, folder)) {
    expect([
      label,
      loadMs.median > 0,
      signedMs.median >= loadMs.median,
      describeMs.median >= signedMs.median,
    ]).toEqual([label, true, true, true]);
    const named = packages.reduce((sum, one) => sum + one.bytes, 0);
    expect(named).toBeLessThanOrEqual(bytes);
    expect(named).toBeGreaterThan(0.9 * bytes);
  }
});

test.each(['sqs', 'bucket'] as const)(
  'a backlog in a queue of kind %s is worked off inside a small function’s memory',
  async (queue) => {
    const load = { queue, backlog: 20, pages: 2, concurrency: 4, memoryMb: 128 } as const;
    const { finished, cost, problem } = await measureScale(load, folder);
    expect({ finished, problem }).toEqual({ finished: 20, problem: null });
    expect(cost?.cpuMsPerJob).toBeGreaterThan(0);
  },
);
