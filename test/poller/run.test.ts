import { describe, expect, test } from '@jest/globals';
import type { CredentialsProvider } from '../../lib/cos/credentials.js';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { after, hours, millis, minutes, seconds } from '../../lib/domain/units.js';
import { readManifest } from '../../lib/manifest/index.js';
import { DEFAULT_SWEEP } from '../../lib/poller/sweep-plan.js';
import { deferred } from '../support/deferred.js';
import { askedJob, failure, isProbe, jobInState, type Answering } from '../support/fake-service.js';
import { MemoryQueue } from '../support/memory-queue.js';
import { aBucket, aJobId, aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { allInState, errorOf, eventsOf, HandClock, jobs, policy, setUp, untilIdle } from './run-setting.js';

describe('a run', () => {
  test('writes the manifest of every job that has ended, and only then acknowledges it', async () => {
    const queue = new MemoryQueue(jobs(25));
    const { service, go } = setUp(queue, (request) => {
      if (request.method === 'PUT') expect(queue.outcomesOf('done')).not.toContain(askedJob(request));
      return allInState('Success')(request);
    });
    const report = await go();
    expect(report).toMatchObject({
      leased: 25,
      finished: { Success: 25 },
      waiting: 0,
      returned: 0,
      unsettled: 0,
      states: { Success: 25 },
      calls: { attempts: { ci: 26, cos: 25 }, retries: 0 },
      stopped: 'queue-empty',
    });
    expect(queue.outcomesOf('done')).toHaveLength(25);
    expect([...service.manifests.keys()].sort()[0]).toBe(
      `out-1250000000.cos.ap-chongqing.myqcloud.com/manifests/${aJobId(1)}.json`,
    );
  });

  test('F12: a job that failed is not taken for a success: its manifest says so', async () => {
    const { service, go } = setUp(new MemoryQueue(jobs(1)), allInState('Failed'));
    await expect(go()).resolves.toMatchObject({ finished: { Failed: 1 } });
    const [manifest = ''] = service.manifests.values();
    expect(readManifest(manifest)).toMatchObject({ job: { state: 'Failed', code: 'Success' }, pages: [] });
  });

  test('F13: the same job gives the same manifest under the same key, whenever and however often it is written', async () => {
    const written = [];
    for (const start of [START, after(START, hours(100))]) {
      const { service, go } = setUp(
        new MemoryQueue(jobs(1), start),
        allInState('Success'),
        new HandClock(start),
      );
      await go({ deadline: after(start, seconds(60)) });
      written.push([...service.manifests]);
    }
    expect(written[0]).toHaveLength(1);
    expect(written[1]).toEqual(written[0]);
  });

  test('puts jobs that have not ended back, due again by their age', async () => {
    const queue = new MemoryQueue(jobs(2), after(START, minutes(-8)));
    const { go, lines } = setUp(queue, allInState('Running'));
    const report = await go();
    expect(report).toMatchObject({ waiting: 2, states: { Running: 2 }, oldestAgeMs: minutes(8) });
    expect(eventsOf(lines, 'dead-letter')).toEqual([]);
    expect(queue.settled.map(({ outcome }) => outcome)).toEqual([
      { kind: 'look-again', delay: 105_000 },
      { kind: 'look-again', delay: 105_000 },
    ]);
  });

  test('sends what it gives up to the dead letters with a reason', async () => {
    const queue = new MemoryQueue(['the body is no JSON', aPendingJob(1)], after(START, hours(-2)));
    const { go, lines } = setUp(queue, () => undefined);
    const report = await go({ policy: { concurrency: 1 } });
    const line = { time: new Date(START).toISOString(), level: 'warn', event: 'dead-letter' };
    expect(report.deadLettered).toEqual({ 'not-a-job': 1, 'unknown-job': 1 });
    expect(queue.settled.map(({ outcome }) => outcome)).toEqual(
      expect.arrayContaining([
        { kind: 'dead-letter', reason: 'not-a-job', detail: 'the body is no JSON' },
        expect.objectContaining({ kind: 'dead-letter', reason: 'unknown-job' }),
      ]),
    );
    const words: unknown = expect.stringContaining(aJobId(1));
    expect(eventsOf(lines, 'dead-letter')).toEqual([
      { ...line, lease: 'm1', reason: 'not-a-job', detail: 'the body is no JSON' },
      { ...line, lease: 'm2', reason: 'unknown-job', detail: words, jobId: aJobId(1), bucket: SOURCE.bucket },
    ]);
  });

  test('says of the last error of a dead letter what it takes to ask the service about it', async () => {
    const { go, lines } = setUp(new MemoryQueue(jobs(1), after(START, hours(-100))), (request) =>
      isProbe(request) ? undefined : failure(400, 'InvalidArgument'),
    );
    await expect(go()).resolves.toMatchObject({ deadLettered: { 'look-failed': 1 } });
    expect(eventsOf(lines, 'dead-letter')).toEqual([
      expect.objectContaining({ reason: 'look-failed', requestId: 'NjA=' }),
    ]);
  });

  test('ends with its report in the log, and leaves no timer behind', async () => {
    const clock = new HandClock();
    const { go, lines } = setUp(new MemoryQueue(jobs(2)), allInState('Success'), clock);
    const report = await go();
    expect(lines.at(-1)).toMatchObject({
      level: 'info',
      event: 'run-finished',
      report: JSON.parse(JSON.stringify(report)) as unknown,
    });
    expect(clock.timer?.aborted).toBe(true);
  });

  test('acknowledges ten jobs with one call', async () => {
    const queue = new MemoryQueue(jobs(20));
    const batches: number[] = [];
    const settle = queue.settle.bind(queue);
    queue.settle = (settlements) => {
      batches.push(settlements.length);
      return settle(settlements);
    };
    await setUp(queue, allInState('Running')).go({ policy: { concurrency: 1 } });
    expect(batches).toEqual([10, 10]);
  });

  test('acknowledges ten jobs with one call of a queue that gives few at a time', async () => {
    const queue = new MemoryQueue(jobs(24));
    const batches: number[] = [];
    const lease = queue.lease.bind(queue);
    const settle = queue.settle.bind(queue);
    queue.lease = (request) => lease({ ...request, max: 4 });
    queue.settle = (settlements) => {
      batches.push(settlements.length);
      return settle(settlements);
    };
    await setUp(queue, allInState('Running')).go();
    expect(batches).toEqual([10, 10, 4]);
  });

  test('an empty queue costs one probe and one receive', async () => {
    const { service, queue, go } = setUp(new MemoryQueue([]), () => undefined);
    await expect(go()).resolves.toMatchObject({ leased: 0, stopped: 'queue-empty', oldestAgeMs: null });
    expect(service.requests).toEqual(['GET docs-1250000000.ci/doc_jobs/docjobprobe']);
    expect(queue.requests).toEqual([
      expect.objectContaining({ holdUntil: after(START, seconds(60)), wait: seconds(1) }),
    ]);
  });

  test('takes no more leases than it may', async () => {
    const { queue, go } = setUp(new MemoryQueue(jobs(25)), allInState('Success'));
    await expect(go({ policy: { maxLeases: 15 } })).resolves.toMatchObject({
      leased: 15,
      stopped: 'lease-limit',
    });
    expect(queue.waiting).toBe(10);
  });

  test('never has more looks in flight than set', async () => {
    const full = deferred<undefined>();
    let inFlight = 0;
    let most = 0;
    const { go } = setUp(new MemoryQueue(jobs(40)), async (request) => {
      if (isProbe(request)) return undefined;
      inFlight += 1;
      most = Math.max(most, inFlight);
      if (inFlight === 3) full.resolve(undefined);
      await full.promise;
      inFlight -= 1;
      return allInState('Success')(request);
    });
    await go({ policy: { concurrency: 3 } });
    expect(most).toBe(3);
  });

  test('one job that fails is not a run that fails', async () => {
    const { go } = setUp(new MemoryQueue(jobs(1)), (request) =>
      isProbe(request) ? undefined : { status: 200, body: Buffer.from('<Response><JobsDetail>') },
    );
    await expect(go()).resolves.toMatchObject({ waiting: 1, errors: { transient: 1 } });
  });

  test('an unknown state is counted and logged with the request ID', async () => {
    const { go, lines } = setUp(new MemoryQueue(jobs(1)), (request) =>
      isProbe(request)
        ? undefined
        : { ...jobInState(askedJob(request), 'Exploded'), headers: { 'x-ci-request-id': 'NjE=' } },
    );
    await expect(go()).resolves.toMatchObject({ waiting: 1, states: { Unrecognized: 1 } });
    expect(eventsOf(lines, 'unknown-state')).toEqual([
      expect.objectContaining({ state: 'Exploded', jobId: aJobId(1), requestId: 'NjE=' }),
    ]);
  });

  test('an unknown state is quoted in short', async () => {
    const { go, lines } = setUp(new MemoryQueue(jobs(1)), (request) =>
      isProbe(request) ? undefined : jobInState(askedJob(request), 'x'.repeat(100_000)),
    );
    await go();
    expect(JSON.stringify(lines).length).toBeLessThan(10_000);
  });
});

describe('the time of a run', () => {
  test('a run without time for one look is refused before anything is leased', async () => {
    const { queue, service, go } = setUp(new MemoryQueue(jobs(1)), allInState('Success'));
    const error = await errorOf(go({ deadline: after(START, seconds(5)) }));
    expect(error).toMatchObject({ code: 'run-refused', disposition: 'configuration' });
    expect(error.message).toContain('give the function a longer timeout');
    expect([queue.requests, service.requests]).toEqual([[], []]);
  });

  test('a run that is short of time says so', async () => {
    const { lines, go } = setUp(new MemoryQueue([]), () => undefined);
    await go({ deadline: after(START, seconds(15)) });
    const problem: unknown = expect.stringContaining('15000 ms');
    expect(eventsOf(lines, 'run-short-of-time')).toEqual([
      expect.objectContaining({ level: 'warn', problem }),
    ]);
  });

  test('and a run that is not says nothing of the kind', async () => {
    const { lines, go } = setUp(new MemoryQueue([]), () => undefined);
    await go();
    expect(lines.map(({ event }) => event)).toEqual(['run-finished']);
  });

  test('leases that it has no time for go back at once, unasked', async () => {
    const queue = new MemoryQueue(jobs(10));
    const setting = setUp(queue, (request) => {
      if (!isProbe(request)) setting.clock.advance(seconds(12));
      return allInState('Running')(request);
    });
    const report = await setting.go({ policy: { concurrency: 1 } });
    expect(report).toMatchObject({ leased: 10, waiting: 4, returned: 6, stopped: 'out-of-time' });
    expect(
      queue.settled.filter(({ outcome }) => outcome.kind === 'look-again' && outcome.delay === 0),
    ).toHaveLength(6);
  });

  test('leases are not taken for so long that none could be looked at', async () => {
    const queue = new MemoryQueue(jobs(100));
    const setting = setUp(queue, allInState('Running'));
    // Ten at a time, so slowly that all of them would take the whole run.
    queue.onLease = () => setting.clock.advance(seconds(6));
    const report = await setting.go();
    // Those of the last receive come too late.
    expect(report).toMatchObject({ leased: 80, waiting: 70, returned: 10, stopped: 'out-of-time' });
  });

  test('nor in a run that has time for one look', async () => {
    const queue = new MemoryQueue(jobs(20));
    const setting = setUp(queue, allInState('Running'));
    queue.onLease = () => setting.clock.advance(millis(1_500));
    const report = await setting.go({ deadline: after(START, seconds(15)) });
    expect(report).toMatchObject({ leased: 20, waiting: 10, returned: 10, stopped: 'out-of-time' });
  });

  test('what is due is looked at though there is nothing to do about all that was taken before it', async () => {
    const queue = new MemoryQueue(jobs(60));
    queue.capabilities.showsAll = true;
    queue.passOf = (id) => ({ isDue: id === 'm60', since: START });
    const setting = setUp(queue, allInState('Success'));
    queue.onLease = () => setting.clock.advance(seconds(6));
    const report = await setting.go({ policy: { sweep: DEFAULT_SWEEP } });
    expect(report).toMatchObject({ leased: 1, finished: { Success: 1 } });
  });

  test('what is in hand does not wait until there is more', async () => {
    const queue = new MemoryQueue(jobs(10));
    await setUp(queue, allInState('Running')).go();
    expect(queue.requests.map(({ wait }) => wait)).toEqual([1_000, 0, 1_000]);
  });

  test('F6: a lease that ends before a look could is not worked on', async () => {
    const queue = new MemoryQueue(jobs(1));
    queue.leaseLength = 12_000;
    const { service, go } = setUp(queue, allInState('Success'));
    // And would not be in the next run either, so the platform should know.
    const error = await errorOf(go());
    expect(error).toMatchObject({ code: 'queue-unusable', report: { returned: 1, finished: {} } });
    expect(error.message).toContain('leases of 12000 ms, but one look needs up to 13000 ms');
    expect(service.requests).toHaveLength(1);
  });

  test('F6: leases that end at different times are judged one by one', async () => {
    const queue = new MemoryQueue(jobs(2));
    const lease = queue.lease.bind(queue);
    queue.lease = async (request) =>
      (await lease(request)).map((one) =>
        one.id === 'm1' ? { ...one, until: after(START, seconds(12)) } : one,
      );
    const { go } = setUp(queue, allInState('Success'));
    await expect(go()).resolves.toMatchObject({ returned: 1, finished: { Success: 1 } });
    expect(queue.outcomesOf('done')).toEqual(['m2']);
  });

  test('F6: no retry of a look is sent when its lease would have ended', async () => {
    const clock = new HandClock();
    const queue = new MemoryQueue(jobs(1));
    queue.leaseLength = 20_000;
    const askedAt: number[] = [];
    const { go } = setUp(
      queue,
      (request) => {
        if (isProbe(request)) return undefined;
        askedAt.push(clock.now() - START);
        return { ...failure(503, 'SlowDown'), headers: { 'retry-after': '9' } };
      },
      clock,
    );
    await expect(go({ deadline: after(START, minutes(5)) })).resolves.toMatchObject({ waiting: 1 });
    expect(askedAt).toEqual([0, 9_000]);
  });

  test('F6: a look whose lease runs out midway goes back, and the run goes on with others', async () => {
    const clock = new HandClock();
    const queue = new MemoryQueue(jobs(11));
    let leases = 0;
    queue.onLease = () => {
      leases += 1;
      queue.leaseLength = leases === 1 ? 14_000 : 60_000;
    };
    const { service, go } = setUp(
      queue,
      (request) => {
        if (!isProbe(request) && askedJob(request) === aJobId(1)) clock.advance(seconds(11));
        return allInState('Success')(request);
      },
      clock,
    );
    const limits = { policy: { concurrency: 1 }, deadline: after(START, minutes(5)) };
    await expect(go(limits)).resolves.toMatchObject({
      leased: 11,
      returned: 10,
      finished: { Success: 1 },
      stopped: 'queue-empty',
    });
    expect([...service.manifests.keys()]).toEqual([expect.stringContaining(aJobId(11))]);
  });

  test('a service that asks for more time than is left ends the run, so that its jobs do not go round', async () => {
    const queue = new MemoryQueue(jobs(20));
    const { clock, go } = setUp(queue, (request) => {
      if (isProbe(request)) return undefined;
      clock.advance(seconds(40));
      return { ...failure(503, 'ServiceUnavailable'), headers: { 'retry-after': '30' } };
    });
    await expect(go({ policy: { concurrency: 1 } })).resolves.toMatchObject({
      leased: 20,
      waiting: 1,
      returned: 19,
      stopped: 'out-of-time',
    });
  });

  test.each(['aborted', 'out-of-time'] as const)(
    'a run that is %s while it waits for a message ends without one',
    async (stopped) => {
      const clock = new HandClock();
      const abort = new AbortController();
      const queue = new MemoryQueue([]);
      queue.lease = async ({ signal }) => {
        if (stopped === 'aborted') abort.abort(new Error('SIGTERM'));
        else clock.timeIsOver.resolve(undefined);
        await untilIdle();
        signal?.throwIfAborted();
        return [];
      };
      const { go } = setUp(queue, () => undefined, clock);
      await expect(go({ signal: abort.signal })).resolves.toMatchObject({ leased: 0, stopped });
    },
  );

  test('F8: an abort in the middle of a look hands its job back', async () => {
    const queue = new MemoryQueue(jobs(1));
    const abort = new AbortController();
    const { go } = setUp(queue, async (request) => {
      if (isProbe(request)) return undefined;
      abort.abort(new Error('SIGTERM'));
      await untilIdle();
      return allInState('Success')(request);
    });
    const limits = { policy: { concurrency: 1 }, signal: abort.signal };
    await expect(go(limits)).resolves.toMatchObject({ returned: 1, errors: {}, stopped: 'aborted' });
    expect(queue.settled).toEqual([{ id: 'm1', outcome: { kind: 'look-again', delay: 0 } }]);
  });

  test('F8: an abort before the first lease is no failure of the service', async () => {
    const abort = new AbortController();
    const { queue, go } = setUp(new MemoryQueue(jobs(1)), async () => {
      abort.abort(new Error('SIGTERM'));
      await untilIdle();
      return undefined;
    });
    await expect(go({ signal: abort.signal })).resolves.toMatchObject({ leased: 0, stopped: 'aborted' });
    expect(queue.requests).toEqual([]);
  });

  test('F8: an abort stops the looks, and what was leased goes back', async () => {
    const queue = new MemoryQueue(jobs(10));
    const abort = new AbortController();
    queue.onLease = () => {
      abort.abort(new Error('SIGTERM'));
    };
    const { service, go } = setUp(queue, allInState('Success'));
    await expect(go({ signal: abort.signal })).resolves.toMatchObject({
      leased: 10,
      returned: 10,
      stopped: 'aborted',
    });
    expect(service.manifests.size).toBe(0);
    expect(queue.outcomesOf('look-again')).toHaveLength(10);
  });
});

describe('a job that makes the run stop', () => {
  test.each([
    ['a mistake of our own', () => Promise.reject(new RangeError('a bug'))],
    ['a 401 that only it gets', () => Promise.resolve(failure(401, 'InvalidAuthorization'))],
  ])('by %s is not the first of the next run again, and ages like any other', async (_what, answer) => {
    for (const [age, kind] of [
      [hours(1), 'look-again'],
      [hours(24 * 5), 'dead-letter'],
    ] as const) {
      const queue = new MemoryQueue(jobs(3), after(START, millis(-Number(age))));
      const { go } = setUp(queue, (request) =>
        askedJob(request) === aJobId(1) ? answer() : allInState('Running')(request),
      );
      await errorOf(go({ policy: { concurrency: 1 } }));
      const [offender, ...others] = queue.settled;
      expect(offender).toMatchObject({ id: 'm1', outcome: { kind } });
      if (offender?.outcome.kind === 'look-again') expect(offender.outcome.delay).toBeGreaterThan(0);
      expect(others.map(({ outcome }) => outcome)).toEqual([
        { kind: 'look-again', delay: 0 },
        { kind: 'look-again', delay: 0 },
      ]);
    }
  });
});

test.each([
  ['CI', 'GET', 'look-failed'],
  ['COS', 'PUT', 'manifest-failed'],
])(
  'a job whose look %s leaves hanging until the run is over is not the first of the next run again, and ages like any other',
  async (_who, method, reason) => {
    for (const [age, kind] of [
      [hours(1), 'look-again'],
      [hours(24 * 5), 'dead-letter'],
    ] as const) {
      const clock = new HandClock();
      const queue = new MemoryQueue(jobs(1), after(START, millis(-Number(age))));
      const { go, lines } = setUp(
        queue,
        async (request) => {
          if (!isProbe(request) && request.method === method) {
            clock.timeIsOver.resolve(undefined);
            await untilIdle();
          }
          return allInState('Success')(request);
        },
        clock,
      );
      await expect(go({ policy: { concurrency: 1 } })).resolves.toMatchObject({
        returned: 0,
        errors: { transient: 1 },
        stopped: 'out-of-time',
      });
      const message: unknown = expect.stringContaining('time for this run was over');
      expect(eventsOf(lines, 'look-failed')).toEqual([
        expect.objectContaining({ jobId: aJobId(1), code: 'out-of-time', message }),
      ]);
      const [settled] = queue.settled;
      expect(settled).toMatchObject({ outcome: kind === 'look-again' ? { kind } : { kind, reason } });
      if (settled?.outcome.kind === 'look-again') expect(settled.outcome.delay).toBeGreaterThan(0);
    }
  },
);

test('a pace that feeds fewer looks than set starts only as many, so that each can end', async () => {
  let inFlight = 0;
  let most = 0;
  const setting = setUp(new MemoryQueue(jobs(30)), async (request) => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    // All that are let through arrive before any is answered.
    await new Promise((resolve) => setImmediate(resolve));
    inFlight -= 1;
    return allInState('Success')(request);
  });
  const client = { ...policy.client, requestsPerSecond: 0.4 };
  await setting.go({ policy: { concurrency: 16, client }, deadline: after(START, seconds(900)) });
  expect(most).toBe(2);
});

test("a clock that was found to be wrong does not decide: ages are counted by the service's", async () => {
  const now = after(START, hours(24 * 4));
  const queue = new MemoryQueue(jobs(5), START);
  const { go } = setUp(
    queue,
    (request) => {
      if (
        isProbe(request) &&
        !(request.headers['authorization'] ?? '').includes(`q-sign-time=${START / 1_000 - 60}`)
      ) {
        return { ...failure(403, 'RequestTimeTooSkewed'), headers: { date: new Date(START).toUTCString() } };
      }
      return allInState('Running')(request);
    },
    new HandClock(now),
  );
  await expect(go({ deadline: after(now, seconds(60)) })).resolves.toMatchObject({
    waiting: 5,
    deadLettered: {},
  });
});

describe('a closed bucket', () => {
  test('holds back its own jobs only, and says so once', async () => {
    const closed = aBucket('closed-1250000000');
    const queue = new MemoryQueue([
      ...Array.from({ length: 12 }, (_, n) => aPendingJob(100 + n, { bucket: closed })),
      ...jobs(12),
    ]);
    const { service, lines, go } = setUp(queue, (request) =>
      request.target.host.startsWith('closed')
        ? failure(403, 'AccessDenied')
        : allInState('Success')(request),
    );
    const report = await go();
    expect(report).toMatchObject({ finished: { Success: 12 }, waiting: 12, errors: { configuration: 12 } });
    expect(service.requests.filter((line) => line.includes('closed')).length).toBeLessThanOrEqual(
      policy.concurrency,
    );
    expect(eventsOf(lines, 'bucket-held-back')).toEqual([
      expect.objectContaining({
        closed: 'closed-1250000000 (ap-beijing)',
        operation: 'describe',
        requestId: 'NjA=',
      }),
    ]);
    expect(eventsOf(lines, 'look-failed')).toEqual([]);
  });

  test('that manifests cannot be written to holds back its own jobs only', async () => {
    const { go } = setUp(new MemoryQueue(jobs(10)), (request) => {
      if (request.method === 'PUT')
        return request.target.host.startsWith('closed') ? failure(403, 'AccessDenied') : undefined;
      const odd = Number.parseInt(askedJob(request).slice(-1), 16) % 2 === 1;
      return isProbe(request)
        ? undefined
        : jobInState(askedJob(request), 'Success', {
            bucket: odd ? 'closed-1250000000' : 'out-1250000000',
            region: 'ap-x',
          });
    });
    await expect(go()).resolves.toMatchObject({ finished: { Success: 5 }, waiting: 5 });
  });

  test('that is the only one makes the run fail: the platform should know', async () => {
    const { go, queue, lines } = setUp(new MemoryQueue(jobs(3)), (request) =>
      isProbe(request) ? undefined : failure(403, 'AccessDenied'),
    );
    const error = await errorOf(go());
    expect(error).toMatchObject({ code: 'run-failed', disposition: 'configuration', requestId: 'NjA=' });
    expect(error.message).toMatch(/could not do its work.*AccessDenied/);
    expect(eventsOf(lines, 'run-finished')).toHaveLength(1);
    expect(error.report).toMatchObject({ waiting: 3, stopped: 'failed' });
    expect(queue.outcomesOf('look-again')).toHaveLength(3);
  });
});

describe('what may not be touched', () => {
  test('a job in a bucket that is not allowed is given up without a request', async () => {
    const queue = new MemoryQueue([aPendingJob(1, { bucket: aBucket('evil-1999999999') })]);
    const { service, go } = setUp(queue, allInState('Success'));
    await expect(go()).resolves.toMatchObject({ deadLettered: { 'bucket-not-allowed': 1 } });
    const detail: unknown = expect.stringMatching(/evil-1999999999.*ALLOWED_BUCKETS/);
    expect(queue.settled).toMatchObject([{ outcome: { kind: 'dead-letter', detail } }]);
    expect(service.requests).toHaveLength(1);
  });

  test.each([
    ['another account', { bucket: 'evil-1999999999', region: 'ap-beijing' }],
    ['a host of its own', { bucket: 'evil.example.com/x-1250000000', region: 'ap-beijing' }],
    ['a region that is a host', { bucket: 'out-1250000000', region: 'evil.example.com' }],
  ])('no manifest goes to %s', async (_name, output) => {
    const { service, go } = setUp(new MemoryQueue(jobs(1)), (request) =>
      isProbe(request) ? undefined : jobInState(askedJob(request), 'Success', output),
    );
    await expect(go()).resolves.toMatchObject({ deadLettered: { 'output-not-allowed': 1 } });
    expect(service.manifests.size).toBe(0);
  });
});

describe('F13: a run that cannot do its work throws, it does not return', () => {
  test('on a refused key, before anything is leased', async () => {
    const { queue, go, lines } = setUp(new MemoryQueue(jobs(5)), () => failure(403, 'SignatureDoesNotMatch'));
    const error = await errorOf(go());
    expect(error).toMatchObject({ code: 'service-unusable', disposition: 'credentials', requestId: 'NjA=' });
    expect(error.message).toContain('no job was leased');
    expect(queue.requests).toHaveLength(0);
    expect(JSON.stringify(lines) + error.message).not.toContain('the-secret-key');
  });

  test('on a key that is refused midway: the rest goes back at once', async () => {
    let looks = 0;
    const { queue, go } = setUp(new MemoryQueue(jobs(20)), (request) => {
      if (isProbe(request)) return undefined;
      looks += 1;
      return looks > 3 ? failure(403, 'InvalidAccessKeyId') : jobInState(askedJob(request), 'Running');
    });
    const error = await errorOf(go({ policy: { concurrency: 1 } }));
    expect(error).toMatchObject({ code: 'service-unusable', disposition: 'credentials' });
    expect(error.message).toContain('the run stopped');
    expect(error.report).toMatchObject({ leased: 20, waiting: 4, returned: 16, stopped: 'failed' });
    expect(looks).toBe(4);
    expect(queue.outcomesOf('look-again')).toHaveLength(20);
  });

  test('on a key that is refused, though the time is over before another one comes', async () => {
    const clock = new HandClock();
    const credentials: CredentialsProvider = (refused) => {
      if (refused === undefined) return { secretId: 'AKIDold', secretKey: 'old' };
      clock.advance(seconds(60));
      clock.timeIsOver.resolve(undefined);
      return new Promise(() => undefined);
    };
    const { go } = setUp(
      new MemoryQueue(jobs(1)),
      (request) => (isProbe(request) ? undefined : failure(403, 'InvalidAccessKeyId')),
      { clock, credentials },
    );
    const error = await errorOf(go());
    expect(error).toMatchObject({ code: 'service-unusable', disposition: 'credentials', requestId: 'NjA=' });
    expect(error.message).toContain('InvalidAccessKeyId');
  });

  test('on a service that is down, before anything is leased', async () => {
    const { queue, go } = setUp(new MemoryQueue(jobs(5)), () => failure(503, 'ServiceUnavailable'));
    expect(await errorOf(go())).toMatchObject({ code: 'service-unusable', disposition: 'transient' });
    expect(queue.requests).toHaveLength(0);
  });

  test('on a key that is refused, found out by the first look where there is no probe', async () => {
    const { queue, service, go } = setUp(new MemoryQueue(jobs(1)), () =>
      failure(403, 'SignatureDoesNotMatch'),
    );
    const error = await errorOf(go({ policy: { withoutProbe: true } }));
    expect(error).toMatchObject({ code: 'service-unusable', disposition: 'credentials' });
    expect(service.requests.some((request) => request.includes('docjobprobe'))).toBe(false);
    expect(queue.outcomesOf('look-again')).toEqual(['m1']);
  });

  test('but not on a service that only asks for fewer requests', async () => {
    const { queue, go, lines } = setUp(new MemoryQueue(jobs(5)), () => failure(429, 'SlowDown'));
    await expect(go()).resolves.toMatchObject({ leased: 0, stopped: 'throttled' });
    expect(queue.requests).toHaveLength(0);
    const message: unknown = expect.stringContaining('SlowDown');
    expect(eventsOf(lines, 'run-throttled')).toEqual([
      expect.objectContaining({ level: 'warn', message, requestId: 'NjA=' }),
    ]);
  });

  test.each([
    [403, 'AccessDenied'],
    [400, 'InvalidArgument'],
    [404, 'NoSuchJob'],
  ])('and a probe that is refused with %d %s proves the key all the same', async (status, code) => {
    const { queue, go } = setUp(new MemoryQueue([]), () => failure(status, code));
    await expect(go()).resolves.toMatchObject({ stopped: 'queue-empty' });
    expect(queue.requests).toHaveLength(1);
  });

  test('on a probe that something else than CI answers', async () => {
    const { queue, go } = setUp(new MemoryQueue([]), () => ({ body: Buffer.from('<html></html>') }));
    expect(await errorOf(go())).toMatchObject({ code: 'service-unusable', disposition: 'transient' });
    expect(queue.requests).toHaveLength(0);
  });

  test('on a service that accepts the probe and never answers it', async () => {
    const clock = new HandClock();
    const { queue, go } = setUp(
      new MemoryQueue(jobs(1)),
      async () => {
        clock.timeIsOver.resolve(undefined);
        await untilIdle();
        return undefined;
      },
      clock,
    );
    expect(await errorOf(go())).toMatchObject({ code: 'service-unusable' });
    expect(queue.requests).toHaveLength(0);
  });

  test('on a probe that takes all the time there is: runs that never lease must not pass for quiet ones', async () => {
    const clock = new HandClock();
    const { queue, go } = setUp(
      new MemoryQueue(jobs(1)),
      () => {
        // Answered in the end, but a minute's run has no room for a look any more.
        clock.advance(seconds(48));
        return undefined;
      },
      clock,
    );
    const error = await errorOf(go());
    expect(error).toMatchObject({ code: 'service-unusable', disposition: 'transient' });
    expect(error).toMatchObject({ cause: { code: 'out-of-time' }, report: { stopped: 'failed' } });
    expect(error.message).toMatch(/no job was leased.*the probe/);
    expect(queue.requests).toHaveLength(0);
  });

  test('on leases that take all the time there is: runs that never look must not pass for quiet ones', async () => {
    const queue = new MemoryQueue(jobs(3));
    const setting = setUp(queue, () => undefined);
    queue.onLease = () => setting.clock.advance(seconds(48));
    const error = await errorOf(setting.go());
    expect(error).toMatchObject({ code: 'service-unusable', disposition: 'transient' });
    expect(error).toMatchObject({ cause: { code: 'out-of-time' }, report: { leased: 3, returned: 3 } });
    expect(error.message).toMatch(/no job was looked at.*the queue/);
  });

  test.each([
    '<Response/>',
    '<Response><NonExistJobIds/></Response>',
    '<Response><JobsDetail/></Response>',
    '<Response><RequestId>NjA=</RequestId></Response>',
  ])('but not on a form of answer to the probe that nobody has documented: %s', async (body) => {
    const { go } = setUp(new MemoryQueue(jobs(1)), (request) =>
      isProbe(request) ? { body: Buffer.from(body) } : allInState('Success')(request),
    );
    await expect(go()).resolves.toMatchObject({ finished: { Success: 1 } });
  });

  test.each([
    ['a 500', { status: 500 }],
    ['a 429', { status: 429 }],
  ])('but not on %s for one job alone', async (_what, answer) => {
    const { go } = setUp(new MemoryQueue(jobs(1)), (request) => (isProbe(request) ? undefined : answer));
    await expect(go()).resolves.toMatchObject({ waiting: 1 });
  });

  test('on an outage that several jobs meet, and no other gets through', async () => {
    const { go } = setUp(new MemoryQueue(jobs(3)), (request) =>
      isProbe(request) ? undefined : { status: 500 },
    );
    expect(await errorOf(go())).toMatchObject({ code: 'run-failed', disposition: 'transient' });
  });

  test('on a queue that throws while settling, after everything else has ended', async () => {
    const queue = new MemoryQueue(jobs(20));
    queue.settle = () => Promise.reject(new RangeError('a bug in the adapter'));
    const { go } = setUp(queue, allInState('Success'));
    const error = await errorOf(go());
    expect(error.report).toMatchObject({ leased: 20, unsettled: 20 });
  });

  test('on a queue that cannot be asked', async () => {
    const queue = new MemoryQueue(jobs(5));
    queue.leaseError = new DocjobError('queue-not-found', 'no such queue', { disposition: 'configuration' });
    const { go } = setUp(queue, () => undefined);
    expect(await errorOf(go())).toMatchObject({
      code: 'queue-unusable',
      message: 'the queue cannot be asked for jobs: no such queue',
      report: { leased: 0 },
    });
  });

  test('on settlements that will never work', async () => {
    const queue = new MemoryQueue(jobs(2));
    queue.settleError = new DocjobError('queue-access-denied', 'may not delete', {
      disposition: 'configuration',
    });
    const { go, lines } = setUp(queue, allInState('Success'));
    const error = await errorOf(go());
    expect(error.report).toMatchObject({ unsettled: 2, finished: {} });
    expect(eventsOf(lines, 'settle-failed')).toHaveLength(2);
  });

  test('but not on a settlement that failed in passing: the queue hands the job out again', async () => {
    const queue = new MemoryQueue(jobs(2));
    queue.settleError = new DocjobError('queue-unavailable', 'try again', { disposition: 'transient' });
    const { go } = setUp(queue, allInState('Success'));
    await expect(go()).resolves.toMatchObject({ unsettled: 2 });
  });

  test('on a mistake of our own, with the jobs left in the queue', async () => {
    const queue = new MemoryQueue(jobs(3));
    const { go } = setUp(queue, (request) => {
      if (isProbe(request)) return undefined;
      throw new RangeError('a bug');
    });
    expect(await errorOf(go())).toMatchObject({ code: 'service-unusable' });
    expect(queue.outcomesOf('look-again')).toHaveLength(3);
  });
});

describe('a service that fails one job after the other', () => {
  /** Answers the first describes, then fails. */
  const downAfter =
    (answered: number, status = 503): Answering =>
    (request) => {
      if (request.method !== 'GET' || isProbe(request)) return undefined;
      return Number.parseInt(askedJob(request).slice(1), 16) <= answered
        ? jobInState(askedJob(request), 'Success')
        : failure(status, status === 429 ? 'SlowDown' : 'ServiceUnavailable');
    };

  test.each([
    [503, 'service-down'],
    [429, 'throttled'],
  ])(
    'with a %d ends the run early: what was not looked at goes back, for a while',
    async (status, stopped) => {
      const queue = new MemoryQueue(jobs(100));
      const { go, lines } = setUp(queue, downAfter(10, status));
      const report = await go({ policy: { concurrency: 1 } });
      expect(report).toMatchObject({ finished: { Success: 10 }, waiting: 5, stopped });
      expect(report.leased).toBe(15 + report.returned);
      const handedBack = queue.settled.slice(15).map(({ outcome }) => outcome);
      expect(handedBack).toEqual(handedBack.map(() => ({ kind: 'look-again', delay: 30_000 })));
      expect(handedBack).toHaveLength(report.returned);
      expect(eventsOf(lines, 'service-down')).toEqual([
        expect.objectContaining({
          level: 'error',
          operation: 'describe',
          closed: `${SOURCE.bucket} (${SOURCE.region})`,
        }),
      ]);
    },
  );

  test('hands back at once where the queue keeps no delays: a delay would say there that a look was made', async () => {
    const queue = new MemoryQueue(jobs(40));
    queue.capabilities.exactDelays = false;
    const { go } = setUp(queue, downAfter(10));
    const report = await go({ policy: { concurrency: 1 } });
    const handedBack = queue.settled.slice(15).map(({ outcome }) => outcome);
    expect(handedBack).toHaveLength(report.returned);
    expect(handedBack).toEqual(handedBack.map(() => ({ kind: 'look-again', delay: 0 })));
  });

  test('fails the run where nothing got through before, so that the platform knows', async () => {
    const { go } = setUp(new MemoryQueue(jobs(100)), downAfter(0));
    const error = await errorOf(go({ policy: { concurrency: 1 } }));
    expect(error).toMatchObject({ code: 'run-failed', disposition: 'transient' });
  });

  test('holds back the jobs of its bucket only, where another bucket answers', async () => {
    const other = aBucket('other-1250000000');
    const mixed = Array.from({ length: 60 }, (_, index) =>
      aPendingJob(index + 1, index % 2 === 0 ? {} : { bucket: other }),
    );
    const queue = new MemoryQueue(mixed);
    const { service, go, lines } = setUp(queue, (request) => {
      if (request.method !== 'GET' || isProbe(request)) return undefined;
      return request.target.host.startsWith(other)
        ? jobInState(askedJob(request), 'Success')
        : failure(503, 'ServiceUnavailable');
    });
    const report = await go({ policy: { concurrency: 1 } });
    expect(report).toMatchObject({ finished: { Success: 30 }, waiting: 30, stopped: 'queue-empty' });
    expect(eventsOf(lines, 'service-down')).toHaveLength(1);
    const asked = service.requests.filter((request) => request.includes(SOURCE.bucket));
    expect(asked.length).toBeLessThanOrEqual(1 + 5 * 3);
  });

  test('ends the run when no manifest can be written any more, whatever CI answers', async () => {
    const { go } = setUp(new MemoryQueue(jobs(100)), (request) =>
      request.method === 'PUT' ? failure(503, 'ServiceUnavailable') : allInState('Success')(request),
    );
    const error = await errorOf(go({ policy: { concurrency: 1 } }));
    expect(error).toMatchObject({ code: 'run-failed', report: { waiting: 5, stopped: 'failed' } });
  });

  test('is not down when every fifth job gets through', async () => {
    const { go } = setUp(new MemoryQueue(jobs(100)), (request) => {
      if (request.method !== 'GET' || isProbe(request)) return undefined;
      return Number.parseInt(askedJob(request).slice(1), 16) % 5 === 0
        ? jobInState(askedJob(request), 'Success')
        : failure(503, 'ServiceUnavailable');
    });
    const report = await go({ policy: { concurrency: 1 } });
    expect(report).toMatchObject({
      leased: 100,
      finished: { Success: 20 },
      waiting: 80,
      stopped: 'queue-empty',
    });
  });

  test('is not down for answers that cannot be read: those may be the jobs’ own', async () => {
    const { go } = setUp(new MemoryQueue(jobs(50)), (request) => {
      if (request.method !== 'GET' || isProbe(request)) return undefined;
      return { body: Buffer.from('<html>') };
    });
    await expect(go({ policy: { concurrency: 1 } })).resolves.toMatchObject({ leased: 50, waiting: 50 });
  });
});

test('a run without its probe makes one request less', async () => {
  const { service, go } = setUp(new MemoryQueue(jobs(1)), allInState('Running'));
  await expect(go({ policy: { withoutProbe: true } })).resolves.toMatchObject({ waiting: 1 });
  expect(service.requests).toHaveLength(1);
});

test('every lease is accounted for, whatever happens to it', async () => {
  const states = ['Success', 'Failed', 'Cancel', 'Submitted', 'Running', 'Pause', 'Exploded'];
  const queue = new MemoryQueue([
    ...jobs(60),
    'no job',
    aPendingJob(99, { bucket: aBucket('evil-1999999999') }),
  ]);
  const { go } = setUp(queue, (request) => {
    if (request.method !== 'GET' || isProbe(request)) return undefined;
    const number = Number.parseInt(askedJob(request).slice(1), 16);
    if (number % 11 === 0) return failure(500, 'InternalError');
    if (number % 13 === 0) return { body: Buffer.from('<html>') };
    return jobInState(askedJob(request), states[number % states.length] ?? '');
  });
  const report = await go();
  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  expect(report.leased).toBe(62);
  expect(
    sum(report.finished) + report.waiting + report.returned + sum(report.deadLettered) + report.unsettled,
  ).toBe(62);
  expect(queue.settled).toHaveLength(62);
  expect(report.calls.retries).toBeLessThanOrEqual(10 + 0.2 * (62 + 1 + 62));
});
