import { afterEach, describe, expect, test } from '@jest/globals';
import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import { TransportError } from '../../lib/cos/errors/transport-error.js';
import type { Transport } from '../../lib/cos/transport.js';
import type { Clock } from '../../lib/domain/effects.js';
import { after, hours, minutes, seconds } from '../../lib/domain/units.js';
import { parseKeyTemplate } from '../../lib/manifest/index.js';
import { DEFAULT_MAX_AGE, DEFAULT_UNKNOWN_JOB_GRACE } from '../../lib/poller/decide.js';
import type { RunReport } from '../../lib/poller/report.js';
import { run } from '../../lib/poller/run.js';
import type { RunPolicy } from '../../lib/poller/run-policy.js';
import { DEFAULT_SCHEDULE } from '../../lib/poller/schedule.js';
import type { CmqEffects } from '../../lib/queue/cmq-client.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { EmbeddedCmq } from '../queue/embedded-cmq.js';
import { deferred } from '../support/deferred.js';
import { askedJob, FakeService, isProbe, jobInState, type Answering } from '../support/fake-service.js';
import { aJobId, aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { isBackground, untilAborted } from '../support/virtual-clock.js';

const policy: RunPolicy = {
  client: {
    endpoints: {},
    attemptTimeout: seconds(5),
    retries: 2,
    backoff: DEFAULT_BACKOFF,
    retryBudget: { share: 0.2, initial: 10 },
    requestsPerSecond: Number.POSITIVE_INFINITY,
    maxBodyBytes: 1_000_000,
  },
  decisions: {
    schedule: DEFAULT_SCHEDULE,
    maxAge: DEFAULT_MAX_AGE,
    unknownJobGrace: DEFAULT_UNKNOWN_JOB_GRACE,
  },
  source: SOURCE,
  isAllowedBucket: (bucket) => bucket.endsWith('-1250000000'),
  keyTemplate: parseKeyTemplate('manifests/${jobId}.json'),
  concurrency: 4,
  maxLeases: 1_000,
  queueWait: seconds(0),
};

let cloud: EmbeddedCmq;

afterEach(() => cloud.close());

/** Virtual time, in which a run's own timers never ring: it is moved by hand. */
function handClock(): Clock {
  return {
    now: () => cloud.clock.now(),
    sleep: (delay, signal) => (isBackground(delay) ? untilAborted(signal) : cloud.clock.sleep(delay, signal)),
  };
}

/** One run of the poller on the queue, with an adapter of its own, against a service. */
function poll(
  service: FakeService,
  changes: Partial<RunPolicy> = {},
  effects: Partial<CmqEffects> = {},
): Promise<RunReport> {
  const clock = handClock();
  const deadline = after(clock.now(), seconds(50));
  const log = jsonLog({ level: 'error', now: () => clock.now(), write: () => undefined });
  const credentials = () => ({ secretId: 'AKIDexample', secretKey: 'the-secret-key' });
  const deps = {
    queue: cloud.open({}, { deadline, ...effects }),
    transport: service,
    clock,
    log,
    random: () => 0.5,
  };
  return run({ ...policy, ...changes }, { ...deps, credentials }, { deadline });
}

const send = (count: number): void => {
  for (let n = 1; n <= count; n += 1) cloud.cmq.control.send('jobs', JSON.stringify(aPendingJob(n)));
};

const inState =
  (state: string): Answering =>
  (request) =>
    request.method === 'GET' && !isProbe(request) ? jobInState(askedJob(request), state) : undefined;

const serviceOf = (answer: Answering): FakeService => new FakeService(answer);
const pending = () => cloud.cmq.control.messages('jobs');

describe('runs on CMQ', () => {
  test('what a killed run held is looked at again within one lease', async () => {
    cloud = await EmbeddedCmq.start();
    send(20);
    const hangs = deferred<undefined>();
    let looks = 0;
    const dying = serviceOf((request) => {
      if (!isProbe(request) && (looks += 1) > 12) {
        hangs.resolve(undefined);
        return new Promise(() => undefined);
      }
      return inState('Success')(request);
    });
    // Killed then: nothing of it ever goes on.
    await Promise.race([hangs.promise, poll(dying)]);
    expect(pending().length).toBeGreaterThan(0);

    cloud.advance(seconds(60));
    const next = serviceOf(inState('Success'));
    await expect(poll(next)).resolves.toMatchObject({ stopped: 'queue-empty', unsettled: 0 });
    expect(pending()).toEqual([]);
    expect(new Set([...dying.manifests.keys(), ...next.manifests.keys()]).size).toBe(20);
    for (const [key, manifest] of dying.manifests) {
      expect(next.manifests.get(key) ?? manifest).toBe(manifest);
    }
  });

  test('two runs at a time share the jobs: each is looked at once', async () => {
    cloud = await EmbeddedCmq.start();
    send(110);
    const inside = deferred<undefined>();
    const goOn = deferred<undefined>();
    const first = serviceOf(async (request) => {
      if (isProbe(request)) return undefined;
      inside.resolve(undefined);
      await goOn.promise;
      return inState('Success')(request);
    });
    const second = serviceOf(inState('Success'));
    const running = poll(first);
    await Promise.race([inside.promise, running]);
    await expect(poll(second)).resolves.toMatchObject({ finished: { Success: 10 } });
    goOn.resolve(undefined);
    await expect(running).resolves.toMatchObject({ finished: { Success: 100 } });
    expect(pending()).toEqual([]);
    expect(new Set([...first.manifests.keys(), ...second.manifests.keys()]).size).toBe(110);
  });

  test('a run that outlived its leases writes the same manifest, and takes nothing from the run after it', async () => {
    cloud = await EmbeddedCmq.start();
    send(1);
    const inside = deferred<undefined>();
    const goOn = deferred<undefined>();
    const slow = serviceOf(async (request) => {
      if (request.method !== 'PUT') return inState('Success')(request);
      inside.resolve(undefined);
      await goOn.promise;
      return undefined;
    });
    const running = poll(slow, { maxLeases: 1 });
    await Promise.race([inside.promise, running]);
    cloud.advance(seconds(61));
    const next = serviceOf(inState('Success'));
    await expect(poll(next)).resolves.toMatchObject({ finished: { Success: 1 }, unsettled: 0 });
    goOn.resolve(undefined);
    await expect(running).resolves.toMatchObject({ finished: {}, unsettled: 1 });
    expect([...slow.manifests]).toEqual([...next.manifests]);
    expect(pending()).toEqual([]);
  });

  test.each([
    ['before it took effect', 'lose-request', 1],
    ['after it took effect', 'lose-answer', 0],
  ] as const)(
    'an acknowledgement that was lost %s costs a second look at most',
    async (_when, kind, left) => {
      cloud = await EmbeddedCmq.start();
      send(1);
      cloud.cmq.control.fail('BatchDeleteMessage', { kind }, 3);
      const service = serviceOf(inState('Success'));
      await expect(poll(service)).resolves.toMatchObject({ finished: {}, unsettled: 1 });
      expect(pending()).toHaveLength(left);
      cloud.advance(minutes(1));
      await expect(poll(service)).resolves.toMatchObject({ leased: left, unsettled: 0 });
      expect(pending()).toEqual([]);
      expect(service.manifests.size).toBe(1);
    },
  );

  test('an acknowledgement that hangs does not keep the run from ending in time', async () => {
    cloud = await EmbeddedCmq.start();
    send(1);
    const transport: Transport = {
      exchange: (request, limits) => {
        if (!Buffer.from(request.body ?? []).includes('BatchDeleteMessage')) {
          return cloud.transport.exchange(request, limits);
        }
        cloud.advance(limits.timeout);
        return Promise.reject(new TransportError('timeout', 'no answer'));
      },
      close: () => undefined,
    };
    const startedAt = cloud.clock.now();
    const service = serviceOf((request) => {
      // The look takes all the time that it may.
      if (!isProbe(request) && request.method === 'PUT') cloud.advance(seconds(47));
      return inState('Success')(request);
    });
    await expect(poll(service, {}, { transport })).resolves.toMatchObject({ unsettled: 1 });
    expect(cloud.clock.now() - startedAt).toBeLessThanOrEqual(seconds(49));
  });

  test('a copy whose original could not be deleted becomes one with it again', async () => {
    cloud = await EmbeddedCmq.start();
    send(1);
    cloud.cmq.control.fail('BatchDeleteMessage', { kind: 'lose-request' }, 3);
    const service = serviceOf(inState('Running'));
    await expect(poll(service)).resolves.toMatchObject({ unsettled: 1 });
    expect(pending()).toHaveLength(2);
    cloud.advance(minutes(2));
    await expect(poll(service)).resolves.toMatchObject({ leased: 2, waiting: 2 });
    expect(pending()).toHaveLength(1);
  });

  test('a queue whose leases hold no look, whatever is set, makes the run fail instead of going round', async () => {
    cloud = await EmbeddedCmq.start({ visibilityTimeout: 10 });
    send(3);
    const error: unknown = await poll(serviceOf(inState('Success'))).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'queue-unusable', report: { leased: 3, unsettled: 0 } });
    expect(pending()).toHaveLength(3);
  });

  test('a job that is looked at outlives the time after which CMQ drops a message, by far', async () => {
    cloud = await EmbeddedCmq.start({ msgRetentionSeconds: 3_600 });
    send(1);
    const service = serviceOf(inState('Running'));
    for (let tick = 0; tick < 60; tick += 1) {
      await poll(service);
      cloud.advance(minutes(10));
    }
    expect(cloud.cmq.control.dropped('jobs')).toBe(0);
    expect(pending()).toHaveLength(1);
    cloud.advance(minutes(20));
    await poll(serviceOf(inState('Success')));
    expect(pending()).toEqual([]);
  });
});

describe('the silent loss on CMQ', () => {
  /** Nobody polls for longer than a message may be unacknowledged. */
  async function anOutage(rewindSeconds: number): Promise<void> {
    cloud = await EmbeddedCmq.start({ msgRetentionSeconds: 3_600, rewindSeconds });
    send(1);
    await poll(serviceOf(inState('Running')));
    cloud.advance(hours(2));
  }

  test('strikes a job that nobody looked at in time: it is nowhere', async () => {
    await anOutage(0);
    await expect(poll(serviceOf(inState('Success')))).resolves.toMatchObject({ leased: 0 });
    expect(cloud.cmq.control.dropped('jobs')).toBe(1);
    expect(pending()).toEqual([]);
    expect(cloud.readDeadLetters()).toEqual([]);

    cloud.cmq.control.rewind('jobs', 0);
    expect(pending()).toEqual([]);
  });

  test('is undone by a rewind where that is on; what was done already is only acknowledged again', async () => {
    await anOutage(86_400);
    send(2); // one more, and a twin of the lost one
    const service = serviceOf(inState('Success'));
    await expect(poll(service)).resolves.toMatchObject({ finished: { Success: 2 } });
    cloud.cmq.control.rewind('jobs', 0);
    // The original, the copy that was dropped, and what the run before acknowledged.
    expect(pending().length).toBeGreaterThanOrEqual(3);
    const report = await poll(service);
    expect(report).toMatchObject({ unsettled: 0, waiting: 0 });
    expect(pending()).toEqual([]);
    expect([...service.manifests.keys()].sort()).toEqual(
      [1, 2].map((n) => expect.stringContaining(`${aJobId(n)}.json`)),
    );
  });

  test('a rewind brings back the one copy of a job that was lost', async () => {
    await anOutage(86_400);
    cloud.cmq.control.rewind('jobs', 0);
    const service = serviceOf(inState('Success'));
    await expect(poll(service)).resolves.toMatchObject({ unsettled: 0 });
    expect(service.manifests.size).toBe(1);
    expect(pending()).toEqual([]);
  });
});
