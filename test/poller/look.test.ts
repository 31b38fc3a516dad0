import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { after, hours, millis, type EpochMs } from '../../lib/domain/units.js';
import { Holds } from '../../lib/poller/holds.js';
import { failedLook, lookByList, type LookDeps, type LookResult } from '../../lib/poller/look.js';
import type { Task } from '../../lib/poller/sweep.js';
import { Tally } from '../../lib/poller/tally.js';
import type { JobLease } from '../../lib/queue/pending-queue.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { askedJob, failure, isProbe, jobInState, type Answering } from '../support/fake-service.js';
import { MemoryQueue } from '../support/memory-queue.js';
import { aJobId, aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { aDocJob } from './doc-jobs.js';
import { allInState, eventsOf, jobs, policy, setUp } from './run-setting.js';

const NAMING = { jobId: aJobId(1), bucket: SOURCE.bucket, region: SOURCE.region };

describe('a manifest that is there', () => {
  const manifest = {
    bucket: 'out-1250000000',
    region: 'ap-chongqing',
    key: `manifests/${aJobId(1)}.json`,
  };

  /** A success of which one page of two has come. */
  const lackingAPage =
    (stored: Record<string, string>): Answering =>
    (request) => {
      if (request.method === 'HEAD') return { headers: stored };
      const whole = allInState('Success')(request);
      if (whole === undefined || whole instanceof Promise) return whole;
      const body = String(whole.body)
        .replace('<SuccPageCount>1<', '<SuccPageCount>2<')
        .replace('<EndTime>-<', '<EndTime>2025-12-31T08:00:00+0800<');
      return { ...whole, body: Buffer.from(body) };
    };

  test.each<[string, Answering, Record<string, unknown>]>([
    [
      'whole, as written',
      allInState('Success'),
      { event: 'manifest-written', state: 'Success', complete: true, pages: 1, manifest },
    ],
    [
      'of a job that failed, as written without pages',
      allInState('Failed'),
      { event: 'manifest-written', state: 'Failed', complete: true, pages: 0, manifest },
    ],
    [
      'incomplete, as written where there was none of its job',
      lackingAPage({}),
      { event: 'manifest-written', complete: false, pages: 1, manifest },
    ],
    [
      'fuller than what is at hand, as kept',
      lackingAPage({ 'x-cos-meta-docjob-job-id': aJobId(1), 'x-cos-meta-docjob-pages': '2' }),
      { event: 'manifest-kept', complete: false, pages: 1, manifest },
    ],
  ])('is logged: %s', async (_what, answer, line) => {
    const { go, lines } = setUp(new MemoryQueue(jobs(1), after(START, hours(-100))), answer);
    const report = await go();
    expect(lines[0]).toMatchObject({ level: 'info', ...NAMING, ...line });
    expect(lines.map(({ event }) => event)).toEqual([line['event'], 'run-finished']);
    expect(report.incomplete).toBe(line['complete'] === true ? 0 : 1);
  });

  test.each([
    [{}, hours(24)],
    [{ 'x-cos-meta-docjob-job-id': aJobId(1), 'x-cos-meta-docjob-pages': '2' }, null],
  ])(
    'of which %j is stored is as stale as %s: what somebody else wrote is not told of',
    async (stored, stalest) => {
      const { go } = setUp(new MemoryQueue(jobs(1), after(START, hours(-100))), lackingAPage(stored));
      await expect(go()).resolves.toMatchObject({ stalestManifestMs: stalest });
    },
  );
});

describe('how stale a manifest is', () => {
  test.each([
    ['2026-01-01T07:59:58+0800', 2_000],
    ['2026-01-01T08:00:00+0800', 0],
    // Our clock is behind.
    ['2026-01-01T08:00:01+0800', 0],
    // CI did not say when the job ended.
    ['-', null],
  ])('is logged and reported when it is written: the job ended at %s', async (endTime, stalenessMs) => {
    const { go, lines } = setUp(new MemoryQueue(jobs(1)), (request) => {
      const given = allInState('Success')(request);
      if (given === undefined || given instanceof Promise) return given;
      const body = String(given.body).replace('<EndTime>-<', `<EndTime>${endTime}<`);
      return { ...given, body: Buffer.from(body) };
    });
    const { stalestManifestMs } = await go();
    expect(eventsOf(lines, 'manifest-written')).toMatchObject([{ jobId: aJobId(1), stalenessMs }]);
    expect(stalestManifestMs).toBe(stalenessMs);
  });
});

describe('a look that fails', () => {
  test.each([
    ['InternalError', 'describe', 'GET', 500],
    ['InvalidArgument', 'describe', 'GET', 400],
    ['EntityTooLarge', 'write-manifest', 'PUT', 400],
  ])(
    'with %s at its %s is logged with what it takes to ask about it',
    async (code, operation, method, status) => {
      const { go, lines } = setUp(new MemoryQueue(jobs(1)), (request) => {
        if (isProbe(request)) return undefined;
        return request.method === method ? failure(status, code) : jobInState(askedJob(request), 'Success');
      });
      await go();
      const message: unknown = expect.stringContaining(code);
      expect(eventsOf(lines, 'look-failed')).toEqual([
        expect.objectContaining({ level: 'warn', ...NAMING, operation, code, message, requestId: 'NjA=' }),
      ]);
    },
  );

  test('of a bucket that is closed to its writes is held back there, and said so once', async () => {
    const { go, lines } = setUp(new MemoryQueue(jobs(12)), (request) =>
      request.method === 'PUT' ? failure(403, 'AccessDenied') : allInState('Success')(request),
    );
    await expect(go({ policy: { concurrency: 1 } })).rejects.toMatchObject({ code: 'run-failed' });
    expect(eventsOf(lines, 'look-failed')).toEqual([]);
    expect(eventsOf(lines, 'bucket-held-back')).toEqual([
      expect.objectContaining({
        level: 'error',
        ...NAMING,
        operation: 'write-manifest',
        closed: 'out-1250000000 (ap-chongqing)',
      }),
    ]);
  });
});

/** What looks depend on at that moment, with nobody who could be asked. */
function depsAt(now: EpochMs, lines: Record<string, unknown>[] = []): LookDeps {
  return {
    requester: { send: () => Promise.reject(new Error('nothing more is asked')) },
    now: () => now,
    random: () => 0,
    log: jsonLog({
      level: 'debug',
      now: () => START,
      write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>), // our own log's lines are objects
    }),
    tally: new Tally(START),
    holds: new Holds(),
    policy: policy.decisions,
    isAllowedBucket: policy.isAllowedBucket,
    keyTemplate: policy.keyTemplate,
  };
}

const lease: JobLease = {
  kind: 'job',
  id: 'm1',
  firstSeenAt: START,
  until: after(START, hours(2)),
  job: aPendingJob(1),
};

const reportOf = (tally: Tally) =>
  tally.report(START, { attempts: { ci: 0, cos: 0 }, retries: 0, clockOffset: undefined }, 'failed');

describe('a look that made its run stop', () => {
  const refused = new ServiceError({
    asked: 'GET x',
    status: 401,
    serviceCode: 'InvalidAuthorization',
    disposition: 'credentials',
    requestId: 'NjA=',
  });

  test.each([
    ['our key', refused, 'InvalidAuthorization', 'InvalidAuthorization', 'credentials', 'NjA='],
    ['a bug', new RangeError('a bug'), 'unexpected', 'a bug', 'job', undefined],
    ['what is no error at all', 'a text', 'unexpected', 'not an error', 'job', undefined],
  ])(
    'because of %s is counted and logged, and its job is looked at again later',
    (_what, thrown, code, words, disposition, requestId) => {
      const lines: Record<string, unknown>[] = [];
      const deps = depsAt(after(START, hours(1)), lines);
      expect(failedLook(lease, thrown, deps)).toEqual({ outcome: { kind: 'look-again', delay: 900_000 } });
      expect(reportOf(deps.tally).errors).toEqual({ [disposition]: 1 });
      expect(lines).toEqual([
        {
          time: new Date(START).toISOString(),
          level: 'error',
          event: 'look-failed',
          ...NAMING,
          code,
          message: expect.stringContaining(words) as unknown,
          ...(requestId === undefined ? {} : { requestId }),
        },
      ]);
    },
  );
});

describe('what a list says of a job', () => {
  const young = after(START, hours(1));
  const old = after(START, policy.decisions.maxAge);
  const running = aDocJob(1, 'Running');
  if (running.state !== 'Running') throw new Error('it runs');

  test.each<[string, Task, EpochMs, LookResult | undefined, object]>([
    [
      'lets one that runs wait by its age, and is counted as what CI answers',
      { kind: 'listed', lease, job: running },
      young,
      { outcome: { kind: 'look-again', delay: millis(900_000) } },
      { Running: 1 },
    ],
    ['gives no job up that is not asked about', { kind: 'listed', lease, job: running }, old, undefined, {}],
    [
      'lets one that it does not show wait by its age, and counts for no answer',
      { kind: 'absent', lease },
      young,
      { outcome: { kind: 'look-again', delay: millis(900_000) } },
      {},
    ],
    ['gives no job up because it does not show it', { kind: 'absent', lease }, old, undefined, {}],
    ['is not asked where the job is to be looked at', { kind: 'look', lease }, young, undefined, {}],
  ])('%s', (_name, task, now, result, states) => {
    const deps = depsAt(now);
    expect(lookByList(task, deps)).toEqual(result);
    expect(reportOf(deps.tally).states).toEqual(states);
  });
});
