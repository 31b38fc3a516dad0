import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import type { CosRequest, CosRequester, CosResponse } from '../../lib/cos/requester.js';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import type { JobId } from '../../lib/domain/names.js';
import { after, before, hours, minutes, seconds, type EpochMs, type Millis } from '../../lib/domain/units.js';
import { parseKeyTemplate } from '../../lib/manifest/index.js';
import type { PendingJob } from '../../lib/queue/pending-queue.js';
import { reconcile, type ReconcileQuery } from '../../lib/reconcile/reconcile.js';
import type { ReconcileReport } from '../../lib/reconcile/report.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { aJobId, SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

const NOW = after(START, hours(24));

/** As CI writes it, in China's time. */
const ciTime = (at: EpochMs): string => `${new Date(after(at, hours(8))).toISOString().slice(0, 19)}+0800`;

interface Entry {
  readonly number: number;
  readonly state?: string;
  /** How long before now it was created, and ended. */
  readonly createdAgo?: Millis;
  readonly endedAgo?: Millis;
  readonly queueId?: string;
  readonly outputBucket?: string;
}

function detail({
  number,
  state = 'Success',
  createdAgo = hours(5),
  endedAgo = hours(4),
  queueId = 'p1',
  outputBucket = 'out-1250000000',
}: Entry): string {
  const [created, ended] = [before(NOW, createdAgo), before(NOW, endedAgo)].map(ciTime);
  return (
    `<JobsDetail><JobId>${aJobId(number)}</JobId><State>${state}</State><CreationTime>${created}</CreationTime>` +
    `<EndTime>${ended}</EndTime><QueueId>${queueId}</QueueId><Operation><Output><Bucket>${outputBucket}</Bucket>` +
    `<Region>ap-beijing</Region><Object>x/\${Number}</Object></Output></Operation></JobsDetail>`
  );
}

/** CI's list, page by page, and a COS that has some manifests. */
class FakeCloud implements CosRequester {
  readonly requests: CosRequest[] = [];
  readonly manifests = new Set<JobId>();
  /** What a HEAD for a job fails with. */
  readonly failures = new Map<JobId, Error>();
  readonly #pages: readonly string[];

  constructor(...pages: readonly (readonly (Entry | string)[])[]) {
    this.#pages = pages.map((page) =>
      page.map((one) => (typeof one === 'string' ? one : detail(one))).join(''),
    );
  }

  // As a real requester: what happens inside rejects.
  // eslint-disable-next-line @typescript-eslint/require-await
  async send<T>(request: CosRequest, decode: (response: CosResponse) => T): Promise<T> {
    this.requests.push(request);
    if (request.method === 'GET') {
      const page = Number(request.query?.['nextToken'] ?? '0');
      const next = page + 1 < this.#pages.length ? `<NextToken>${page + 1}</NextToken>` : '';
      return decode(ok(`<Response>${this.#pages[page] ?? ''}${next}</Response>`));
    }
    const jobId = /([^/]+)\.json$/.exec(request.path)?.[1] as JobId; // the template below makes such keys
    const failure = this.failures.get(jobId);
    if (failure !== undefined) throw failure;
    if (this.manifests.has(jobId)) return decode(ok(''));
    throw new ServiceError({ asked: 'HEAD', status: 404, disposition: 'job', requestId: 'r2' });
  }
}

const ok = (body: string): CosResponse => ({
  status: 200,
  headers: {},
  body: Buffer.from(body),
  requestId: 'r1',
});

interface Setting {
  readonly query?: Partial<ReconcileQuery>;
  readonly held?: readonly JobId[];
  readonly refused?: readonly JobId[];
  readonly workUntil?: EpochMs;
}

async function go(
  cloud: FakeCloud,
  { query, held, refused = [], workUntil = after(NOW, seconds(30)) }: Setting = {},
) {
  const enqueued: PendingJob[] = [];
  const lines: Record<string, unknown>[] = [];
  const report: ReconcileReport = await reconcile(
    {
      source: SOURCE,
      createdFrom: START,
      createdTo: NOW,
      settledFor: hours(1),
      except: new Set(),
      enqueue: false,
      ...query,
    },
    {
      requester: cloud,
      queue: {
        enqueue: (jobs) => {
          enqueued.push(...jobs);
          const error = new DocjobError('queue-throttled', 'too many', { disposition: 'throttled' });
          return Promise.resolve(
            jobs.map((job) => (refused.includes(job.jobId) ? { job, ok: false, error } : { job, ok: true })),
          );
        },
        ...(held === undefined ? {} : { held: () => Promise.resolve(new Set(held)) }),
      },
      keyTemplate: parseKeyTemplate('manifests/${jobId}.json'),
      isAllowedBucket: (bucket) => bucket.endsWith('-1250000000'),
      now: () => NOW,
      workUntil,
      concurrency: 4,
      log: jsonLog({
        level: 'debug',
        now: () => NOW,
        write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>), // our own log's lines are objects
      }),
    },
  );
  return { report, enqueued, lines };
}

describe('reconciling', () => {
  test('names the jobs that ended a while ago and have no manifest, and touches nothing', async () => {
    const cloud = new FakeCloud(
      [{ number: 1 }, { number: 2, state: 'Failed' }],
      [{ number: 3, state: 'Cancel' }],
    );
    cloud.manifests.add(aJobId(1));
    const { report, enqueued, lines } = await go(cloud);
    expect(report).toMatchObject({
      jobs: { manifest: 1, missing: 2 },
      enqueued: null,
      notEnqueued: [],
      isQueueKnown: false,
      pages: 2,
      isWhole: true,
      resumeFrom: null,
    });
    expect(report.missing).toEqual([
      {
        jobId: aJobId(2),
        ...SOURCE,
        state: 'Failed',
        createdAt: '2026-01-02T03:00:00+08:00',
        endedAt: '2026-01-02T04:00:00+08:00',
      },
      expect.objectContaining({ jobId: aJobId(3), state: 'Cancel' }),
    ]);
    expect(enqueued).toEqual([]);
    expect(cloud.requests.map(({ method }) => method)).toEqual(['GET', 'HEAD', 'HEAD', 'GET', 'HEAD']);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'reconciled', missing: 2 }));
  });

  test('asks for the jobs that were created in the window, the oldest first, by their queue where it is known', async () => {
    const cloud = new FakeCloud([]);
    await go(cloud, { query: { queueId: 'p532' } });
    expect(cloud.requests[0]?.query).toMatchObject({
      queueId: 'p532',
      orderByTime: 'Asc',
      startCreationTime: ciTime(before(START, seconds(1))),
      endCreationTime: ciTime(after(NOW, seconds(1))),
    });
  });

  test('puts them into the queue on demand, with what CI knows of them', async () => {
    const cloud = new FakeCloud([{ number: 1 }, { number: 2, queueId: 'no queue/s ID' }]);
    const { report, enqueued } = await go(cloud, { query: { enqueue: true }, refused: [aJobId(2)] });
    expect(enqueued).toEqual([
      { jobId: aJobId(1), ...SOURCE, queueId: 'p1', createdAt: before(NOW, hours(5)) },
      { jobId: aJobId(2), ...SOURCE, createdAt: before(NOW, hours(5)) },
    ]);
    expect(report).toMatchObject({
      enqueued: 1,
      notEnqueued: [{ jobId: aJobId(2), code: 'queue-throttled', message: 'too many' }],
    });
  });

  test.each<[keyof ReconcileReport['jobs'], Entry | string, Setting]>([
    ['unended', { number: 1, state: 'Running' }, {}],
    ['unended', { number: 1, state: 'Exploded' }, {}],
    ['recent', { number: 1, endedAgo: minutes(59) }, {}],
    ['excepted', { number: 1 }, { query: { except: new Set([aJobId(1)]) } }],
    ['held', { number: 1 }, { held: [aJobId(1)] }],
    ['output-not-allowed', { number: 1, outputBucket: 'evil-1999999999' }, {}],
    ['unreadable', '<JobsDetail><State>Success</State></JobsDetail>', {}],
  ])('leaves alone what is %s', async (verdict, entry, setting) => {
    const cloud = new FakeCloud([entry]);
    const { report, enqueued } = await go(cloud, { ...setting, query: { ...setting.query, enqueue: true } });
    expect(report.jobs).toEqual({ ...NOTHING, [verdict]: 1 });
    expect(report.missing).toEqual([]);
    expect(enqueued).toEqual([]);
    expect(cloud.requests.filter(({ method }) => method === 'HEAD')).toEqual([]);
  });

  test('takes a job that ended just as long ago as must be', async () => {
    const { report } = await go(new FakeCloud([{ number: 1, endedAgo: hours(1) }]));
    expect(report.jobs.missing).toBe(1);
  });

  test('counts a job once that the list repeats', async () => {
    const { report, enqueued } = await go(new FakeCloud([{ number: 1 }], [{ number: 1 }]), {
      query: { enqueue: true },
    });
    expect(report.jobs).toEqual({ ...NOTHING, missing: 1 });
    expect(enqueued).toHaveLength(1);
  });

  test('does not take a HEAD that fails for a manifest that is missing', async () => {
    const cloud = new FakeCloud([{ number: 1 }, { number: 2 }]);
    const refusal = { asked: 'HEAD', status: 403, requestId: 'r3' };
    cloud.failures.set(aJobId(1), new ServiceError({ ...refusal, disposition: 'configuration' }));
    const { report, lines } = await go(cloud);
    expect(report.jobs).toEqual({ ...NOTHING, unchecked: 1, missing: 1 });
    expect(lines).toContainEqual(
      expect.objectContaining({ event: 'manifest-unchecked', jobId: aJobId(1), requestId: 'r3' }),
    );
  });

  test('stops at a key that is refused', async () => {
    const cloud = new FakeCloud([{ number: 1 }]);
    const refusal = { asked: 'HEAD', status: 403, requestId: 'r3' };
    cloud.failures.set(aJobId(1), new ServiceError({ ...refusal, disposition: 'credentials' }));
    await expect(go(cloud)).rejects.toMatchObject({ disposition: 'credentials' });
  });

  test('says where to go on when its time is up', async () => {
    const cloud = new FakeCloud(
      [
        { number: 1, createdAgo: hours(9) },
        { number: 2, createdAgo: hours(7) },
      ],
      [{ number: 3, createdAgo: hours(6) }],
    );
    const { report } = await go(cloud, { workUntil: NOW });
    expect(report).toMatchObject({
      pages: 1,
      isWhole: false,
      resumeFrom: new Date(before(NOW, hours(7))).toISOString(),
    });
  });

  test('but not where the list is in no order: then nobody knows what it left out', async () => {
    const cloud = new FakeCloud(
      [
        { number: 1, createdAgo: hours(7) },
        { number: 2, createdAgo: hours(9) },
      ],
      [{ number: 3, createdAgo: hours(6) }],
    );
    const { report } = await go(cloud, { workUntil: NOW });
    expect(report).toMatchObject({ isWhole: false, resumeFrom: null });
  });

  test('names two thousand, and counts and enqueues them all', async () => {
    const page = (first: number): Entry[] =>
      Array.from({ length: 700 }, (_, index) => ({ number: first + index }));
    const cloud = new FakeCloud(page(1), page(701), page(1_401));
    const { report, enqueued } = await go(cloud, { query: { enqueue: true } });
    expect(report.missing).toHaveLength(2_000);
    expect(report.jobs.missing).toBe(2_100);
    expect(report.enqueued).toBe(2_100);
    expect(enqueued).toHaveLength(2_100);
  });
});

const NOTHING: ReconcileReport['jobs'] = {
  manifest: 0,
  missing: 0,
  recent: 0,
  unended: 0,
  held: 0,
  excepted: 0,
  'output-not-allowed': 0,
  unreadable: 0,
  unchecked: 0,
};
