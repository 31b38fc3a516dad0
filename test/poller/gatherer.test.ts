import { describe, expect, test } from '@jest/globals';
import type { WireRequest } from '../../lib/cos/transport.js';
import { after, before, millis, minutes, seconds, type EpochMs } from '../../lib/domain/units.js';
import type { RunPolicy } from '../../lib/poller/run-policy.js';
import type { Lease, LeaseRequest, PendingJob } from '../../lib/queue/pending-queue.js';
import { failure, isProbe, type Answering } from '../support/fake-service.js';
import { MemoryQueue } from '../support/memory-queue.js';
import { aJobId, aPendingJob } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { allInState, errorOf, eventsOf, HandClock, jobs, policy, setUp, untilIdle } from './run-setting.js';

const SEEN_AT = before(START, minutes(4));
const swept: Partial<RunPolicy> = {
  concurrency: 1,
  sweep: { pageSize: 10, worth: 1, firstWord: minutes(5) },
};

/** Jobs that a list can speak of. */
const datedJobs = (count: number): PendingJob[] =>
  Array.from({ length: count }, (_, index) =>
    aPendingJob(index + 1, { queueId: 'p1', createdAt: after(SEEN_AT, seconds(index)) }),
  );

const isList = ({ path }: WireRequest): boolean => path.startsWith('/doc_jobs?');

/** A service whose jobs all run, and whose lists show the first of them. */
const listing =
  (shown: number): Answering =>
  (request) => {
    if (!isList(request)) return allInState('Running')(request);
    const details = Array.from(
      { length: shown },
      (_, index) => `<JobsDetail><JobId>${aJobId(index + 1)}</JobId><State>Running</State></JobsDetail>`,
    );
    return { body: Buffer.from(`<Response>${details.join('')}</Response>`) };
  };

const without =
  (answering: Answering, list: Answering): Answering =>
  (request) =>
    isList(request) ? list(request) : answering(request);

/** What was asked for, in order and by kind. */
const kindsOf = (requests: readonly string[]): readonly string[] =>
  requests.map((request) => {
    if (request.includes('docjobprobe')) return 'probe';
    return request.includes('/doc_jobs?') ? 'list' : 'look';
  });

/** A queue that shows all of its jobs in every pass, due or not, so many at a time. */
class OpenQueue extends MemoryQueue {
  readonly #isDue: (id: string) => boolean;
  readonly #atATime: number;

  constructor(pending: readonly PendingJob[], isDue: (id: string) => boolean, atATime = 10) {
    super(pending, SEEN_AT);
    this.capabilities.showsAll = true;
    this.#isDue = isDue;
    this.#atATime = atATime;
  }

  override async lease(request: LeaseRequest): Promise<readonly Lease[]> {
    const leases: Lease[] = [];
    while (leases.length < Math.min(this.#atATime, request.max)) {
      const [lease] = await super.lease({ ...request, max: 1 });
      this.requests.pop();
      if (lease === undefined) break;
      const pass = { isDue: this.#isDue(lease.id), since: before(START, minutes(1)) };
      if (request.early === true) leases.push({ ...lease, pass });
      else if (pass.isDue) leases.push(lease);
    }
    this.requests.push(request);
    return leases;
  }
}

describe('leases', () => {
  test('are gathered before the first look while the queue gives as many as it can at a time', async () => {
    const queue = new MemoryQueue(jobs(29));
    let gathered: number | undefined;
    const { go } = setUp(queue, (request) => {
      if (!isProbe(request)) gathered ??= queue.requests.length;
      return allInState('Running')(request);
    });
    await expect(go()).resolves.toMatchObject({ leased: 29, stopped: 'queue-empty' });
    expect(gathered).toBe(3);
    // The third request brought nine, which is less than a queue gives that has more.
    expect(queue.requests.map(({ max, early }) => [max, early])).toEqual([
      [1_000, false],
      [990, false],
      [980, false],
      [971, false],
    ]);
  });

  test.each([
    // A quarter of what two looks of ten seconds leave of 57.
    [9_249, 3],
    [9_250, 1],
  ])(
    'are gathered further after %d ms, if that leaves looks their time: by %d calls',
    async (late, calls) => {
      const clock = new HandClock();
      const queue = new MemoryQueue(jobs(25));
      let gathered: number | undefined;
      const { go } = setUp(
        queue,
        (request) => {
          if (!isProbe(request)) gathered ??= queue.requests.length;
          return allInState('Running')(request);
        },
        clock,
      );
      queue.onLease = () => {
        if (queue.requests.length === 1) clock.advance(millis(late));
      };
      await expect(go()).resolves.toMatchObject({ leased: 25, waiting: 25 });
      expect(gathered).toBe(calls);
    },
  );

  test('are gathered until a queue that shows all has no more, few as it gives at a time', async () => {
    const queue = new OpenQueue(jobs(8), () => true, 3);
    let gathered: number | undefined;
    const { go } = setUp(queue, (request) => {
      if (!isProbe(request)) gathered ??= queue.requests.length;
      return allInState('Running')(request);
    });
    await expect(go()).resolves.toMatchObject({ leased: 8 });
    expect(gathered).toBe(4);
  });

  test('are never asked for beyond what a run may take', async () => {
    for (const [maxLeases, most] of [
      [15, [15, 5]],
      [20, [20, 10]],
    ] as const) {
      const queue = new MemoryQueue(jobs(25));
      const { go } = setUp(queue, allInState('Running'));
      await expect(go({ policy: { maxLeases } })).resolves.toMatchObject({ stopped: 'lease-limit' });
      expect(queue.requests.map(({ max }) => max)).toEqual(most);
    }
  });

  test.each([
    [1, [28, 18, 8]],
    [0.71, [20, 10]],
  ])(
    'are gathered for no more looks than there is time for at %d requests a second',
    async (requestsPerSecond, most) => {
      const queue = new MemoryQueue(jobs(40));
      const { go } = setUp(queue, allInState('Running'));
      await go({ policy: { client: { ...policy.client, requestsPerSecond } } });
      // 57 seconds for looks of two requests each; what is left after those is time for a few more.
      expect(queue.requests.slice(0, most.length).map(({ max }) => max)).toEqual(most);
      expect(queue.requests.every(({ max }) => max > 0)).toBe(true);
    },
  );

  test.each([
    ['of a queue that shows all its jobs, where there are lists', true, swept, true],
    ['but not without lists', true, { concurrency: 1 }, false],
    ['nor of a queue that does not', false, swept, false],
  ])('are of jobs that are not due as well: those %s', async (_name, showsAll, changes, early) => {
    const queue = new OpenQueue(datedJobs(8), (id) => id !== 'm8');
    queue.capabilities.showsAll = showsAll;
    const { go } = setUp(queue, listing(8));
    await go({ policy: { ...changes, maxLeases: 9 } });
    // What a run may take is for its looks where all jobs are taken.
    expect(queue.requests[0]).toMatchObject({ early, max: early ? 10_000 : 9 });
  });
});

describe('a run that takes jobs that are not due', () => {
  test('counts those that it does something about', async () => {
    const queue = new OpenQueue(datedJobs(8), (id) => id <= 'm5');
    const { go, service } = setUp(queue, listing(8));
    await expect(go({ policy: swept })).resolves.toMatchObject({ leased: 5, waiting: 5, returned: 0 });
    expect(kindsOf(service.requests)).toEqual(['probe', 'list']);
  });

  test('ends when it has looked at as many as it may, and hands the others back', async () => {
    const queue = new OpenQueue(jobs(8), () => true);
    const { go, service } = setUp(queue, allInState('Running'));
    await expect(go({ policy: { ...swept, maxLeases: 3 } })).resolves.toMatchObject({
      leased: 8,
      waiting: 3,
      returned: 5,
      stopped: 'lease-limit',
    });
    expect(kindsOf(service.requests)).toEqual(['probe', 'look', 'look', 'look']);
  });

  test('goes on to those that come after ten thousand about which there is nothing to do', async () => {
    const queue = new OpenQueue(jobs(10_001), (id) => id === 'm10001', 1_000);
    const { go } = setUp(queue, allInState('Running'));
    await expect(go({ policy: swept })).resolves.toMatchObject({ leased: 1, waiting: 1 });
  });

  test('says that the queue was empty where there is nothing to do about any', async () => {
    const { go } = setUp(new OpenQueue(datedJobs(8), () => false), listing(8));
    await expect(go({ policy: swept })).resolves.toMatchObject({ leased: 0, stopped: 'queue-empty' });
  });
});

describe('a list', () => {
  test('spares the looks at jobs that it shows as not ended', async () => {
    const queue = new MemoryQueue(datedJobs(8), SEEN_AT);
    const { go, service } = setUp(queue, listing(5));
    await expect(go({ policy: swept })).resolves.toMatchObject({ leased: 8, waiting: 8, errors: {} });
    expect(kindsOf(service.requests)).toEqual(['probe', 'list', 'look', 'look', 'look']);
  });

  // Three seconds for settling, twenty for two looks, five for the list itself.
  const enough = seconds(28);
  test.each<[string, (queue: MemoryQueue) => EpochMs]>([
    ['of the run', () => after(START, enough)],
    [
      'of the leases',
      (queue) => {
        queue.leaseLength = enough;
        return after(START, minutes(5));
      },
    ],
    [
      'of the shortest lease',
      (queue) => {
        const lease = queue.lease.bind(queue);
        queue.lease = async (request) =>
          (await lease(request)).map((one) =>
            one.id === 'm3' ? { ...one, until: after(START, enough) } : one,
          );
        return after(START, minutes(5));
      },
    ],
  ])('is asked for only while it leaves comfortable time for looks: by the end %s', async (_name, limit) => {
    for (const [late, lists] of [
      [millis(0), 1],
      [millis(1), 0],
    ] as const) {
      const queue = new MemoryQueue(datedJobs(8), SEEN_AT);
      const deadline = limit(queue);
      const clock = new HandClock();
      const { go, service, lines } = setUp(
        queue,
        (request) => {
          if (isProbe(request)) clock.advance(late);
          return listing(8)(request);
        },
        clock,
      );
      await expect(go({ policy: swept, deadline })).resolves.toMatchObject({ waiting: 8, errors: {} });
      expect(kindsOf(service.requests).filter((kind) => kind === 'list')).toHaveLength(lists);
      expect(eventsOf(lines, 'list-failed')).toEqual([]);
    }
  });

  test('is not asked for again when that would take the time of looks', async () => {
    const clock = new HandClock();
    const queue = new MemoryQueue(datedJobs(8), SEEN_AT);
    const { go, service } = setUp(
      queue,
      (request) => {
        if (isProbe(request)) clock.advance(seconds(30));
        return isList(request)
          ? { ...failure(503, 'ServiceUnavailable'), headers: { 'retry-after': '9' } }
          : allInState('Running')(request);
      },
      clock,
    );
    await expect(go({ policy: swept })).resolves.toMatchObject({ waiting: 8, returned: 0 });
    expect(kindsOf(service.requests).filter((kind) => kind === 'list')).toHaveLength(1);
  });

  test('that fails is counted, and its jobs are looked at', async () => {
    const { go, service, lines } = setUp(
      new MemoryQueue(datedJobs(8), SEEN_AT),
      without(allInState('Running'), () => failure(403, 'AccessDenied')),
    );
    await expect(go({ policy: swept })).resolves.toMatchObject({ waiting: 8, errors: { configuration: 1 } });
    expect(kindsOf(service.requests).filter((kind) => kind === 'look')).toHaveLength(8);
    expect(eventsOf(lines, 'list-failed')).toHaveLength(1);
  });

  test('that finds our key refused makes the run fail: no look would fare better', async () => {
    const queue = new MemoryQueue(datedJobs(8), SEEN_AT);
    const { go, service } = setUp(
      queue,
      without(allInState('Running'), () => failure(403, 'SignatureDoesNotMatch')),
    );
    const error = await errorOf(go({ policy: swept }));
    expect(error).toMatchObject({
      code: 'service-unusable',
      disposition: 'credentials',
      report: { leased: 8, returned: 8 },
    });
    expect(error.message).toMatch(/no job would fare better than a list/);
    expect(kindsOf(service.requests)).toEqual(['probe', 'list']);
  });

  test('in the middle of which the run is aborted is no failure, and all leases go back', async () => {
    const abort = new AbortController();
    const { go } = setUp(
      new MemoryQueue(datedJobs(8), SEEN_AT),
      without(allInState('Running'), async () => {
        abort.abort(new Error('SIGTERM'));
        await untilIdle();
        return undefined;
      }),
    );
    await expect(go({ policy: swept, signal: abort.signal })).resolves.toMatchObject({
      leased: 8,
      returned: 8,
      errors: {},
      stopped: 'aborted',
    });
  });

  test('is not asked for when the time is up before', async () => {
    const clock = new HandClock();
    const queue = new MemoryQueue(datedJobs(8), SEEN_AT);
    const lease = queue.lease.bind(queue);
    queue.lease = async (request) => {
      const leases = await lease(request);
      clock.timeIsOver.resolve(undefined);
      await untilIdle();
      return leases;
    };
    const { go, service, lines } = setUp(queue, listing(8), clock);
    // And a run that never got to a look says so.
    const { report } = await errorOf(go({ policy: swept }));
    expect(report).toMatchObject({ returned: 8, errors: {} });
    expect(kindsOf(service.requests)).toEqual(['probe']);
    expect(eventsOf(lines, 'list-failed')).toEqual([]);
  });
});
