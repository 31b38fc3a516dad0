import { describe, expect, test } from '@jest/globals';
import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import { CosClient, type CosClientPolicy } from '../../lib/cos/client.js';
import type { CosRequest } from '../../lib/cos/requester.js';
import type { Transport, WireResponse } from '../../lib/cos/transport.js';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { after, days, hours, millis, seconds } from '../../lib/domain/units.js';
import { decideOnFailedLook, OUTAGE_GRACE } from '../../lib/poller/decide.js';
import { DEFAULT_SCHEDULE } from '../../lib/poller/schedule.js';
import { failure } from '../support/fake-service.js';
import { aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { Dice } from './core/dice.js';
import { clockOf, Process } from './core/process.js';
import { AgendaByTime, Scheduler } from './core/scheduler.js';
import { Trace } from './core/trace.js';
import { scenarioOf } from './scenario.js';
import { simulate } from './world/simulation.js';
import { WORLDS } from './worlds.js';

/** What the simulation found, each as the smallest case that shows it. */

const aRequest = (job: number): CosRequest => ({
  family: 'ci',
  ...SOURCE,
  method: 'GET',
  path: `/doc_jobs/d${job}`,
});

/** A client in virtual time; `answer` is given 50 ms after its request. Tells what was sent when, in milliseconds since the start. */
async function inVirtualTime(
  policy: Partial<CosClientPolicy>,
  answer: (job: string, count: number, headers: Readonly<Record<string, string>>) => Partial<WireResponse>,
  use: (client: CosClient, at: (delayMs: number, act: () => void) => void) => void,
  credentialsTakeMs = 0,
  isSameKey = false,
): Promise<{ readonly sent: readonly (readonly [job: string, atMs: number])[]; readonly client: CosClient }> {
  const scheduler = new Scheduler(new AgendaByTime(), new Dice(1).random, new Trace(false, START));
  const process = new Process(1, scheduler, { onLateEffect: () => undefined, onKill: () => undefined });
  const sent: [string, number][] = [];
  const transport: Transport = {
    exchange: ({ path, headers }) =>
      process.effect('exchange', ({ resolve }) => {
        const job = path.split('/').at(-1) ?? '';
        sent.push([job, Math.round(scheduler.now - START)]);
        const given = {
          status: 200,
          headers: {},
          body: Buffer.alloc(0),
          ...answer(job, sent.length, headers),
        };
        process.wake(50, 'answer', () => resolve(given));
      }),
    close: () => undefined,
  };
  let keys = 0;
  const credentials = () =>
    process.effect<{ secretId: string; secretKey: string }>('credentials', ({ resolve }) => {
      keys += 1;
      process.wake(keys === 1 ? 0 : credentialsTakeMs, 'credentials', () =>
        resolve({ secretId: `AKID${isSameKey ? 1 : keys}`, secretKey: 'key' }),
      );
    });
  const client = new CosClient(
    {
      endpoints: {},
      attemptTimeout: seconds(5),
      retries: 3,
      backoff: DEFAULT_BACKOFF,
      retryBudget: { share: 0.2, initial: 10 },
      requestsPerSecond: Number.POSITIVE_INFINITY,
      maxBodyBytes: 1_000_000,
      ...policy,
    },
    { transport, credentials, clock: clockOf(process, 0, () => 0.5), random: () => 0.5 },
    { deadline: after(scheduler.now as never, seconds(60)), signal: new AbortController().signal }, // START is a moment
  );
  use(client, (delayMs, act) => void process.wake(delayMs, 'test', act));
  await scheduler.run(() => true);
  return { sent, client };
}

const send = (client: CosClient, job: number): void =>
  void client.send(aRequest(job), () => undefined).catch(() => undefined);

describe('Retry-After', () => {
  test('holds a request too that was waiting for its turn when it came', async () => {
    const { sent } = await inVirtualTime(
      { requestsPerSecond: 5 },
      (_job, count) => (count === 1 ? { ...failure(429, 'SlowDown'), headers: { 'retry-after': '10' } } : {}),
      (client) => [1, 2, 3].forEach((job) => send(client, job)),
    );
    expect(sent).toHaveLength(4);
    expect(sent.slice(1).every(([, at]) => at >= 10_050)).toBe(true);
  });
});

test('Retry-After counts too when it comes with the last failure that a request may have', async () => {
  const { sent } = await inVirtualTime(
    { retries: 0 },
    (_job, count) => {
      if (count === 1)
        return {
          ...failure(403, 'AccessDenied', 'Request has expired'),
          headers: { date: new Date(START).toUTCString() },
        };
      return count === 2 ? { ...failure(429, 'SlowDown'), headers: { 'retry-after': '10' } } : {};
    },
    (client, at) => {
      send(client, 1);
      at(1_000, () => send(client, 2));
    },
  );
  expect(sent.map(([job]) => job)).toEqual(['d1', 'd1', 'd2']);
  expect(sent[2]?.[1]).toBeGreaterThanOrEqual(10_100);
});

test('a token that has expired and a clock that is wrong are both repaired, one after the other', async () => {
  const skewed = {
    ...failure(401, 'SignatureExpired'),
    headers: { date: new Date(START + 3_600_000).toUTCString() },
  };
  let isAnswered = false;
  const { sent } = await inVirtualTime(
    { retries: 0 },
    (_job, _count, headers) => {
      const authorization = headers['authorization'] ?? '';
      if (authorization.includes('q-ak=AKID1&')) return failure(400, 'ExpiredToken');
      return authorization.includes(`q-sign-time=${START / 1_000 - 60}`) ? skewed : {};
    },
    (client) =>
      void client
        .send(aRequest(1), () => {
          isAnswered = true;
        })
        .catch(() => undefined),
  );
  expect([isAnswered, sent.length]).toEqual([true, 3]);
});

test('a HEAD that is refused, which has no body to say why, is asked again with a newer key if there is one', async () => {
  let stored: string | undefined;
  const { sent } = await inVirtualTime(
    {},
    (_job, _count, headers) =>
      headers['authorization']?.includes('q-ak=AKID1&') === true
        ? { status: 400 }
        : { headers: { etag: '"x"' } },
    (client) =>
      void client
        .send({ ...aRequest(1), family: 'cos', method: 'HEAD' }, ({ headers }) => {
          stored = headers['etag'];
        })
        .catch(() => undefined),
  );
  expect(stored).toBe('"x"');
  expect(sent).toHaveLength(2);
});

test('a HEAD that is refused whatever the key is final, and is asked once', async () => {
  const sent: number[] = [];
  await inVirtualTime(
    {},
    (_job, count) => {
      sent.push(count);
      return { status: 403 };
    },
    (client) =>
      void client
        .send({ ...aRequest(1), family: 'cos', method: 'HEAD' }, () => undefined)
        .catch(() => undefined),
    0,
    true,
  );
  expect(sent).toEqual([1]);
});

test('a HEAD that is refused with the newer key too is no verdict: its job is not given up while that could be an outage', async () => {
  const errors: DocjobError[] = [];
  const { sent } = await inVirtualTime(
    {},
    () => ({ status: 400 }),
    (client) =>
      void client
        .send({ ...aRequest(1), family: 'cos', method: 'HEAD' }, () => undefined)
        .catch((error: unknown) => {
          if (error instanceof DocjobError) errors.push(error);
        }),
  );
  const policy = { schedule: DEFAULT_SCHEDULE, maxAge: days(3), unknownJobGrace: hours(1) };
  const fates = errors.flatMap((error) =>
    [policy.maxAge, millis(policy.maxAge + OUTAGE_GRACE)].map((age) => {
      const about = { pending: aPendingJob(1), firstSeenAt: START, now: after(START, age), random: 0 };
      return decideOnFailedLook(error, about, policy).kind;
    }),
  );
  expect([sent.length, fates]).toEqual([2, ['look-again', 'give-up']]);
});

describe('the pace', () => {
  test('holds too after a wait for new credentials: requests that waited for them do not start all at once', async () => {
    const { sent } = await inVirtualTime(
      { requestsPerSecond: 5 },
      (_job, count) => (count === 1 ? failure(400, 'ExpiredToken') : {}),
      (client, at) => {
        send(client, 0);
        at(100, () => [1, 2, 3, 4, 5, 6, 7, 8, 9].forEach((job) => send(client, job)));
      },
      3_000,
    );
    expect(sent).toHaveLength(11);
    const most = Math.max(
      ...sent.map(([, from]) => sent.filter(([, at]) => at >= from && at < from + 1_000).length),
    );
    expect(most).toBeLessThanOrEqual(6);
  });
});

describe('a service that takes every signature for expired', () => {
  test('is not asked twice as often: beyond the first correction, signing anew is a retry and paid for', async () => {
    const expired = {
      ...failure(403, 'AccessDenied', 'Request has expired'),
      headers: { date: new Date(START).toUTCString() },
    };
    const { client } = await inVirtualTime(
      {},
      () => expired,
      (aClient, at) => {
        for (let job = 0; job < 100; job += 1) at(200 * job, () => send(aClient, job));
      },
    );
    const { attempts, retries } = client.counts;
    expect(attempts.ci - retries).toBe(100);
    expect(retries).toBeLessThanOrEqual(10 + 0.2 * 100);
  });
});

describe('after an outage that was longer than CMQ keeps a message unacknowledged', () => {
  // Seeds in which something is dropped that had been sent before the timer stood still, and the numbers of the jobs that it was about.
  test.each([
    [3, [1]],
    [5, [2, 6]],
    [6, [3]],
    [9, [3, 4]],
  ])(
    'a rewind to so long before it brings back every job, and one to when it began does not (seed %i)',
    async (seed, dropped) => {
      const scenario = scenarioOf(seed, 'cmq');
      const { rewind } = scenario.cmq;
      const { outage } = scenario.platform;
      if (rewind === undefined || outage === undefined)
        throw new Error(`seed ${seed} has no outage any more`);
      const tooLate = { ...scenario, cmq: { ...scenario.cmq, rewind: { ...rewind, from: outage.from } } };
      const whatIsBroken = async (which: typeof scenario): Promise<readonly string[]> =>
        (await simulate(which, { openQueue: WORLDS.cmq })).violations.map(({ what }) => what);
      expect(await whatIsBroken(scenario)).toEqual([]);
      const lost = await whatIsBroken(tooLate);
      const numbers = lost.map((what) => Number(/^the job d0*([0-9a-f]+) .* is lost/.exec(what)?.[1]));
      expect(numbers.sort((one, other) => one - other)).toEqual(dropped);
    },
  );
});

test('a run whose key is refused, and whose time is over before another one comes, fails and says so', async () => {
  const { violations } = await simulate(scenarioOf(613_940), { openQueue: WORLDS.sqs });
  expect(violations).toEqual([]);
});

test('a bucket that is closed to us is told of, though an outage had closed it before', async () => {
  const { violations } = await simulate(scenarioOf(620_903), { openQueue: WORLDS.sqs });
  expect(violations).toEqual([]);
});
