import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CosClient } from '../../lib/cos/client.js';
import { TransportError } from '../../lib/cos/errors/transport-error.js';
import { putObject } from '../../lib/cos/objects.js';
import type { Transport } from '../../lib/cos/transport.js';
import { after, before, hours, millis, minutes, seconds, type Millis } from '../../lib/domain/units.js';
import { nextLookTime } from '../../lib/poller/look-times.js';
import { DEFAULT_SCHEDULE, type SchedulePolicy } from '../../lib/poller/schedule.js';
import type { BucketOptions } from '../../lib/queue/bucket.js';
import type { Lease, Outcome, PendingQueue } from '../../lib/queue/pending-queue.js';
import { aJobId, aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { CHECKPOINT, DEAD, EmbeddedBucket, PENDING } from './embedded-bucket.js';

const NOW = millis(0);
const DONE: Outcome = { kind: 'done' };
const LATER: Outcome = { kind: 'look-again', delay: seconds(10) };
const TOO_OLD: Outcome = { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' };
const NO_JOB: Outcome = { kind: 'dead-letter', reason: 'not-a-job', detail: 'is none' };

let embedded: EmbeddedBucket;

beforeEach(async () => {
  embedded = await EmbeddedBucket.start();
});

afterEach(() => embedded.close());

const leaseFrom = (queue: PendingQueue, max = 100): Promise<readonly Lease[]> =>
  queue.lease({ max, holdUntil: after(embedded.clock.now(), minutes(1)), wait: NOW });

/** One run: leases everything that is due, ends it so, and stores the checkpoint. */
async function runOnce(
  outcome: Outcome = LATER,
  changes: Partial<BucketOptions> = {},
): Promise<readonly string[]> {
  const queue = embedded.open(changes);
  const seen: string[] = [];
  for (;;) {
    const leases = await leaseFrom(queue);
    if (leases.length === 0) break;
    seen.push(...leases.map(({ id }) => id.slice(PENDING.prefix.length)));
    await queue.settle(leases.map((lease) => ({ lease, outcome })));
  }
  await queue.close();
  return seen;
}

async function leaseOne(queue: PendingQueue): Promise<Lease> {
  const [lease] = await leaseFrom(queue, 1);
  if (lease === undefined) throw new Error('there is nothing to lease');
  return lease;
}

const withSchedule = (schedule: SchedulePolicy): Partial<BucketOptions> => ({
  nextLook: (waiting, since) => nextLookTime(waiting, since, schedule),
});

describe('a job in a bucket', () => {
  test('is one empty object, whose key says everything', async () => {
    const job = aPendingJob(1, { createdAt: START });
    expect(await embedded.open().enqueue([job], NOW)).toEqual([{ job, ok: true }]);
    const [name = ''] = await embedded.names();
    expect(name).toMatch(
      /^d00000000000000000000000000000001~[a-z0-9]{10}~1~b\.docs-1250000000~r\.ap-beijing~c\.1767225600000$/,
    );
    expect(await embedded.cloud.control.readObject(PENDING.bucket, PENDING.prefix + name)).toHaveLength(0);
    expect(embedded.calls('PutObject')).toBe(1);
  });

  test('whose putting in was not answered is put in once', async () => {
    const { faults } = embedded.cloud.control;
    faults.add({ match: { operation: 'PutObject' }, times: 2, fault: { kind: 'reset', when: 'after' } });
    expect(await embedded.open().enqueue([aPendingJob(1)], NOW)).toMatchObject([{ ok: true }]);
    expect(embedded.calls('PutObject')).toBe(3);
    expect(await embedded.names()).toHaveLength(1);
  });

  test('that could not be put in is told by itself', async () => {
    embedded.cloud.control.deny({ operation: 'PutObject', prefix: `${PENDING.prefix}${aJobId(2)}` });
    const results = await embedded.open().enqueue(
      [1, 2, 3].map((number) => aPendingJob(number)),
      NOW,
    );
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
    const message = expect.stringContaining(`putting in ${PENDING.prefix}${aJobId(2)}~`);
    expect(results[1]).toMatchObject({
      error: { code: 'queue-access-denied', disposition: 'configuration', message },
    });
  });

  test('twice in the queue is two instances, and each ends by itself', async () => {
    await embedded.open().enqueue([aPendingJob(1), aPendingJob(1)], NOW);
    expect(await embedded.names()).toHaveLength(2);
    expect(await runOnce(DONE)).toHaveLength(2);
    expect(await embedded.names()).toEqual([]);
  });

  test('that is sent back while it is looked at survives the end of that look', async () => {
    await embedded.put('d1~0');
    for (const [index, outcome] of [DONE, TOO_OLD].entries()) {
      const queue = embedded.open();
      const lease = await leaseOne(queue);
      await embedded.put(`d1~${index + 1}`);
      expect(await queue.settle([{ lease, outcome }])).toMatchObject([{ ok: true }]);
      expect(await embedded.names()).toEqual([`d1~${index + 1}`]);
    }
  });

  test.each([
    ['no claim', 'd1~n', START],
    ['the claim of an earlier time', `d1~n~1~f.${START - 5_000}`, START - 5_000],
    ['the claim of a later time', `d1~n~1~f.${START + 5_000}`, START],
  ])('was first seen by %s when %s says so', async (_what, name, firstSeenAt) => {
    await embedded.put(name);
    embedded.clock.advance(minutes(1));
    expect(await leaseOne(embedded.open())).toMatchObject({ firstSeenAt });
  });

  test('was not redriven later than its object was made, whatever it says', async () => {
    await embedded.put(`d1~n~1~d.${START + hours(50)}`);
    await embedded.put(`d2~n~1~d.${START - 7}`);
    const jobs = (await leaseFrom(embedded.open())).map((lease) => lease.kind === 'job' && lease.job);
    expect(jobs).toMatchObject([{ redrivenAt: START + 999 }, { redrivenAt: START - 7 }]);
  });
});

test('what ends a lease does not wait for its turn in the rate that is set for CI', async () => {
  for (let number = 0; number < 20; number += 1) await embedded.put(`d${number}~n`);
  expect(await runOnce(DONE, { client: { ...embedded.clientPolicy, requestsPerSecond: 0.1 } })).toHaveLength(
    20,
  );
  expect(embedded.clock.sleeps).toEqual([]);
});

test('what ends at the end of a run is given up in time for the run to end', async () => {
  await embedded.put('d1~n');
  const queue = embedded.open({}, { deadline: after(START, seconds(10)) });
  const lease = await leaseOne(queue);
  embedded.clock.advance(seconds(9));
  expect(await queue.settle([{ lease, outcome: DONE }])).toMatchObject([
    { ok: false, error: { code: 'queue-unavailable' } },
  ]);
  await queue.close();
  expect(embedded.calls('DeleteObject')).toBe(0);
  expect(await embedded.checkpoint()).toBeUndefined();
  expect(await embedded.names()).toEqual(['d1~n']);
});

test('the checkpoint is stored, though what ends hangs until there is no more time for it', async () => {
  for (const name of ['d1~n', 'd2~n']) await embedded.put(name);
  const transport: Transport = {
    exchange: (request, limits) => {
      if (request.method !== 'DELETE') return embedded.transport.exchange(request, limits);
      embedded.clock.advance(limits.timeout);
      return Promise.reject(new TransportError('timeout', 'no answer'));
    },
    close: () => undefined,
  };
  const deadline = after(START, seconds(10));
  const queue = embedded.open({}, { transport, deadline });
  const leases = await leaseFrom(queue);
  embedded.clock.advance(seconds(7));
  const results = await queue.settle(leases.map((lease) => ({ lease, outcome: DONE })));
  expect(results.map(({ ok }) => ok)).toEqual([false, false]);
  await queue.close();
  expect(JSON.parse((await embedded.checkpoint()) ?? '{}')).toMatchObject({ since: START });
  expect(deadline - embedded.clock.now()).toBeGreaterThanOrEqual(seconds(1));
});

test('jobs, dead letters and the checkpoint are stored with what they are', async () => {
  const types: unknown[] = [];
  const transport: Transport = {
    exchange: (request, limits) => {
      if (request.method === 'PUT') types.push(request.headers['content-type']);
      return embedded.transport.exchange(request, limits);
    },
    close: () => undefined,
  };
  const queue = embedded.open({}, { transport });
  await queue.enqueue([aPendingJob(1)], NOW);
  await queue.settle([{ lease: await leaseOne(queue), outcome: TOO_OLD }]);
  await queue.close();
  expect(types).toEqual(['application/octet-stream', 'application/json', 'application/json']);
});

test('no more than sixteen requests are under way at a time', async () => {
  let [underWay, most] = [0, 0];
  const transport: Transport = {
    exchange: async (request, limits) => {
      underWay += 1;
      most = Math.max(most, underWay);
      try {
        return await embedded.transport.exchange(request, limits);
      } finally {
        underWay -= 1;
      }
    },
    close: () => undefined,
  };
  const queue = embedded.open({}, { transport });
  const jobs = Array.from({ length: 40 }, (_, number) => aPendingJob(number));
  expect((await queue.enqueue(jobs, NOW)).every(({ ok }) => ok)).toBe(true);
  expect(most).toBe(16);
  const leases = await leaseFrom(queue);
  most = 0;
  const results = await queue.settle(leases.map((lease) => ({ lease, outcome: DONE })));
  expect(results.filter(({ ok }) => ok)).toHaveLength(40);
  expect(most).toBe(16);
});

test.each([
  [-1, true],
  [0, false],
])(
  'a lease may be used until its end, and to say that it is done after it: %d ms from there',
  async (late, ok) => {
    for (const name of ['d1~n', 'd2~n', 'd3~n']) await embedded.put(name);
    const queue = embedded.open({}, { deadline: after(START, hours(1)) });
    const leases = await leaseFrom(queue);
    embedded.clock.advance(millis(minutes(1) + late));
    const outcomes = [DONE, LATER, TOO_OLD];
    const results = await queue.settle(
      leases.map((lease, index) => ({ lease, outcome: outcomes[index] ?? DONE })),
    );
    expect(results.map((result) => result.ok)).toEqual([true, ok, ok]);
    if (ok) return;
    const said = {
      code: 'lease-expired',
      message: expect.stringMatching(/pending\/d2~n of cos:.* has ended/),
    };
    expect(results[1]).toMatchObject({ error: { disposition: 'job', ...said } });
  },
);

test('a lease of another run is refused, and COS is not asked', async () => {
  await embedded.put('d1~n');
  const lease = await leaseOne(embedded.open());
  const [result] = await embedded.open().settle([{ lease, outcome: DONE }]);
  const said = {
    code: 'lease-lost',
    message: expect.stringMatching(/pending\/d1~n of cos:.* none of this run/),
  };
  expect(result).toMatchObject({ ok: false, error: said });
  expect(embedded.calls('DeleteObject')).toBe(0);
});

test('a queue that was closed asks for nothing any more', async () => {
  await embedded.put('d1~n');
  const queue = embedded.open();
  const lease = await leaseOne(queue);
  await queue.close();
  const message = expect.stringMatching(/settling .*d1~n failed: the queue was closed/);
  expect(await queue.settle([{ lease, outcome: DONE }])).toMatchObject([{ ok: false, error: { message } }]);
  expect(embedded.calls('DeleteObject')).toBe(0);
});

describe('when a job is looked at', () => {
  test('goes by its look times, not by what a settlement says', async () => {
    await embedded.put('d1~n');
    const looks: number[] = [];
    for (let minute = 0; minute <= 60; minute += 1) {
      if ((await runOnce({ kind: 'look-again', delay: hours(9) })).length > 0) looks.push(minute);
      embedded.clock.advance(minutes(1));
    }
    const expected = Array.from({ length: 61 }, (_, minute) => minute).filter(
      (minute) =>
        minute < 2 ||
        nextLookTime(
          { seed: 'd1', firstSeenAt: START, seenAt: START },
          after(START, minutes(minute - 1)),
          DEFAULT_SCHEDULE,
        ) <= after(START, minutes(minute)),
    );
    expect(looks).toEqual(expected);
    expect(looks.length).toBeLessThan(20);
  });

  test('a first look is not missed though the listing lags, also where looks are rare', async () => {
    const rare = withSchedule({ ...DEFAULT_SCHEDULE, floor: hours(1), ceiling: hours(1) });
    embedded.cloud.control.behaviour.objectListLagMs = 40_000;
    await embedded.put('d1~n');
    embedded.clock.advance(seconds(50));
    await embedded.put('d2~n');
    embedded.clock.advance(seconds(10));
    // A pass that claims this moment, and does not see the second job.
    expect(await runOnce(LATER, rare)).toEqual(['d1~n']);
    embedded.clock.advance(seconds(40));
    expect(await runOnce(LATER, rare)).toEqual(['d2~n']);
  });

  test('a listing that lags longer costs no more than a quarter of its lag', async () => {
    embedded.cloud.control.behaviour.objectListLagMs = minutes(20);
    const firstLooks: (number | undefined)[] = [];
    for (let minute = 0; minute <= 66; minute += 1) {
      // One a minute, so that passes go on being claimed.
      await embedded.put(`d${minute}~n`);
      for (const name of await runOnce()) firstLooks[Number(/\d+/.exec(name)?.[0])] ??= minute;
      embedded.clock.advance(minutes(1));
    }
    for (const [submitted, looked] of firstLooks.entries()) {
      if (submitted > 40) break;
      expect((looked ?? Infinity) - submitted).toBeGreaterThanOrEqual(20);
      expect((looked ?? Infinity) - submitted).toBeLessThanOrEqual(20 + 5 + 1);
    }
    expect(firstLooks.length).toBeGreaterThan(40);
  });

  test('a removed object that is still listed is no harm: it goes once more', async () => {
    await embedded.put('d1~n');
    embedded.clock.advance(seconds(31));
    embedded.cloud.control.behaviour.objectListLagMs = 30_000;
    expect(await runOnce(DONE)).toEqual(['d1~n']);
    expect(await runOnce(DONE)).toEqual(['d1~n']);
    embedded.clock.advance(minutes(1));
    expect(await runOnce(DONE)).toEqual([]);
  });

  test('goes by the clock of COS where ours is wrong', async () => {
    embedded.cloud.control.skewClock(-10 * 60_000);
    await embedded.put('d1~n');
    expect(await runOnce()).toEqual(['d1~n']);
    expect(JSON.parse((await embedded.checkpoint()) ?? '')).toMatchObject({
      since: before(START, minutes(10)),
    });
  });
});

describe('the checkpoint', () => {
  test('lies beside the pending jobs and costs an idle queue no write', async () => {
    await embedded.put('d1~n');
    await runOnce();
    expect(JSON.parse((await embedded.checkpoint()) ?? '')).toEqual({
      version: 1,
      prefix: PENDING.prefix,
      since: START,
    });
    expect(await embedded.names()).toEqual(['d1~n']);
    embedded.clock.advance(hours(2));
    await runOnce();
    const [writes, listings, reads] = [
      embedded.calls('PutObject'),
      embedded.calls('GetBucket'),
      embedded.calls('GetObject'),
    ];
    embedded.clock.advance(minutes(1));
    expect(await runOnce()).toEqual([]);
    expect(embedded.calls('PutObject')).toBe(writes);
    expect(embedded.calls('GetBucket')).toBe(listings + 1);
    expect(embedded.calls('GetObject')).toBe(reads + 1);
  });

  test.each(['', 'not JSON', '{"version":1}', '\u0000'])(
    'that says %j makes everything due, and is written anew',
    async (broken) => {
      await embedded.put('d1~n');
      await runOnce();
      embedded.clock.advance(hours(2));
      await runOnce();
      expect(await runOnce()).toEqual([]);
      await embedded.cloud.control.putObject(PENDING.bucket, CHECKPOINT, Buffer.from(broken));
      expect(await runOnce()).toEqual(['d1~n']);
      expect(await runOnce()).toEqual([]);
    },
  );

  test('that cannot be stored is told, and costs looks only', async () => {
    await embedded.put('d1~n');
    embedded.cloud.control.deny({ operation: 'PutObject', prefix: CHECKPOINT });
    expect(await runOnce()).toEqual(['d1~n']);
    expect(await runOnce()).toEqual(['d1~n']);
    const line: unknown = expect.objectContaining({
      event: 'checkpoint-not-stored',
      code: 'queue-access-denied',
      message: expect.stringContaining(`storing the checkpoint ${CHECKPOINT}`),
      requestId: expect.stringMatching(/./),
    });
    expect(embedded.lines.map((logged) => JSON.parse(logged) as unknown)).toEqual([line, line]);
  });

  test('does not pass what was handed back without a look, but does pass what could not be settled', async () => {
    for (const name of ['d1~n', 'd2~n', 'd3~n']) await embedded.put(name);
    embedded.clock.advance(hours(5));
    const queue = embedded.open();
    const leases = await leaseFrom(queue);
    const outcomes: readonly Outcome[] = [DONE, LATER, { kind: 'look-again', delay: NOW }];
    embedded.cloud.control.deny({ operation: 'DeleteObject' });
    const results = await queue.settle(
      leases.map((lease, index) => ({ lease, outcome: outcomes[index] ?? DONE })),
    );
    expect(results.map(({ ok }) => ok)).toEqual([false, true, true]);
    await queue.close();
    expect(await runOnce()).toEqual(['d3~n']);
  });

  test('is not stored by a queue that was only put into', async () => {
    const queue = embedded.open();
    await queue.enqueue([aPendingJob(1)], NOW);
    await queue.close();
    expect(await embedded.checkpoint()).toBeUndefined();
    expect(embedded.calls('GetObject')).toBe(0);
  });
});

describe('a dead letter in a bucket', () => {
  test('is an object that says all that is known, under its reason and the name of the job', async () => {
    const name = `d1~n~1~q.p1~f.${START - 1_000}`;
    await embedded.put(name);
    const lastError = { code: 'AccessDenied', message: 'no grant', requestId: 'NjA=' };
    await runOnce({ kind: 'dead-letter', reason: 'look-failed', detail: 'the last look failed', lastError });
    expect(await embedded.cloud.control.listKeys(DEAD.bucket, DEAD.prefix)).toEqual([
      `${DEAD.prefix}look-failed/${name}.json`,
    ]);
    expect(await embedded.deadLetters()).toEqual([
      {
        version: 1,
        reason: 'look-failed',
        detail: 'the last look failed',
        lastError,
        queue: PENDING.url,
        key: PENDING.prefix + name,
        firstSeenAt: new Date(START - 1_000).toISOString(),
        job: { jobId: 'd1', ...SOURCE, queueId: 'p1', firstSeenAt: START - 1_000 },
      },
    ]);
    expect(await embedded.names()).toEqual([]);
  });

  test('of a job that two runs bury at a time is one', async () => {
    await embedded.put('d1~n');
    const runs = [embedded.open(), embedded.open()];
    for (const queue of runs) {
      const lease = await leaseOne(queue);
      if (queue !== runs[1]) continue;
      expect(await queue.settle([{ lease, outcome: TOO_OLD }])).toMatchObject([{ ok: true }]);
      await embedded.put('d1~n');
    }
    expect(await runOnce(TOO_OLD)).toEqual(['d1~n']);
    expect(await embedded.deadLetters()).toHaveLength(1);
  });

  test('that cannot be written leaves the job where it is', async () => {
    await embedded.put('d1~n');
    embedded.cloud.control.deny({ operation: 'PutObject', prefix: DEAD.prefix });
    const queue = embedded.open();
    const lease = await leaseOne(queue);
    expect(await queue.settle([{ lease, outcome: TOO_OLD }])).toMatchObject([
      { ok: false, error: { code: 'queue-access-denied' } },
    ]);
    expect(await embedded.names()).toEqual(['d1~n']);
    expect(embedded.calls('DeleteObject')).toBe(0);
  });

  test('is written before the job is removed', async () => {
    await embedded.put('d1~n');
    await runOnce(TOO_OLD);
    const { statistics } = embedded.cloud.control;
    const operations = statistics
      .requests({ family: 'cos' })
      .map(({ operation, subject }) => [operation, subject]);
    expect(operations.slice(-3)).toEqual([
      ['PutObject', `${DEAD.prefix}too-old/d1~n.json`],
      ['DeleteObject', `${PENDING.prefix}d1~n`],
      ['PutObject', CHECKPOINT],
    ]);
  });
});

describe('an object that is no job', () => {
  test.each([
    ['README.md', Buffer.from('# Notes\n')],
    ['sub-folder/', Buffer.alloc(0)],
    ['sub/d1', Buffer.from([0, 255, 128])],
    ['名前 +%2F&<>.txt', Buffer.from('x')],
    ['as-large-as-may-be.bin', Buffer.alloc(64 * 1024, 7)],
    // Whoever may submit must not be able to make every run fail.
    ['reads-as-no-grant.xml', Buffer.from('<Error><Code>AccessDenied</Code></Error>')],
    ['reads-as-a-refused-key.xml', Buffer.from('<Error><Code>InvalidAccessKeyId</Code></Error>')],
  ])('goes to the dead letters with its content: %s', async (name, content) => {
    await embedded.cloud.control.putObject(PENDING.bucket, PENDING.prefix + name, content);
    expect(await runOnce(NO_JOB)).toHaveLength(1);
    const [letter] = await embedded.deadLetters();
    expect(letter).toMatchObject({ reason: 'not-a-job', key: PENDING.prefix + name });
    expect(letter?.job).toBeUndefined();
    // No name of theirs in our keys.
    const [key] = await embedded.cloud.control.listKeys(DEAD.bucket, DEAD.prefix);
    const hash = createHash('sha256').update(name).digest('hex');
    expect(key).toBe(`${DEAD.prefix}not-a-job/${hash}.json`);
    expect(Buffer.from(letter?.content?.base64 ?? '', 'base64').equals(content)).toBe(true);
    expect(await embedded.names()).toEqual([]);
  });

  test('goes to the dead letters with the type of its content', async () => {
    const bounds = { deadline: after(START, minutes(1)), signal: new AbortController().signal };
    const sender = new CosClient(embedded.clientPolicy, embedded.effects, bounds);
    await putObject(sender, PENDING, `${PENDING.prefix}a page`, Buffer.from('<p>'), 'text/html');
    await runOnce(NO_JOB);
    expect(await embedded.deadLetters()).toMatchObject([{ content: { type: 'text/html' } }]);
  });

  test('stays where it is, and is told, where its content is too large for a dead letter', async () => {
    const content = Buffer.alloc(64 * 1024 + 1);
    await embedded.cloud.control.putObject(PENDING.bucket, `${PENDING.prefix}a-file.bin`, content);
    await embedded.put('d1~n');
    const queue = embedded.open();
    const leases = await leaseFrom(queue);
    const results = await queue.settle(leases.map((lease) => ({ lease, outcome: NO_JOB })));
    await queue.close();
    const message = expect.stringMatching(/a-file\.bin is no job.*65537 bytes.*65536 at most.*move it away/);
    expect(results).toMatchObject([{ ok: false, error: { code: 'message-refused', message } }, { ok: true }]);
    // The listing told its size: but for the checkpoint, nothing was read.
    expect(embedded.calls('GetObject')).toBe(1);
    expect(await embedded.names()).toEqual(['a-file.bin']);
    expect((await embedded.deadLetters()).map(({ key }) => key)).toEqual([`${PENDING.prefix}d1~n`]);
    // And the passes go on: it keeps nobody from being looked at.
    expect(JSON.parse((await embedded.checkpoint()) ?? '')).toMatchObject({ since: START });
  });

  test('stays where it is when it has grown too large since it was listed', async () => {
    await embedded.put('a-file.bin', 'small');
    const queue = embedded.open();
    const lease = await leaseOne(queue);
    await embedded.put('a-file.bin', 'x'.repeat(64 * 1024 + 1));
    expect(await queue.settle([{ lease, outcome: NO_JOB }])).toMatchObject([
      { ok: false, error: { code: 'message-refused', message: expect.stringContaining('a-file.bin') } },
    ]);
    expect(await embedded.names()).toEqual(['a-file.bin']);
  });

  test('that another run has buried is gone, and no harm', async () => {
    await embedded.put('a file', 'content');
    const [one, other] = [embedded.open(), embedded.open()];
    const [mine, theirs] = [await leaseOne(one), await leaseOne(other)];
    for (const [queue, lease] of [[one, mine] as const, [other, theirs] as const]) {
      expect(await queue.settle([{ lease, outcome: NO_JOB }])).toMatchObject([{ ok: true }]);
    }
    // The one that was written while there was something to read.
    const base64 = Buffer.from('content').toString('base64');
    expect(await embedded.deadLetters()).toMatchObject([{ content: { base64 } }]);
  });
});

describe('a queue that cannot be asked', () => {
  const failure = async (
    prepare: () => void,
    changes: Partial<BucketOptions> = {},
    wait: Millis = NOW,
  ): Promise<Error> => {
    prepare();
    const queue = embedded.open(changes);
    const leasing = queue.lease({ max: 1, holdUntil: after(START, minutes(1)), wait });
    return leasing.then(
      () => {
        throw new Error('it could be asked');
      },
      (error: unknown) => error as Error, // what lease throws
    );
  };

  test('says that it may not list, with the bucket and the request ID', async () => {
    const error = await failure(() => embedded.cloud.control.deny({ operation: 'GetBucket' }));
    expect(error).toMatchObject({
      name: 'QueueError',
      code: 'queue-access-denied',
      disposition: 'configuration',
      requestId: expect.stringMatching(/./),
      message: expect.stringMatching(
        /listing cos:\/\/queues-1250000000.*AccessDenied.*request ID .*grant GetBucket/,
      ),
    });
  });

  test('says that it may not read its checkpoint', async () => {
    const error = await failure(() => embedded.cloud.control.deny({ operation: 'GetObject' }));
    expect(error).toMatchObject({
      code: 'queue-access-denied',
      message: expect.stringContaining(CHECKPOINT),
    });
  });

  test('says that there is no such bucket', async () => {
    const missing = { ...PENDING, bucket: DEAD.bucket.replace('queues', 'nowhere') as typeof PENDING.bucket };
    const error = await failure(() => undefined, { queue: missing });
    expect(error).toMatchObject({
      code: 'queue-not-found',
      message: expect.stringContaining('check the bucket and the region'),
    });
  });

  test('says that the key is refused, and not the key', async () => {
    const queue = embedded.open(
      {},
      { credentials: () => ({ ...embedded.cloud.credentials.longLived, secretKey: 'wrong-secret' }) },
    );
    const error = await leaseFrom(queue).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'queue-credentials-refused', disposition: 'credentials' });
    expect(String(error)).not.toContain('wrong-secret');
  });

  test.each([
    [{ kind: 'status', status: 503, code: 'SlowDown' } as const, 'queue-throttled'],
    [{ kind: 'status', status: 500 } as const, 'queue-unavailable'],
    [{ kind: 'reset', when: 'mid-body' } as const, 'queue-unavailable'],
    [{ kind: 'truncated', length: 'cut' } as const, 'queue-unavailable'],
    [{ kind: 'html-body' } as const, 'queue-unavailable'],
    [{ kind: 'empty-body' } as const, 'queue-unavailable'],
  ])('because its listing goes wrong for good (%j) says so, after retries', async (fault, code) => {
    const error = await failure(() => {
      embedded.cloud.control.faults.add({ match: { operation: 'GetBucket' }, fault });
    });
    expect(error).toMatchObject({ code });
    expect(embedded.calls('GetBucket')).toBe(3);
  });

  test('in passing is asked again', async () => {
    await embedded.put('d1~n');
    embedded.cloud.control.faults.add({
      match: { operation: 'GetBucket' },
      times: 2,
      fault: { kind: 'truncated', length: 'cut' },
    });
    expect(await runOnce()).toEqual(['d1~n']);
  });
});

test('a backlog of many pages is gone through, each job once', async () => {
  const names = Array.from({ length: 2_100 }, (_, number) => `d${String(number).padStart(5, '0')}~n`);
  await Promise.all(names.map((name) => embedded.put(name)));
  expect(await runOnce()).toEqual(names);
  expect(embedded.calls('GetBucket')).toBe(3);
});

describe('what a bucket queue holds', () => {
  test('are its pending jobs and those of its dead letters, each once, and nothing that is no job', async () => {
    await embedded.put(aJobId(1));
    await embedded.put(`${aJobId(1)}~again`);
    await embedded.put(`${aJobId(2)}~n~1~c.5`);
    await embedded.put('notes of somebody');
    await embedded.open().enqueue([aPendingJob(3)], NOW);
    const queue = embedded.open();
    const leases = await leaseFrom(queue);
    const third = leases.filter((lease) => lease.kind === 'job' && lease.job.jobId === aJobId(3));
    await queue.settle(third.map((lease) => ({ lease, outcome: TOO_OLD })));
    expect(await embedded.deadLetters()).toHaveLength(1);
    expect(await embedded.open().held?.()).toEqual(new Set([aJobId(1), aJobId(2), aJobId(3)]));
  });

  test('is found on every page of the listings', async () => {
    const names = Array.from({ length: 1_001 }, (_, number) => `d${String(number).padStart(5, '0')}~n`);
    await Promise.all(names.map((name) => embedded.put(name)));
    expect((await embedded.open().held?.())?.size).toBe(1_001);
    expect(embedded.calls('GetBucket')).toBe(3);
  });

  test('cannot be said while it cannot be listed', async () => {
    embedded.cloud.control.deny({ operation: 'GetBucket' });
    await expect(embedded.open().held?.()).rejects.toMatchObject({
      code: 'queue-access-denied',
      message: expect.stringContaining(`listing ${PENDING.url}`),
    });
  });
});
