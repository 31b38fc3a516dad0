import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { WireRequest } from '../../lib/cos/transport.js';
import {
  after,
  before,
  hours,
  millis,
  minutes,
  seconds,
  type EpochMs,
  type Millis,
} from '../../lib/domain/units.js';
import type {
  Lease,
  Outcome,
  PendingJob,
  PendingQueue,
  SettleResult,
} from '../../lib/queue/pending-queue.js';
import { QueueError } from '../../lib/queue/queue-error.js';
import type { CmqRefusalName } from '../../local/cmq/refusal.js';
import { aPendingJob } from '../support/pending-jobs.js';
import { EmbeddedCmq } from './embedded-cmq.js';
import { ScriptedCmq } from './scripted-cmq.js';

const NOW = millis(0);
const DONE: Outcome = { kind: 'done' };
const DEAD: Outcome = { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' };
const again = (delay: Millis): Outcome => ({ kind: 'look-again', delay });

let cloud: EmbeddedCmq;
let control: EmbeddedCmq['cmq']['control'];
let queue: PendingQueue;

beforeEach(async () => {
  cloud = await EmbeddedCmq.start();
  ({ control } = cloud.cmq);
  queue = cloud.open();
});

afterEach(() => cloud.close());

const request = () => ({ max: 100, holdUntil: after(cloud.clock.now(), minutes(1)), wait: NOW });

async function leaseAll(): Promise<readonly Lease[]> {
  const all: Lease[] = [];
  for (;;) {
    const some = await queue.lease(request());
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function leaseOne(): Promise<Lease> {
  const [one] = await queue.lease({ ...request(), max: 1 });
  if (one === undefined) throw new Error('there is nothing to lease');
  return one;
}

const send = (...jobs: readonly PendingJob[]): void => {
  for (const job of jobs) control.send('jobs', JSON.stringify(job));
};

const settle = (leases: readonly Lease[], outcome: Outcome): Promise<readonly SettleResult[]> =>
  queue.settle(leases.map((lease) => ({ lease, outcome })));

const codes = (results: readonly SettleResult[]): readonly string[] =>
  results.map((result) => (result.ok ? 'ok' : result.error.code));

const bodies = (): readonly unknown[] =>
  control.messages('jobs').map(({ body }) => JSON.parse(body) as unknown);

const sends = (): number => control.calls('SendMessage') + control.calls('BatchSendMessage');

/** What an operation is refused with. */
async function errorOf(operation: Promise<unknown>): Promise<QueueError> {
  const error = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof QueueError)) throw new Error('expected a QueueError', { cause: error });
  return error;
}

describe('asking CMQ for messages', () => {
  test('is done in numbers that CMQ takes, and waits no longer than it advises', async () => {
    const seen: WireRequest[] = [];
    const { transport } = cloud;
    const spying = cloud.open(
      {},
      {
        transport: {
          exchange: (wire, limits) => {
            seen.push(wire);
            return transport.exchange(wire, limits);
          },
          close: () => undefined,
        },
      },
    );
    send(aPendingJob(1));
    await spying.lease({ ...request(), max: 2_000, wait: minutes(5) });
    const form = new URLSearchParams(Buffer.from(seen[0]?.body ?? []).toString());
    expect(Object.fromEntries(form)).toMatchObject({
      Action: 'BatchReceiveMessage',
      queueName: 'jobs',
      numOfMsg: '16',
      pollingWaitSeconds: '3',
      SignatureMethod: 'HmacSHA256',
    });
    expect(seen[0]?.target).toMatchObject({ host: 'cmq-bj.public.tencenttdmq.com', hostname: '127.0.0.1' });
  });

  test.each([
    [2_999, 5, { numOfMsg: '5', pollingWaitSeconds: '2' }, 3_000],
    [999, 16, { numOfMsg: '16', pollingWaitSeconds: '0' }, 1_000],
    [4_000, 17, { numOfMsg: '16', pollingWaitSeconds: '3' }, 4_000],
  ])(
    'for %d ms and %d messages takes whole seconds, and as much longer',
    async (wait, max, form, timeout) => {
      const cmq = new ScriptedCmq([{ fields: { code: 7000 } }]);
      const leasing = cloud.open({}, { transport: cmq }).lease({ ...request(), max, wait: millis(wait) });
      expect(await leasing).toEqual([]);
      expect(cmq.calls.map((call) => [call.form, call.limits.timeout])).toEqual([
        [expect.objectContaining(form), timeout],
      ]);
    },
  );

  test('of a run that is over asks for no key either', async () => {
    let asked = 0;
    const credentials = () => {
      asked += 1;
      return cloud.keys.longLived;
    };
    const reason = new Error('the run is over');
    const leasing = cloud
      .open({}, { credentials })
      .lease({ ...request(), signal: AbortSignal.abort(reason) });
    await expect(leasing).rejects.toBe(reason);
    expect(asked).toBe(0);
  });

  test('waits for a first message and gets it as it arrives', async () => {
    const arrived = cloud.nextRequest();
    const leasing = queue.lease({ ...request(), wait: seconds(3) });
    await arrived;
    control.send('jobs', aPendingJob(1).jobId);
    expect(await leasing).toMatchObject([{ kind: 'job', job: aPendingJob(1) }]);
  });

  test('can be aborted while it waits, and then takes nothing that arrives later', async () => {
    const controller = new AbortController();
    const arrived = cloud.nextRequest();
    const leasing = queue.lease({ ...request(), wait: seconds(3), signal: controller.signal });
    await arrived;
    const reason = new Error('the run is over');
    controller.abort(reason);
    await expect(leasing).rejects.toBe(reason);
    await queue.enqueue([aPendingJob(1)], NOW);
    expect(await leaseAll()).toHaveLength(1);
  });

  test.each([minutes(4), minutes(-4)])(
    "takes the end of a lease by the service's clock, which is %d ms off ours",
    async (skew) => {
      cloud.skew = skew;
      send(aPendingJob(1));
      const { until } = await leaseOne();
      expect(until - cloud.clock.now()).toBe(59_000);
    },
  );

  test.each([
    { tellsNextVisibleTime: false, dates: true, skew: NOW, lease: 49_000 },
    { tellsNextVisibleTime: false, dates: false, skew: NOW, lease: 49_000 },
    // Without the service's own time its word counts only as far as the setting bears it out.
    { tellsNextVisibleTime: true, dates: false, skew: minutes(4), lease: 49_000 },
    { tellsNextVisibleTime: true, dates: false, skew: seconds(-20), lease: 39_000 },
  ])('where an answer does not tell all, goes by the setting: %j', async ({ lease, skew, ...behaviour }) => {
    Object.assign(control.behaviour, behaviour);
    cloud.skew = skew;
    queue = cloud.open({ settings: { maxUnacked: hours(12), visibility: seconds(50) } });
    send(aPendingJob(1));
    const { until } = await leaseOne();
    expect(until - cloud.clock.now()).toBe(lease);
  });

  test('believes no first sight that is later than the message', async () => {
    const sentAt = cloud.clock.now();
    send(aPendingJob(1, { firstSeenAt: after(sentAt, hours(50)) }));
    send(aPendingJob(2, { firstSeenAt: before(sentAt, hours(50)) }));
    cloud.advance(hours(1));
    const seen = (await leaseAll()).map(({ firstSeenAt }) => firstSeenAt);
    expect(seen).toEqual([sentAt, before(sentAt, hours(50))]);
  });

  const [BEFORE, LATER] = [minutes(-1), minutes(1)];
  test.each([
    ['when it was sent', { sent: BEFORE, date: NOW }, BEFORE],
    ['when it was sent, as its service tells no time', { sent: BEFORE }, BEFORE],
    ['when it was sent, be that in our future', { sent: LATER }, LATER],
    ["the service's time, should it have been sent later", { sent: LATER, date: NOW }, NOW],
    ["the service's time, where that is all that is told", { date: hours(3) }, hours(3)],
    ['our time, where nothing is told', {}, NOW],
    ['when its first original was seen', { sent: BEFORE, date: NOW, told: minutes(-9) }, minutes(-9)],
    ['when its first original was seen, by its own word alone', { told: minutes(-9) }, minutes(-9)],
    ['when it was sent, should it claim to be younger', { sent: BEFORE, date: NOW, told: NOW }, BEFORE],
    ['our time, should it claim to be from later', { told: LATER }, NOW],
  ])(
    'counts a message from %s: %j',
    async (_what, { sent, date, told }: Partial<Record<string, Millis>>, seen) => {
      const lease = await leaseSaying({ sent, date }, { firstSeenAt: inTime(told) });
      expect(lease.firstSeenAt - cloud.clock.now()).toBe(seen);
    },
  );

  test.each([
    ['the second of the message', { sent: BEFORE, date: NOW }, hours(1), millis(BEFORE + 1_000)],
    ['the time of the answer', { date: hours(3) }, hours(4), hours(3)],
    ['our time', {}, hours(1), NOW],
    ['what it says, where that is sooner', { sent: BEFORE, date: NOW }, minutes(-9), minutes(-9)],
  ])('believes in a redrive no later than %s', async (_what, facts, redriven, believed) => {
    const lease = await leaseSaying(facts, { redrivenAt: inTime(redriven) });
    expect(lease).toMatchObject({ job: { redrivenAt: inTime(believed) } });
  });

  const inTime = (offset: Millis | undefined) =>
    offset === undefined ? undefined : after(cloud.clock.now(), offset);

  /** Leases one message that says so of itself, of which an answer tells so much, in time from now. */
  async function leaseSaying(
    { sent, date }: { readonly sent?: Millis | undefined; readonly date?: Millis | undefined },
    said: { readonly firstSeenAt?: EpochMs | undefined; readonly redrivenAt?: EpochMs | undefined },
  ): Promise<Lease> {
    const enqueueTime = sent === undefined ? undefined : Number(inTime(sent)) / 1_000;
    const msgBody = JSON.stringify({ ...aPendingJob(1), ...said });
    const msgInfoList = [{ msgId: 'm1', msgBody, receiptHandle: 'h', enqueueTime }];
    const headers = date === undefined ? {} : { date: new Date(Number(inTime(date))).toUTCString() };
    const transport = new ScriptedCmq([{ fields: { code: 0, msgInfoList }, headers }]);
    const [lease] = await cloud.open({}, { transport }).lease(request());
    if (lease === undefined) throw new Error('one was answered');
    return lease;
  }

  test('counts a job from when it was sent, though our clock is hours behind: it would be given up at its first look', async () => {
    cloud.skew = hours(3);
    const sentAt = after(cloud.clock.now(), cloud.skew);
    send(aPendingJob(1));
    cloud.advance(minutes(1));
    expect((await leaseOne()).firstSeenAt).toBe(sentAt);
  });

  test.each([
    ['a message without a handle', { msgInfoList: [{ msgId: '1', msgBody: 'd1' }] }],
    ['no list', {}],
  ])('takes an answer with %s for none', async (_what, fields) => {
    const body = JSON.stringify({ code: 0, message: '', requestId: 'r-1', ...fields });
    control.fail('BatchReceiveMessage', { kind: 'answer', status: 200, body }, 3);
    expect(await errorOf(leaseOne())).toMatchObject({ code: 'queue-unavailable', requestId: 'r-1' });
  });

  test('quotes no more of a request ID than an error can bear', async () => {
    const body = JSON.stringify({ code: 4440, message: '', requestId: 'r'.repeat(5_000) });
    control.fail('BatchReceiveMessage', { kind: 'answer', status: 200, body });
    const error = await errorOf(leaseOne());
    expect(error.requestId).toBe('r'.repeat(100));
    expect(error.message).toContain(`(request ID ${'r'.repeat(100)})`);
  });

  test('names a lease in brief, however long the ID of its message', async () => {
    const message = { msgId: 'm'.repeat(5_000), msgBody: 'd1', receiptHandle: 'h' };
    const body = JSON.stringify({ code: 0, message: '', requestId: 'r-1', msgInfoList: [message] });
    control.fail('BatchReceiveMessage', { kind: 'answer', status: 200, body });
    expect((await leaseOne()).id).toBe('m'.repeat(100));
  });

  test('does not believe times that are none in seconds', async () => {
    const times = { enqueueTime: cloud.clock.now(), nextVisibleTime: cloud.clock.now() + 60_000 };
    const message = { msgId: '1', msgBody: 'd1', receiptHandle: 'h', ...times };
    const body = JSON.stringify({ code: 0, message: '', requestId: 'r-1', msgInfoList: [message] });
    control.fail('BatchReceiveMessage', { kind: 'answer', status: 200, body });
    const now = cloud.clock.now();
    expect(await leaseOne()).toMatchObject({ firstSeenAt: now, until: after(now, seconds(59)) });
  });
});

describe('a queue of CMQ that falls behind', () => {
  test('is told once in a run, with the oldest age of what came and what is left of it', async () => {
    send(aPendingJob(1));
    cloud.advance(minutes(30));
    send(...[2, 3, 4].map((n) => aPendingJob(n)));
    cloud.advance(hours(4));
    await leaseOne();
    await leaseAll();
    const event = { level: 'warn', event: 'queue-falls-behind', queue: 'jobs' };
    expect(cloud.warnings).toEqual([
      expect.objectContaining({ ...event, oldestAgeMs: hours(4.5), leftMs: hours(7.5) }),
    ]);
  });

  test('is told by every run that finds it so', async () => {
    send(aPendingJob(1));
    cloud.advance(hours(5));
    await leaseOne();
    cloud.advance(minutes(2));
    queue = cloud.open();
    await leaseOne();
    expect(cloud.warnings).toHaveLength(2);
  });

  test.each([
    // The longest delay, an hour, and a quarter of twelve.
    { maxUnacked: hours(12), from: hours(4) },
    // A quarter of an hour, twice.
    { maxUnacked: hours(1), from: minutes(30) },
  ])(
    'is one whose messages are older than the longest delay by a quarter of $maxUnacked ms',
    async ({ maxUnacked, from }) => {
      const settings = { maxUnacked, visibility: seconds(1) };
      send(aPendingJob(1));
      cloud.advance(millis(from - seconds(1)));
      queue = cloud.open({ settings });
      await leaseOne();
      expect(cloud.warnings).toEqual([]);
      cloud.advance(minutes(2));
      queue = cloud.open({ settings });
      await leaseOne();
      expect(cloud.warnings).toHaveLength(1);
    },
  );

  test('goes by the service’s clock, whatever ours says', async () => {
    cloud.skew = hours(-6);
    send(aPendingJob(1));
    await leaseOne();
    expect(cloud.warnings).toEqual([]);
  });

  test('goes by our clock where the service tells no time', async () => {
    control.behaviour.dates = false;
    send(aPendingJob(1));
    cloud.advance(hours(5));
    await leaseOne();
    expect(cloud.warnings).toHaveLength(1);
  });

  test('is not one where a rewind brought old messages back', async () => {
    await cloud.close();
    cloud = await EmbeddedCmq.start({ rewindSeconds: 1_296_000 });
    ({ control } = cloud.cmq);
    queue = cloud.open();
    const sentAt = cloud.clock.now();
    send(aPendingJob(1));
    cloud.advance(hours(13));
    expect(control.dropped('jobs')).toBe(1);
    control.rewind('jobs', sentAt);
    await leaseOne();
    expect(cloud.warnings).toEqual([]);
  });
});

describe('a call that fails', () => {
  const REFUSALS: readonly (readonly [as: CmqRefusalName, code: string])[] = [
    ['NoQueue', 'queue-not-found'],
    ['NoCam', 'queue-access-denied'],
    ['ChargeOverdue', 'queue-access-denied'],
    ['AuthenticationFailed', 'queue-credentials-refused'],
    ['NoSecretId', 'queue-credentials-refused'],
    ['NoAkid', 'queue-credentials-refused'],
    ['OutOfRange', 'queue-call-refused'],
    ['Throttled', 'queue-throttled'],
    ['Internal', 'queue-unavailable'],
  ];

  test.each(REFUSALS.flatMap(([as, code]) => [200, 400].map((status) => [as, code, status] as const)))(
    'with %s is told as %s, under status %d',
    async (as, code, status) => {
      control.behaviour.failureStatus = status;
      control.fail('BatchReceiveMessage', { kind: 'refuse', as }, 3);
      const error = await errorOf(leaseOne());
      expect(error).toMatchObject({ code, requestId: expect.stringMatching(/./) });
      expect(error.message).toContain(
        'BatchReceiveMessage on cmq://cmq-bj.public.tencenttdmq.com/jobs failed',
      );
    },
  );

  test.each([
    [200, '<html>', 'queue-unavailable'],
    [502, '<html>', 'queue-unavailable'],
    [500, '{"code":0}', 'queue-unavailable'],
    [429, '', 'queue-throttled'],
    [403, 'forbidden', 'queue-access-denied'],
    [404, '', 'queue-call-refused'],
    [200, '{"code":"0"}', 'queue-unavailable'],
    [200, '{"code":4000,"message":"(10100)queue is not existed, or deleted"}', 'queue-not-found'],
    [200, '{"code":4200,"message":"request expired"}', 'queue-clock-skewed'],
    [200, '{"code":9999,"message":"never seen"}', 'queue-unavailable'],
  ])('by status %d and %s is %s', async (status, body, code) => {
    control.fail('BatchReceiveMessage', { kind: 'answer', status, body }, 3);
    expect(await errorOf(leaseOne())).toMatchObject({ code });
  });

  test.each(['Throttled', 'Internal'] as const)('with %s is tried three times', async (as) => {
    send(aPendingJob(1));
    control.fail('BatchReceiveMessage', { kind: 'refuse', as }, 2);
    expect(await leaseAll()).toHaveLength(1);
    expect(cloud.clock.sleeps).toHaveLength(2);
    control.fail('BatchReceiveMessage', { kind: 'refuse', as }, 3);
    await errorOf(leaseOne());
  });

  test('is not tried again when the run would be over', async () => {
    queue = cloud.open({}, { deadline: after(cloud.clock.now(), millis(1_101)), random: () => 0.99 });
    control.fail('BatchReceiveMessage', { kind: 'refuse', as: 'Internal' });
    await errorOf(leaseOne());
    expect(control.calls('BatchReceiveMessage')).toBe(1);
  });

  test('is not even tried when the run is over', async () => {
    queue = cloud.open({}, { deadline: after(cloud.clock.now(), seconds(1)) });
    expect((await errorOf(leaseOne())).message).toContain('there is no time left');
    expect(control.calls('BatchReceiveMessage')).toBe(0);
  });

  test('because our clock is wrong is repaired by the service’s', async () => {
    cloud.skew = hours(3);
    send(aPendingJob(1));
    expect(await leaseAll()).toHaveLength(1);
    expect(control.calls('BatchReceiveMessage')).toBe(2); // one with a lease, one with none: the refused one was no call
  });

  test('because a temporary key has expired is repaired by the next one', async () => {
    const keys = [cloud.keys.issueTemporary(), cloud.keys.issueTemporary()] as const;
    cloud.keys.expire(keys[0]);
    let asked = 0;
    const credentials = () => keys[asked++ === 0 ? 0 : 1];
    send(aPendingJob(1));
    queue = cloud.open({}, { credentials });
    expect(await leaseAll()).toHaveLength(1);
    expect(asked).toBe(2);
  });

  test('because a key was replaced tells who keeps it which one was refused', async () => {
    const { secretId, secretKey } = cloud.keys.longLived;
    const kept = { secretId, secretKey: 'of before' };
    send(aPendingJob(1));
    queue = cloud.open({}, { credentials: (refused) => (refused === kept ? { secretId, secretKey } : kept) });
    expect(await leaseAll()).toHaveLength(1);
  });

  test('is told without the token, should CMQ repeat it', async () => {
    const key = cloud.keys.issueTemporary();
    queue = cloud.open({}, { credentials: () => key });
    const body = JSON.stringify({ code: 4000, message: `(10420)cannot parse Token=${key.token}&x=1` });
    control.fail('BatchReceiveMessage', { kind: 'answer', status: 400, body });
    const { message } = await errorOf(leaseOne());
    expect(message).toContain('(10420)cannot parse Token=…&x=1');
  });

  test('with a key that stays refused says so, and repeats neither key nor token', async () => {
    const key = cloud.keys.issueTemporary();
    cloud.keys.expire(key);
    queue = cloud.open({}, { credentials: () => key });
    const error = await errorOf(leaseOne());
    expect(error).toMatchObject({ code: 'queue-credentials-refused', disposition: 'credentials' });
    for (const secret of [key.secretKey, key.token]) expect(error.message).not.toContain(secret);
  });
});

describe('looking again on CMQ', () => {
  test('replaces the message by a copy that knows when the first was seen', async () => {
    const job = aPendingJob(1, { queueId: 'p1', createdAt: before(cloud.clock.now(), minutes(2)) });
    send(job);
    const firstSeenAt = cloud.clock.now();
    cloud.advance(minutes(1));
    expect(codes(await settle(await leaseAll(), again(minutes(5))))).toEqual(['ok']);
    expect(bodies()).toEqual([{ ...job, firstSeenAt }]);
  });

  test('makes one of all the copies of a job that a run holds, due when the first would be', async () => {
    const now = cloud.clock.now();
    send(
      aPendingJob(1, { firstSeenAt: before(now, hours(2)) }),
      aPendingJob(1, { redrivenAt: before(now, hours(1)) }),
      aPendingJob(2),
    );
    const leases = await leaseAll();
    const results = await queue.settle(
      leases.map((lease, index) => ({ lease, outcome: again(minutes(9 - index)) })),
    );
    expect(codes(results)).toEqual(['ok', 'ok', 'ok']);
    expect(control.messages('jobs')).toHaveLength(2);
    cloud.advance(minutes(8));
    const due = await leaseAll();
    expect(due).toHaveLength(2);
    expect(due).toContainEqual(
      expect.objectContaining({
        firstSeenAt: before(now, hours(2)),
        job: expect.objectContaining({ jobId: aPendingJob(1).jobId, redrivenAt: before(now, hours(1)) }),
      }),
    );
  });

  test('sends no second successor for a copy that was received before the first was sent', async () => {
    send(aPendingJob(1), aPendingJob(1));
    const [one, other] = await leaseAll();
    if (one === undefined || other === undefined) throw new Error('two were put in');
    await settle([one], again(minutes(5)));
    expect(codes(await settle([other], again(NOW)))).toEqual(['ok']);
    expect(sends()).toBe(1);
    expect(control.messages('jobs')).toHaveLength(1);
  });

  test('sends no second successor while the first is on its way, but one when that did not arrive', async () => {
    for (const fault of [undefined, { kind: 'refuse', as: 'Internal' } as const]) {
      const before = sends();
      send(aPendingJob(1), aPendingJob(1));
      const [one, other] = await leaseAll();
      if (one === undefined || other === undefined) throw new Error('two were put in');
      if (fault !== undefined) control.fail('SendMessage', fault);
      const settling = [one, other].map((lease) => settle([lease], again(minutes(5))));
      expect((await Promise.all(settling)).map(codes)).toEqual([
        [fault === undefined ? 'ok' : 'queue-unavailable'],
        ['ok'],
      ]);
      expect(sends() - before).toBe(fault === undefined ? 1 : 2);
    }
  });

  test('does not take a successor that came back in the same run for such a copy', async () => {
    send(aPendingJob(1));
    for (let look = 0; look < 3; look += 1) {
      expect(codes(await settle([await leaseOne()], again(NOW)))).toEqual(['ok']);
      expect(control.messages('jobs')).toHaveLength(1);
    }
    expect(sends()).toBe(3);
  });

  test('keeps a redrive that the successor knows nothing of', async () => {
    const redrivenAt = cloud.clock.now();
    send(aPendingJob(1), aPendingJob(1, { redrivenAt }));
    for (const lease of await leaseAll()) await settle([lease], again(minutes(5)));
    expect(bodies()).toContainEqual(expect.objectContaining({ redrivenAt }));
  });

  test.each([
    ['look-again', again(NOW)],
    ['dead-letter', DEAD],
  ])('is not needed for a copy of a job that is done: %s', async (_kind, outcome) => {
    send(aPendingJob(1), aPendingJob(1), aPendingJob(1));
    const [one, other, third] = await leaseAll();
    if (one === undefined || other === undefined || third === undefined) throw new Error('three were put in');
    const results = await queue.settle([
      { lease: one, outcome },
      { lease: other, outcome: DONE },
    ]);
    expect(codes(results)).toEqual(['ok', 'ok']);
    expect(codes(await settle([third], outcome))).toEqual(['ok']);
    expect(sends()).toBe(0);
    expect(control.messages('jobs')).toEqual([]);
  });

  test('deletes nothing whose copy was not taken', async () => {
    send(aPendingJob(1));
    const leases = await leaseAll();
    control.fail('SendMessage', { kind: 'refuse', as: 'NoCam' });
    expect(codes(await settle(leases, again(minutes(5))))).toEqual(['queue-access-denied']);
    expect(control.calls('BatchDeleteMessage')).toBe(0);
    expect(control.messages('jobs')).toHaveLength(1);
  });

  test('does not send again when it is not known whether the copy arrived', async () => {
    send(aPendingJob(1));
    const leases = await leaseAll();
    control.fail('SendMessage', { kind: 'lose-answer' });
    expect(codes(await settle(leases, again(minutes(5))))).toEqual(['queue-unavailable']);
    expect(sends()).toBe(1);
    expect(control.messages('jobs')).toHaveLength(2);
  });

  test('sends again when CMQ said that it did not take the copy', async () => {
    send(aPendingJob(1));
    const leases = await leaseAll();
    control.fail('SendMessage', { kind: 'refuse', as: 'Throttled' });
    expect(codes(await settle(leases, again(minutes(5))))).toEqual(['ok']);
    expect(control.messages('jobs')).toHaveLength(1);
  });

  test.each([again(minutes(5)), DEAD])(
    'and giving up need time for a delete within the lease: without it nothing is sent',
    async (outcome) => {
      send(aPendingJob(1));
      const lease = await leaseOne();
      cloud.advance(millis(lease.until - cloud.clock.now() - 1_999));
      expect(codes(await settle([lease], outcome))).toEqual(['lease-expired']);
      expect(sends()).toBe(0);
      expect(control.messages('jobs')).toHaveLength(1);
    },
  );

  test('puts what is due at the same time into one call', async () => {
    send(...Array.from({ length: 20 }, (_, index) => aPendingJob(index)));
    const leases = await leaseAll();
    expect(new Set(codes(await settle(leases, again(minutes(5)))))).toEqual(new Set(['ok']));
    expect(sends()).toBe(2);
    expect(control.calls('BatchDeleteMessage')).toBe(2);
    expect(control.messages('jobs')).toHaveLength(20);
  });

  test('keeps a message that holds no job as it is', async () => {
    control.send('jobs', 'no job!');
    expect(codes(await settle(await leaseAll(), again(NOW)))).toEqual(['ok']);
    expect(control.messages('jobs')).toMatchObject([{ body: 'no job!' }]);
  });
});

describe('deleting from CMQ', () => {
  test('an entry that failed through no fault of ours is tried once more', async () => {
    send(aPendingJob(1), aPendingJob(2), aPendingJob(3));
    const leases = await leaseAll();
    control.fail('BatchDeleteMessage', { kind: 'partial', entries: [0, 2], as: 'DeleteFailed' });
    expect(codes(await settle(leases, DONE))).toEqual(['ok', 'ok', 'ok']);
    expect(control.calls('BatchDeleteMessage')).toBe(2);
    expect(control.messages('jobs')).toEqual([]);
  });

  test('an entry that fails again is told by itself, and the message stays', async () => {
    send(aPendingJob(1), aPendingJob(2), aPendingJob(3));
    const leases = await leaseAll();
    control.fail('BatchDeleteMessage', { kind: 'partial', entries: [1], as: 'DeleteFailed' });
    control.fail('BatchDeleteMessage', { kind: 'partial', entries: [0], as: 'DeleteFailed' });
    expect(codes(await settle(leases, DONE))).toEqual(['ok', 'queue-unavailable', 'ok']);
    expect(control.messages('jobs')).toHaveLength(1);
  });

  test.each([
    ['{"code":6010,"message":"partially"}', ['queue-unavailable', 'queue-unavailable']],
    ['{"code":6020,"message":"all","errorList":[]}', ['queue-unavailable', 'queue-unavailable']],
    [
      '{"code":6010,"errorList":[{"code":6000,"message":"","receiptHandle":"none of ours"}]}',
      ['queue-unavailable', 'queue-unavailable'],
    ],
    ['{"code":0,"message":"","errorList":[]}', ['ok', 'ok']],
  ])('believes of %s only what it says', async (body, expected) => {
    send(aPendingJob(1), aPendingJob(2));
    const leases = await leaseAll();
    control.fail('BatchDeleteMessage', { kind: 'answer', status: 200, body }, 3);
    expect(codes(await settle(leases, DONE))).toEqual(expected);
  });

  test('is tried for what is done however late, and told when CMQ no longer knows the lease', async () => {
    send(aPendingJob(1), aPendingJob(2));
    const leases = await leaseAll();
    cloud.advance(seconds(59));
    expect(codes(await settle(leases.slice(0, 1), DONE))).toEqual(['ok']);
    cloud.advance(seconds(1));
    expect(codes(await settle(leases.slice(1), DONE))).toEqual(['lease-lost']);
    expect(control.messages('jobs')).toHaveLength(1);
  });
});

describe('settling what cannot be', () => {
  test('a lease of another run is lost, and the error names lease and queue', async () => {
    send(aPendingJob(1));
    const [lease] = await cloud.open().lease(request());
    const [result] = await settle(
      [lease].filter((one) => one !== undefined),
      DONE,
    );
    expect(result).toMatchObject({ ok: false, error: { code: 'lease-lost' } });
    expect(result).toMatchObject({ error: { message: expect.stringContaining(`lease ${lease?.id} `) } });
    expect(result).toMatchObject({ error: { message: expect.stringContaining(cloud.queue.url) } });
    expect(control.messages('jobs')).toHaveLength(1);
  });

  test('a lease with time for a send and a delete is settled, and with a millisecond less is not', async () => {
    send(aPendingJob(1), aPendingJob(2));
    const [one, other] = [await leaseOne(), await leaseOne()];
    cloud.advance(millis(one.until - cloud.clock.now() - 2_000));
    expect(codes(await settle([one], again(NOW)))).toEqual(['ok']);
    cloud.advance(millis(1));
    const [result] = await settle([other], again(NOW));
    expect(result).toMatchObject({ ok: false, error: { code: 'lease-expired' } });
    expect(result).toMatchObject({ error: { message: expect.stringContaining(`lease ${other.id} `) } });
    expect(result).toMatchObject({ error: { message: expect.stringContaining(cloud.queue.url) } });
  });
});

describe('giving up on CMQ', () => {
  test('leaves the message where it is when the dead letters do not take it', async () => {
    send(aPendingJob(1));
    const leases = await leaseAll();
    control.fail('SendMessage', { kind: 'refuse', as: 'Internal' }, 3);
    expect(codes(await settle(leases, DEAD))).toEqual(['queue-unavailable']);
    expect(control.messages('dead')).toEqual([]);
    expect(control.messages('jobs')).toHaveLength(1);
  });

  test.each([
    ['a body that leaves room for its reason only', 65_000, 'too-old'],
    ['a body that leaves no room', 65_500, undefined],
  ])('%s reaches the dead letters all the same', async (_what, length, reason) => {
    const body = 'x'.repeat(length);
    control.send('jobs', body);
    const outcome: Outcome = { kind: 'dead-letter', reason: 'too-old', detail: '"'.repeat(1_024) };
    expect(codes(await settle(await leaseAll(), outcome))).toEqual(['ok']);
    expect(cloud.readDeadLetters()).toEqual([{ body, reason, detail: undefined }]);
    expect(control.messages('jobs')).toEqual([]);
  });
});

describe('putting jobs into CMQ', () => {
  test('is tried again when it is not known whether they arrived: twice is harmless, never is not', async () => {
    control.fail('BatchSendMessage', { kind: 'lose-request' });
    control.fail('BatchSendMessage', { kind: 'lose-answer' });
    const results = await queue.enqueue([aPendingJob(1), aPendingJob(2)], NOW);
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    expect(control.messages('jobs')).toHaveLength(4);
  });

  test('tells each job of a batch that failed, and puts the others in', async () => {
    const jobs = Array.from({ length: 20 }, (_, index) => aPendingJob(index));
    control.fail('BatchSendMessage', { kind: 'refuse', as: 'Internal' }, 3);
    const results = await queue.enqueue(jobs, NOW);
    expect(results.map(({ ok }) => ok)).toEqual(jobs.map((_, index) => index >= 16));
  });

  test('takes as many calls as their bytes need', async () => {
    const jobs = [1, 2, 3].map((n) => aPendingJob(n, { queueId: 'p'.repeat(30_000) }));
    const results = await queue.enqueue(jobs, NOW);
    expect(results).toEqual(jobs.map((job) => ({ job, ok: true })));
    expect([control.calls('BatchSendMessage'), control.calls('SendMessage')]).toEqual([1, 1]);
  });

  test('takes no bug for a failure', async () => {
    const bug = new TypeError('a bug');
    queue = cloud.open({}, { transport: new ScriptedCmq([bug]) });
    await expect(queue.enqueue([aPendingJob(1)], NOW)).rejects.toBe(bug);
  });

  test('an answer about another number of messages is none', async () => {
    const body = JSON.stringify({ code: 0, message: '', requestId: 'r', msgList: [{ msgId: '1' }] });
    control.fail('BatchSendMessage', { kind: 'answer', status: 200, body }, 3);
    const results = await queue.enqueue([aPendingJob(1), aPendingJob(2)], NOW);
    expect(results.map(({ ok }) => ok)).toEqual([false, false]);
  });
});
