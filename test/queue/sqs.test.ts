import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { after, hours, millis, minutes, seconds } from '../../lib/domain/units.js';
import { systemClock } from '../../lib/platform/system.js';
import type { EnqueueResult, Lease, Outcome, SettleResult } from '../../lib/queue/pending-queue.js';
import { QueueError } from '../../lib/queue/queue-error.js';
import type { SqsQueue } from '../../lib/queue/sqs.js';
import { aPendingJob } from '../support/pending-jobs.js';
import { answer, ScriptedServer } from '../support/scripted-server.js';
import { TEST_KEY } from './aws-environment.js';
import { EmbeddedSqs } from './embedded-sqs.js';

const NOW = millis(0);
const DONE: Outcome = { kind: 'done' };
const DEAD: Outcome = { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' };

let aws: EmbeddedSqs;
let queue: SqsQueue;

beforeEach(async () => {
  aws = await EmbeddedSqs.start();
  queue = aws.open();
});

afterEach(async () => {
  await queue.close();
  await aws.close();
});

const request = () => ({ max: 10, holdUntil: after(aws.clock.now(), minutes(1)), wait: NOW });

async function leaseAll(): Promise<readonly Lease[]> {
  const all: Lease[] = [];
  for (;;) {
    const some = await queue.lease(request());
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function enqueue(count: number): Promise<void> {
  const jobs = Array.from({ length: count }, (_, index) => aPendingJob(index));
  expect((await queue.enqueue(jobs, NOW)).every(({ ok }) => ok)).toBe(true);
}

const settleAll = (leases: readonly Lease[], outcome: Outcome): Promise<readonly SettleResult[]> =>
  queue.settle(leases.map((lease) => ({ lease, outcome })));

const codes = (results: readonly (SettleResult | EnqueueResult)[]): readonly string[] =>
  results.map((result) => (result.ok ? 'ok' : result.error.code));

/** What an operation is refused with. */
async function errorOf(operation: Promise<unknown>): Promise<QueueError> {
  const error = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof QueueError)) throw new Error('expected a QueueError', { cause: error });
  return error;
}

describe('asking SQS for messages', () => {
  test('is done in seconds and numbers that SQS takes', async () => {
    const server = await ScriptedServer.start(
      answer(200, '{}', { 'content-type': 'application/x-amz-json-1.0' }),
    );
    const other = aws.open({ endpoint: server.origin.href });
    try {
      const holdUntil = after(aws.clock.now(), millis(57_001));
      expect(await other.lease({ max: 2_000, holdUntil, wait: millis(1_999) })).toEqual([]);
      expect(
        await other.lease({ max: 3, holdUntil: after(aws.clock.now(), hours(20)), wait: minutes(5) }),
      ).toEqual([]);
    } finally {
      await other.close();
      await server.close();
    }
    expect(server.requests.map(({ body }) => JSON.parse(body.toString()) as unknown)).toEqual([
      {
        QueueUrl: aws.urlOf('jobs'),
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 60,
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['SentTimestamp'],
      },
      {
        QueueUrl: aws.urlOf('jobs'),
        MaxNumberOfMessages: 3,
        VisibilityTimeout: 43_200,
        WaitTimeSeconds: 20,
        MessageSystemAttributeNames: ['SentTimestamp'],
      },
    ]);
  });

  test('waits for a first message and gets it as it arrives', async () => {
    const arrived = aws.nextRequest();
    const leasing = queue.lease({ ...request(), wait: seconds(20) });
    await arrived;
    aws.sqs.control.send('jobs', aPendingJob(1).jobId);
    expect(await leasing).toMatchObject([{ kind: 'job', job: aPendingJob(1) }]);
  });

  test('can be aborted while it waits, and then takes nothing that arrives later', async () => {
    const controller = new AbortController();
    const arrived = aws.nextRequest();
    const leasing = queue.lease({ ...request(), wait: seconds(20), signal: controller.signal });
    await arrived;
    const reason = new Error('the run is over');
    controller.abort(reason);
    await expect(leasing).rejects.toBe(reason);
    await enqueue(1);
    expect(aws.sqs.control.counts('jobs')).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(await queue.lease(request())).toHaveLength(1);
  });

  test('takes the first sight of a message from SQS, whatever the message claims', async () => {
    const sentAt = aws.clock.now();
    aws.sqs.control.send('jobs', JSON.stringify(aPendingJob(1, { firstSeenAt: after(sentAt, hours(-5)) })));
    aws.advance(hours(1));
    expect(await queue.lease(request())).toMatchObject([{ firstSeenAt: sentAt }]);
  });
});

test('a job that SQS does not take is told with what was asked of which queue', async () => {
  aws.sqs.control.fail('SendMessageBatch', { kind: 'partial', entries: [1], as: 'InvalidMessageContents' });
  const results = await queue.enqueue(
    [1, 2].map((number) => aPendingJob(number)),
    NOW,
  );
  expect(codes(results)).toEqual(['ok', 'message-refused']);
  expect(results[1]).toMatchObject({
    error: { message: expect.stringContaining(`SendMessageBatch on ${aws.urlOf('jobs')} failed`) },
  });
});

test('a queue of SQS is closed at once, and may be closed again', async () => {
  await expect(queue.close()).resolves.toBeUndefined();
});

describe('settling in SQS', () => {
  test('an entry that SQS failed through its own fault is sent once more', async () => {
    await enqueue(3);
    const leases = await leaseAll();
    aws.sqs.control.fail('DeleteMessageBatch', { kind: 'partial', entries: [0, 2], as: 'InternalError' });
    expect(codes(await settleAll(leases, DONE))).toEqual(['ok', 'ok', 'ok']);
    expect(aws.sqs.control.calls('DeleteMessageBatch')).toBe(2);
    expect(aws.sqs.control.messages('jobs')).toEqual([]);
  });

  test('an entry that fails again is told by itself, and the message stays', async () => {
    await enqueue(3);
    const leases = await leaseAll();
    aws.sqs.control.fail('ChangeMessageVisibilityBatch', {
      kind: 'partial',
      entries: [1],
      as: 'InternalError',
    });
    aws.sqs.control.fail('ChangeMessageVisibilityBatch', {
      kind: 'partial',
      entries: [0],
      as: 'InternalError',
    });
    expect(codes(await settleAll(leases, { kind: 'look-again', delay: NOW }))).toEqual([
      'ok',
      'queue-unavailable',
      'ok',
    ]);
    expect(aws.sqs.control.counts('jobs')).toEqual({ visible: 2, inFlight: 1, delayed: 0 });
  });

  test('an entry that SQS refuses is not sent again', async () => {
    await enqueue(2);
    const leases = await leaseAll();
    aws.sqs.control.fail('DeleteMessageBatch', {
      kind: 'partial',
      entries: [1],
      as: 'ReceiptHandleIsInvalid',
    });
    const [, refused] = await settleAll(leases, DONE);
    expect(refused).toMatchObject({ ok: false, error: { code: 'lease-lost', disposition: 'job' } });
    expect(aws.sqs.control.calls('DeleteMessageBatch')).toBe(1);
  });

  test('a call that fails as a whole fails its ten, and the other batches go', async () => {
    await enqueue(30);
    const leases = await leaseAll();
    aws.sqs.control.fail('DeleteMessageBatch', { kind: 'refuse', as: 'InvalidParameterValue' });
    const results = codes(await settleAll(leases, DONE));
    expect(results.filter((code) => code === 'queue-call-refused')).toHaveLength(10);
    expect(results.filter((code) => code === 'ok')).toHaveLength(20);
    expect(aws.sqs.control.messages('jobs')).toHaveLength(10);
  });

  test('a message that cannot be sent to the dead letters does not leave the queue', async () => {
    await enqueue(2);
    const leases = await leaseAll();
    aws.sqs.control.fail('SendMessageBatch', { kind: 'partial', entries: [0], as: 'InvalidMessageContents' });
    expect(codes(await settleAll(leases, DEAD))).toEqual(['message-refused', 'ok']);
    expect(aws.deadLetters()).toHaveLength(1);
    aws.advance(minutes(2));
    expect(await leaseAll()).toMatchObject([{ id: leases[0]?.id }]);
  });

  test('a message that stays in the queue after its dead letter was sent is told as failed, and comes again', async () => {
    await enqueue(1);
    const leases = await leaseAll();
    aws.sqs.control.fail('DeleteMessageBatch', { kind: 'refuse', as: 'InvalidParameterValue' });
    expect(codes(await settleAll(leases, DEAD))).toEqual(['queue-call-refused']);
    expect(aws.deadLetters()).toHaveLength(1);
    aws.advance(minutes(2));
    expect(await leaseAll()).toHaveLength(1);
  });

  test('dead letters go in calls of a mebibyte at most', async () => {
    const bodies = ['a', 'b', 'c'].map((letter) => letter.repeat(400_000));
    for (const body of bodies) aws.sqs.control.send('jobs', body);
    expect(codes(await settleAll(await leaseAll(), DEAD))).toEqual(['ok', 'ok', 'ok']);
    expect(aws.sqs.control.calls('SendMessageBatch')).toBe(2);
    expect(aws.deadLetters().map(({ body }) => body)).toEqual(bodies);
  });

  test('the largest message that SQS takes reaches the dead letters, without words beside it', async () => {
    const body = 'x'.repeat(1_048_576);
    aws.sqs.control.send('jobs', body);
    expect(codes(await settleAll(await leaseAll(), DEAD))).toEqual(['ok']);
    expect(aws.deadLetters()).toEqual([{ body, reason: undefined, detail: undefined }]);
    expect(aws.sqs.control.messages('jobs')).toEqual([]);
  });

  test('what is done after another run has the message does not take it from that run', async () => {
    await enqueue(1);
    const mine = await leaseAll();
    aws.advance(minutes(2));
    const theirs = await leaseAll();
    expect(codes(await settleAll(mine, DONE))).toEqual(['ok']);
    expect(aws.sqs.control.counts('jobs')).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    expect(codes(await settleAll(theirs, DONE))).toEqual(['ok']);
    expect(aws.sqs.control.messages('jobs')).toEqual([]);
  });

  test.each<
    [string, Outcome, 'DeleteMessageBatch' | 'ChangeMessageVisibilityBatch' | 'SendMessageBatch', string]
  >([
    ['done', DONE, 'DeleteMessageBatch', 'jobs'],
    ['to be looked at again', { kind: 'look-again', delay: NOW }, 'ChangeMessageVisibilityBatch', 'jobs'],
    ['given up', DEAD, 'SendMessageBatch', 'dead'],
  ])(
    'a failure to settle what is %s says what was asked of which queue',
    async (_what, outcome, action, name) => {
      await enqueue(1);
      const leases = await leaseAll();
      for (const fault of [{ kind: 'refuse' }, { kind: 'partial', entries: [0] }] as const) {
        aws.sqs.control.fail(action, { ...fault, as: 'InvalidParameterValue' });
        const [result] = await settleAll(leases, outcome);
        expect(result).toMatchObject({
          ok: false,
          error: { message: expect.stringContaining(`${action} on ${aws.urlOf(name)} failed`) },
        });
      }
    },
  );

  test.each([
    [-1, 'ok'],
    [0, 'lease-expired'],
  ])('a lease may be used until its end: %d ms from there is %s', async (late, code) => {
    await enqueue(2);
    const leases = await leaseAll();
    const [lease] = leases;
    if (lease === undefined) throw new Error('two were put in');
    aws.advance(millis(lease.until - aws.clock.now() + late));
    const results = await settleAll(leases, { kind: 'look-again', delay: NOW });
    expect(codes(results)).toEqual([code, code]);
    if (code === 'ok') return;
    const said = new RegExp(`${lease.id} of ${aws.urlOf('jobs')} has ended`);
    expect(results[0]).toMatchObject({ error: { disposition: 'job', message: expect.stringMatching(said) } });
    expect(aws.sqs.control.calls('ChangeMessageVisibilityBatch')).toBe(0);
  });

  test('a lease of another queue is refused, and SQS is not asked', async () => {
    await enqueue(1);
    const [lease] = await leaseAll();
    if (lease === undefined) throw new Error('one was put in');
    const [result] = await settleAll([{ ...lease }], DONE);
    const said = new RegExp(`${lease.id} is none of ${aws.urlOf('jobs')}`);
    expect(result).toMatchObject({ error: { code: 'lease-lost', message: expect.stringMatching(said) } });
    expect(aws.sqs.control.calls('DeleteMessageBatch')).toBe(0);
  });

  test('a lease that SQS has given up earlier than its time is told as lost', async () => {
    await enqueue(1);
    const [lease] = await queue.lease({ ...request(), holdUntil: after(aws.clock.now(), hours(1)) });
    const [stored] = aws.sqs.control.messages('jobs');
    if (lease === undefined || stored === undefined) throw new Error('one was put in');
    // The same message, taken over with a lease that we believe to be longer than it is.
    const adopted = queue.adopt(
      {
        messageId: stored.id,
        receiptHandle: 'bm90IGEgaGFuZGxl',
        body: stored.content.body,
        attributes: { SentTimestamp: '0' },
      },
      aws.clock.now(),
      after(aws.clock.now(), hours(2)),
    );
    expect(codes(await settleAll([adopted, lease], { kind: 'look-again', delay: NOW }))).toEqual([
      'lease-lost',
      'ok',
    ]);
    expect(codes(await settleAll([lease], { kind: 'look-again', delay: seconds(5) }))).toEqual([
      'lease-lost',
    ]);
  });
});

describe('when SQS does not do what it is asked', () => {
  test('a queue that does not exist is named, with the request ID and what to check', async () => {
    const other = aws.open({ queueUrl: aws.urlOf('nosuch') });
    const error = await errorOf(other.lease(request()));
    await other.close();
    expect(error).toMatchObject({ code: 'queue-not-found', disposition: 'configuration' });
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(error.message).toBe(
      `ReceiveMessage on ${aws.urlOf('nosuch')} failed with QueueDoesNotExist: The specified queue does not exist. ` +
        `(request ID ${error.requestId ?? ''}); check the queue URL, its region and its account`,
    );
  });

  test.each([
    ['a key that is not known', { accessKeyId: 'AKIDOTHER' }],
    ['a secret that is wrong', { secretAccessKey: 'another-secret' }],
  ])('%s stops the run, and no secret is told', async (_what, change) => {
    const other = aws.open({}, { credentials: { ...TEST_KEY, ...change } });
    const error = await errorOf(other.lease(request()));
    await other.close();
    expect(error).toMatchObject({ code: 'queue-credentials-refused', disposition: 'credentials' });
    expect(error.cause).toBeUndefined();
    expect(error.message).not.toContain(TEST_KEY.secretAccessKey);
    expect(error.message).not.toContain('another-secret');
  });

  test('passing trouble is tried through, lasting trouble told as transient', async () => {
    await enqueue(1);
    aws.sqs.control.fail('ReceiveMessage', { kind: 'refuse', as: 'ServiceUnavailable' }, 2);
    expect(await leaseAll()).toHaveLength(1);
    aws.sqs.control.fail('ReceiveMessage', { kind: 'refuse', as: 'InternalError' }, 3);
    expect(await errorOf(queue.lease(request()))).toMatchObject({
      code: 'queue-unavailable',
      disposition: 'transient',
    });
  });

  test('throttling is told as such', async () => {
    aws.sqs.control.fail('ReceiveMessage', { kind: 'refuse', as: 'RequestThrottled' }, 3);
    expect(await errorOf(queue.lease(request()))).toMatchObject({
      code: 'queue-throttled',
      disposition: 'throttled',
    });
    expect(aws.sqs.control.calls('ReceiveMessage')).toBe(3);
  });

  test('a missing grant is a matter of configuration', async () => {
    aws.sqs.control.fail('ReceiveMessage', { kind: 'refuse', as: 'AccessDenied' });
    expect(await errorOf(queue.lease(request()))).toMatchObject({
      code: 'queue-access-denied',
      disposition: 'configuration',
    });
  });

  test('a long poll may take its wait beside the request timeout', async () => {
    await enqueue(1);
    aws.sqs.control.fail('ReceiveMessage', { kind: 'delay', ms: 400 }, 3);
    const other = aws.open({ requestTimeout: millis(150) });
    expect(await other.lease({ ...request(), wait: seconds(20) })).toHaveLength(1);
    await other.close();
  });

  test('silence ends with the request timeout', async () => {
    aws.sqs.control.fail('ReceiveMessage', { kind: 'delay', ms: 2_000 }, 3);
    const other = aws.open({ requestTimeout: millis(40) });
    expect(await errorOf(other.lease(request()))).toMatchObject({ code: 'queue-unavailable' });
    await other.close();
  });

  test('nobody at the address is told as transient', async () => {
    const server = await ScriptedServer.start();
    const endpoint = server.origin.href;
    await server.close();
    const other = aws.open({ endpoint });
    expect(await errorOf(other.lease(request()))).toMatchObject({ code: 'queue-unavailable' });
    const [result] = await other.enqueue([aPendingJob(1)], NOW);
    const message = expect.stringContaining(`SendMessageBatch on ${aws.urlOf('jobs')} had no answer: `);
    expect(result).toMatchObject({ ok: false, error: { code: 'queue-unavailable', message } });
    await other.close();
  });

  test('a message that was damaged on the way is told of and left to the queue, and the others are handed out', async () => {
    const md5 = { d1: '9948c645c094247794f4c7acdbeb2bb6', d2: 'b25b0651e4b6e887e5194135d3692631' };
    const message = (id: string, body: 'd1' | 'd2', change: object = {}): object => ({
      MessageId: id,
      ReceiptHandle: `handle of ${id}`,
      Body: body,
      MD5OfBody: md5[body],
      Attributes: { SentTimestamp: '1' },
      ...change,
    });
    const Messages = [
      message('m1', 'd1', { Body: 'd3' }),
      message('m2', 'd2'),
      message('m3', 'd1', { Attributes: {} }),
      { Body: 'd1' },
    ];
    const headers = { 'x-amzn-requestid': 'r-1' };
    const server = await ScriptedServer.start(answer(200, JSON.stringify({ Messages }), headers));
    const other = aws.open({ endpoint: server.origin.origin });
    expect(await other.lease(request())).toMatchObject([{ id: 'm2', job: { jobId: 'd2' } }]);
    await other.close();
    await server.close();
    const warning = { level: 'warn', event: 'message-damaged', serviceRequestId: 'r-1' };
    expect(aws.lines).toEqual([
      expect.objectContaining({ ...warning, message: 'm1', problem: expect.stringContaining('MD5') }),
      expect.objectContaining({
        ...warning,
        message: 'm3',
        problem: expect.stringContaining('SentTimestamp'),
      }),
      expect.objectContaining({ ...warning, problem: expect.stringContaining('MessageId') }),
    ]);
    expect(aws.lines[2]).not.toHaveProperty('message');
  });

  test('no call outlives the last second of the run, which is its log’s: what cannot be settled by then comes again', async () => {
    await enqueue(1);
    const other = aws.open(
      { requestTimeout: seconds(50) },
      { clock: systemClock, deadline: after(systemClock.now(), millis(1_500)) },
    );
    aws.signatureNow = () => systemClock.now();
    const [lease] = await other.lease({ ...request(), holdUntil: after(systemClock.now(), minutes(1)) });
    if (lease === undefined) throw new Error('one was put in');
    aws.sqs.control.fail('DeleteMessageBatch', { kind: 'delay', ms: 60_000 });
    const began = systemClock.now();
    expect(codes(await other.settle([{ lease, outcome: DONE }]))).toEqual(['queue-unavailable']);
    expect(codes(await other.settle([{ lease, outcome: DONE }]))).toEqual(['queue-unavailable']);
    expect(systemClock.now() - began).toBeLessThan(1_000);
    expect(aws.sqs.control.calls('DeleteMessageBatch')).toBe(1);
  });

  test('the queue’s own redrive moves what nobody settles, without a word of ours', async () => {
    const { control } = aws.sqs;
    const policy = { deadLetterTargetArn: 'arn:aws:sqs:eu-central-1:123456789012:dead', maxReceiveCount: 3 };
    control.createQueue('watched', { RedrivePolicy: JSON.stringify(policy) });
    control.send('watched', 'd1');
    const other = aws.open({ queueUrl: aws.urlOf('watched') });
    for (let look = 0; look < 3; look += 1) {
      expect(await other.lease(request())).toHaveLength(1);
      aws.advance(minutes(2));
    }
    expect(await other.lease(request())).toEqual([]);
    await other.close();
    expect(aws.deadLetters()).toEqual([{ body: 'd1', reason: undefined, detail: undefined }]);
  });
});
