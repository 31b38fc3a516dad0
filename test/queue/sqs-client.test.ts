import { describe, expect, test } from '@jest/globals';
import { V4Signer } from '../../lib/aws/sign-v4.js';
import { TransportError } from '../../lib/cos/errors/transport-error.js';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { DocjobError, type Disposition } from '../../lib/domain/docjob-error.js';
import { after, hours, millis, seconds } from '../../lib/domain/units.js';
import type { ReceiveRequest } from '../../lib/queue/sqs-client.js';
import { START } from '../support/virtual-clock.js';
import { TEST_KEY } from './aws-environment.js';
import { ScriptedSqs, type ScriptedAnswer } from './scripted-sqs.js';

const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/jobs';
const RECEIVE: ReceiveRequest = { queueUrl, max: 7, visibilitySeconds: 60, waitSeconds: 0 };

const refusal = (name: string, status = 400, headers: Readonly<Record<string, string>> = {}) => ({
  body: { __type: `com.amazonaws.sqs#${name}`, message: `words about ${name}` },
  status,
  headers: { 'x-amzn-requestid': 'r-1', ...headers },
});
const UNAVAILABLE = refusal('ServiceUnavailable', 503);
const THROTTLED = refusal('RequestThrottled', 403);
const FAR_DATE = { date: 'Thu, 01 Jan 2026 03:00:00 GMT' };

describe('a call of SQS', () => {
  test('is one of its JSON protocol, signed', async () => {
    const sqs = new ScriptedSqs([{}]);
    await sqs.client({ credentials: { ...TEST_KEY, sessionToken: 'to/ken' } }).receive(RECEIVE);
    const [seen] = sqs.calls;
    expect(seen?.request).toMatchObject({
      method: 'POST',
      path: '/',
      target: {
        protocol: 'https:',
        host: 'sqs.eu-central-1.amazonaws.com',
        hostname: 'sqs.eu-central-1.amazonaws.com',
        port: 443,
      },
      asked: `ReceiveMessage on ${queueUrl}`,
    });
    const { 'content-length': length, ...signed } = seen?.request.headers ?? {};
    const body = seen?.request.body ?? Buffer.alloc(0);
    expect(length).toBe(String(body.byteLength));
    const signer = new V4Signer(
      { ...TEST_KEY, sessionToken: 'to/ken' },
      { region: 'eu-central-1', service: 'sqs' },
    );
    const headers = {
      host: 'sqs.eu-central-1.amazonaws.com',
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.ReceiveMessage',
      'x-amzn-query-mode': 'true',
    };
    expect(signed).toEqual(signer.sign({ method: 'POST', path: '/', headers, body }, START).headers);
    expect(seen?.input).toEqual({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 7,
      VisibilityTimeout: 60,
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ['SentTimestamp'],
    });
  });

  test('goes to the endpoint, whatever the queue’s URL', async () => {
    const sqs = new ScriptedSqs([{}]);
    await sqs.client({}, { endpoint: 'http://127.0.0.1:4566' }).receive(RECEIVE);
    expect(sqs.calls[0]?.request.target).toEqual({
      protocol: 'http:',
      host: '127.0.0.1:4566',
      hostname: '127.0.0.1',
      port: 4566,
    });
  });

  test.each([
    ['its own time and the wait', { waitSeconds: 20 }, {}, 21_000],
    ['its own time', {}, {}, 1_000],
    ['what is left until the deadline', { waitSeconds: 20 }, { deadline: after(START, seconds(2)) }, 2_000],
  ])('may take %s', async (_what, changes, effects, timeout) => {
    const sqs = new ScriptedSqs([{}]);
    await sqs.client(effects).receive({ ...RECEIVE, ...changes });
    expect(sqs.calls[0]?.limits).toMatchObject({ timeout, maxBodyBytes: 33_554_432 });
  });

  test('is made while a tenth of a second is left, and not any more with less', async () => {
    const sqs = new ScriptedSqs([{}]);
    const client = sqs.client({ deadline: after(START, millis(100)) });
    await client.receive(RECEIVE);
    sqs.clock.advance(millis(1));
    await expect(client.receive(RECEIVE)).rejects.toMatchObject({
      code: 'queue-unavailable',
      message: `ReceiveMessage on ${queueUrl} was not sent: there is no time left for it`,
    });
    expect(sqs.calls).toHaveLength(1);
    expect(sqs.clock.sleeps).toEqual([]);
  });

  test('listens to the signal it was given, and else to one that never aborts', async () => {
    const sqs = new ScriptedSqs([{}]);
    const { signal } = new AbortController();
    await sqs.client().receive({ ...RECEIVE, signal });
    await sqs.client().receive(RECEIVE);
    expect(sqs.calls[0]?.limits.signal).toBe(signal);
    expect(sqs.calls[1]?.limits.signal.aborted).toBe(false);
  });
});

describe('what SQS is asked and answers', () => {
  test('messages, with the request ID', async () => {
    const message = {
      MessageId: 'm1',
      ReceiptHandle: 'h1',
      Body: 'd1',
      MD5OfBody: '9948c645c094247794f4c7acdbeb2bb6',
      Attributes: { SentTimestamp: '5' },
    };
    const sqs = new ScriptedSqs([
      { body: { Messages: [message, {}] }, headers: { 'x-amzn-requestid': 'r-1' } },
    ]);
    expect(await sqs.client().receive(RECEIVE)).toEqual({
      messages: [{ messageId: 'm1', receiptHandle: 'h1', body: 'd1', attributes: { SentTimestamp: '5' } }],
      damaged: [{ messageId: undefined, problem: 'it has no right MessageId' }],
      requestId: 'r-1',
    });
  });

  const BATCH: ScriptedAnswer = {
    body: { Successful: [{ Id: 'a' }], Failed: [{ Id: 'b', Code: 'Odd', SenderFault: true }] },
    headers: { 'x-amzn-requestid': 'r-1' },
  };
  const ANSWER = {
    succeeded: new Set(['a']),
    failed: new Map([['b', { code: 'Odd', message: undefined, isOurs: true }]]),
    requestId: 'r-1',
  };

  test('to send messages, each with its delay and its attributes, if any', async () => {
    const sqs = new ScriptedSqs([BATCH]);
    const entries = [
      { Id: 'a', body: 'one', delaySeconds: 3 },
      { Id: 'b', body: 'two', attributes: { why: 'so', how: '' } },
    ];
    expect(await sqs.client().send(queueUrl, entries)).toEqual(ANSWER);
    expect(sqs.calls[0]?.request.headers['x-amz-target']).toBe('AmazonSQS.SendMessageBatch');
    const text = (value: string) => ({ DataType: 'String', StringValue: value });
    expect(sqs.calls[0]?.input).toEqual({
      QueueUrl: queueUrl,
      Entries: [
        { Id: 'a', MessageBody: 'one', DelaySeconds: 3 },
        { Id: 'b', MessageBody: 'two', MessageAttributes: { why: text('so'), how: text('') } },
      ],
    });
  });

  test('a message that SQS took as another counts as failed', async () => {
    const Successful = [{ Id: 'a', MD5OfMessageBody: '9948c645c094247794f4c7acdbeb2bb6' }];
    const sqs = new ScriptedSqs([{ body: { Successful } }]);
    expect((await sqs.client().send(queueUrl, [{ Id: 'a', body: 'd1' }])).failed.size).toBe(0);
    const { succeeded, failed } = await sqs.client().send(queueUrl, [{ Id: 'a', body: 'd2' }]);
    expect(succeeded.size).toBe(0);
    expect(failed.get('a')).toMatchObject({ isOurs: false });
  });

  test('to delete messages', async () => {
    const sqs = new ScriptedSqs([BATCH]);
    const entries = [
      { Id: 'a', receiptHandle: 'h1' },
      { Id: 'b', receiptHandle: 'h2' },
    ];
    expect(await sqs.client().delete(queueUrl, entries)).toEqual(ANSWER);
    expect(sqs.calls[0]?.request.headers['x-amz-target']).toBe('AmazonSQS.DeleteMessageBatch');
    expect(sqs.calls[0]?.input).toEqual({
      QueueUrl: queueUrl,
      Entries: [
        { Id: 'a', ReceiptHandle: 'h1' },
        { Id: 'b', ReceiptHandle: 'h2' },
      ],
    });
  });

  test('to hide messages', async () => {
    const sqs = new ScriptedSqs([BATCH]);
    const entries = [{ Id: 'a', receiptHandle: 'h1', visibilitySeconds: 30 }];
    expect(await sqs.client().changeVisibility(queueUrl, entries)).toEqual(ANSWER);
    expect(sqs.calls[0]?.request.headers['x-amz-target']).toBe('AmazonSQS.ChangeMessageVisibilityBatch');
    expect(sqs.calls[0]?.input).toEqual({
      QueueUrl: queueUrl,
      Entries: [{ Id: 'a', ReceiptHandle: 'h1', VisibilityTimeout: 30 }],
    });
  });

  test('for all of a queue’s attributes', async () => {
    const Attributes = { VisibilityTimeout: '30', QueueArn: 'arn:aws:sqs:eu-central-1:123456789012:jobs' };
    const sqs = new ScriptedSqs([{ body: { Attributes } }]);
    expect(await sqs.client().attributes(queueUrl)).toEqual(Attributes);
    expect(sqs.calls[0]?.request.headers['x-amz-target']).toBe('AmazonSQS.GetQueueAttributes');
    expect(sqs.calls[0]?.input).toEqual({ QueueUrl: queueUrl, AttributeNames: ['All'] });
  });
});

describe('a call of SQS that fails', () => {
  test.each<[string, ScriptedAnswer, readonly number[]]>([
    ['is throttled', THROTTLED, [250, 500]],
    ['may do better', UNAVAILABLE, [50, 100]],
    ['is answered with what is no JSON', { body: '{' }, [50, 100]],
    ['is answered with what is no answer', { body: { Messages: 7 } }, [50, 100]],
  ])('as it %s is tried three times, later and later', async (_why, answer, sleeps) => {
    const sqs = new ScriptedSqs([answer]);
    await expect(sqs.client().receive(RECEIVE)).rejects.toMatchObject({ name: 'QueueError' });
    expect(sqs.clock.sleeps).toEqual(sleeps);
    expect(sqs.calls).toHaveLength(3);
  });

  test('once is answered by the next attempt', async () => {
    const sqs = new ScriptedSqs([UNAVAILABLE, {}]);
    expect(await sqs.client().receive(RECEIVE)).toMatchObject({ messages: [] });
    expect(sqs.calls).toHaveLength(2);
  });

  test.each([
    [149, 1],
    [150, 2],
  ])(
    '%d ms before the deadline is made %d times: after the wait too little must not be left',
    async (left, times) => {
      const sqs = new ScriptedSqs([UNAVAILABLE]);
      const deadline = after(START, millis(left));
      await expect(sqs.client({ deadline }).receive(RECEIVE)).rejects.toThrow('ServiceUnavailable');
      expect(sqs.calls).toHaveLength(times);
    },
  );

  test.each([
    [{ body: '{' }, 'an answer that is none: it is no JSON'],
    [{ body: '7' }, 'an answer that is none: it is no object'],
    [{ body: { Messages: 7 } }, 'an answer that is none: it has no right Messages'],
    [{ status: 201 }, 'status 201: no message'],
    [{ status: 500, body: '<html>' }, 'status 500: no message'],
    [refusal('QueueDoesNotExist'), 'QueueDoesNotExist: words about QueueDoesNotExist'],
  ])('with %j is told so', async (answer, words) => {
    const headers = { 'x-amzn-requestid': 'r-1' };
    const sqs = new ScriptedSqs([{ headers, ...answer }]);
    const called = sqs.client().receive(RECEIVE);
    await expect(called).rejects.toThrow(
      `ReceiveMessage on ${queueUrl} failed with ${words} (request ID r-1)`,
    );
    await expect(called).rejects.toMatchObject({ requestId: 'r-1' });
  });

  test.each([
    [
      'older',
      { body: {}, headers: { 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' } },
    ],
    ['newer', refusal('QueueDoesNotExist')],
  ])('by its %s name is not tried again when that says so', async (_which, answer) => {
    const sqs = new ScriptedSqs([{ ...answer, status: 400 }]);
    await expect(sqs.client().receive(RECEIVE)).rejects.toMatchObject({ code: 'queue-not-found' });
    expect(sqs.calls).toHaveLength(1);
  });

  test('is told without the token, should SQS quote it', async () => {
    const answer = {
      status: 400,
      body: { __type: 'Odd', message: 'to/ken here, and to/ken there, undefined' },
    };
    const credentials = { ...TEST_KEY, sessionToken: 'to/ken' };
    const called = (more: object) => new ScriptedSqs([answer]).client(more).receive(RECEIVE);
    await expect(called({ credentials })).rejects.toThrow('Odd: … here, and … there, undefined');
    await expect(called({})).rejects.toThrow('Odd: to/ken here, and to/ken there, undefined');
    const wordless = new ScriptedSqs([{ status: 400 }]).client({ credentials });
    await expect(wordless.receive(RECEIVE)).rejects.toThrow('status 400: no message');
  });

  test.each([
    ['without an answer', new TransportError('timeout', 'ReceiveMessage had no answer')],
    ['with an answer too large', new UndecodableError('an answer of too many bytes')],
  ])('%s is told by what happened', async (_how, cause) => {
    const sqs = new ScriptedSqs([cause]);
    const called = sqs.client().receive(RECEIVE);
    await expect(called).rejects.toMatchObject({ code: 'queue-unavailable', cause });
    await expect(called).rejects.toHaveProperty('message', cause.message);
    expect(sqs.calls).toHaveLength(3);
  });

  test.each<Disposition>(['transient', 'throttled', 'credentials'])(
    'but not by the queue is neither repaired nor repeated, be it %s',
    async (disposition) => {
      const bug = new DocjobError('of-something-else', 'no failure of the queue', { disposition });
      const sqs = new ScriptedSqs([bug]);
      await expect(sqs.client().receive(RECEIVE)).rejects.toBe(bug);
      expect(sqs.calls).toHaveLength(1);
    },
  );

  test.each(['InvalidSignatureException', 'SignatureDoesNotMatch', 'RequestExpired'])(
    'with %s under another time is tried at once by that, and all later calls go by it',
    async (name) => {
      const sqs = new ScriptedSqs([refusal(name, 403, FAR_DATE), {}]);
      const client = sqs.client();
      await client.receive(RECEIVE);
      await client.receive(RECEIVE);
      expect(sqs.calls.map(({ request }) => request.headers['x-amz-date'])).toEqual([
        '20260101T000000Z',
        '20260101T030000Z',
        '20260101T030000Z',
      ]);
      expect(sqs.clock.sleeps).toEqual([]);
    },
  );

  test('for its signature, which others were refused for as well, is tried again under the time that they were told', async () => {
    const sqs = new ScriptedSqs(({ request }) =>
      request.headers['x-amz-date'] === '20260101T000000Z' ? refusal('RequestExpired', 403, FAR_DATE) : {},
    );
    const client = sqs.client();
    await Promise.all([client.receive(RECEIVE), client.receive(RECEIVE)]);
    expect(sqs.calls).toHaveLength(4);
  });

  test.each([
    ['the same time', { date: new Date(START).toUTCString() }],
    ['a time that is near', { date: new Date(after(START, seconds(29))).toUTCString() }],
    ['no time', {}],
  ])('for its signature under %s is not tried again', async (_what, headers) => {
    const sqs = new ScriptedSqs([refusal('SignatureDoesNotMatch', 403, headers)]);
    await expect(sqs.client().receive(RECEIVE)).rejects.toMatchObject({ code: 'queue-credentials-refused' });
    expect(sqs.calls).toHaveLength(1);
  });

  test('for its signature under the corrected time too is final', async () => {
    const sqs = new ScriptedSqs([refusal('RequestExpired', 403, FAR_DATE)]);
    await expect(sqs.client().receive(RECEIVE)).rejects.toMatchObject({ code: 'queue-clock-skewed' });
    expect(sqs.calls).toHaveLength(2);
  });

  test('for another reason leaves the clock as it is', async () => {
    const sqs = new ScriptedSqs([refusal('AccessDenied', 403, FAR_DATE), {}]);
    const client = sqs.client();
    await expect(client.receive(RECEIVE)).rejects.toMatchObject({ code: 'queue-access-denied' });
    await client.receive(RECEIVE);
    expect(sqs.calls[1]?.request.headers['x-amz-date']).toBe('20260101T000000Z');
  });

  test('while another has the clock corrected waits like any other', async () => {
    const sqs = new ScriptedSqs(({ request, input }) => {
      if (JSON.stringify(input).includes('Entries')) return UNAVAILABLE;
      return request.headers['x-amz-date'] === '20260101T000000Z'
        ? refusal('RequestExpired', 403, FAR_DATE)
        : {};
    });
    const client = sqs.client();
    const deleted = client.delete(queueUrl, [{ Id: 'a', receiptHandle: 'h1' }]);
    const told = expect(deleted).rejects.toMatchObject({ code: 'queue-unavailable' });
    await client.receive(RECEIVE);
    await told;
    expect(sqs.clock.sleeps).toEqual([50, 100]);
  });

  test('as it was aborted ends with the reason, not with what came of it', async () => {
    const reason = new Error('the run is over');
    const controller = new AbortController();
    const sqs = new ScriptedSqs(() => {
      controller.abort(reason);
      return UNAVAILABLE;
    });
    const called = sqs.client().receive({ ...RECEIVE, signal: controller.signal });
    await expect(called).rejects.toBe(reason);
    expect(sqs.calls).toHaveLength(1);
  });

  test('as it was aborted in a wait ends with the reason', async () => {
    const reason = new Error('the run is over');
    const controller = new AbortController();
    const sqs = new ScriptedSqs([UNAVAILABLE]);
    const sleep = (_: unknown, signal?: AbortSignal): Promise<void> => {
      controller.abort(reason);
      return signal?.aborted === true ? Promise.reject(reason) : Promise.resolve();
    };
    const clock = { now: () => START, sleep };
    const called = sqs.client({ clock }).receive({ ...RECEIVE, signal: controller.signal });
    await expect(called).rejects.toBe(reason);
    expect(sqs.calls).toHaveLength(1);
  });

  test('hours after the deadline is not sent', async () => {
    const sqs = new ScriptedSqs([{}]);
    sqs.clock.advance(hours(2));
    await expect(sqs.client().receive(RECEIVE)).rejects.toThrow('no time left');
    expect(sqs.calls).toHaveLength(0);
  });
});
