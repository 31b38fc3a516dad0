import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  SQSServiceException,
  type Message,
  type ReceiveMessageCommandInput,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { days, millis, seconds } from '../../lib/domain/units.js';
import { TEST_KEY, useAwsEnvironment } from '../queue/aws-environment.js';
import { EmbeddedSqs, REGION } from '../queue/embedded-sqs.js';

useAwsEnvironment();

let aws: EmbeddedSqs;
let client: SQSClient;
let QueueUrl: string;

beforeEach(async () => {
  aws = await EmbeddedSqs.startInRealTime();
  client = new SQSClient({ region: REGION, endpoint: aws.origin, credentials: TEST_KEY, maxAttempts: 1 });
  QueueUrl = aws.urlOf('jobs');
});

afterEach(async () => {
  client.destroy();
  await aws.close();
});

const send = (input: Partial<SendMessageCommandInput> = {}) =>
  client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a body', ...input }));

async function receive(input: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...input }),
  );
  return Messages;
}

const changeVisibility = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
  client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));

/** What a call is refused with: name, code of the query protocol, and status. */
async function refusalOf(call: Promise<unknown>): Promise<readonly unknown[]> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SQSServiceException))
    throw new Error('expected SQS to refuse this', { cause: error });
  const { Code } = error as SQSServiceException & { readonly Code?: string }; // the SDK adds it from the query header
  return [Code, error.$metadata.httpStatusCode];
}

describe('queues', () => {
  test('are created, found, listed and described', async () => {
    const attributes = {
      VisibilityTimeout: '45',
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:${REGION}:123456789012:dead`,
        maxReceiveCount: 1_000,
      }),
    };
    const { QueueUrl: url } = await client.send(
      new CreateQueueCommand({ QueueName: 'more', Attributes: attributes }),
    );
    expect(url).toBe(aws.urlOf('more'));
    expect(await client.send(new GetQueueUrlCommand({ QueueName: 'more' }))).toMatchObject({ QueueUrl: url });
    expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toEqual([
      aws.urlOf('dead'),
      QueueUrl,
      url,
    ]);
    expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: 'm' }))).QueueUrls).toEqual([url]);
    await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { DelaySeconds: '7' } }));
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    expect(Attributes).toEqual({
      QueueArn: `arn:aws:sqs:${REGION}:123456789012:more`,
      CreatedTimestamp: String(aws.clock.now() / 1_000),
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessagesDelayed: '0',
      DelaySeconds: '7',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      ReceiveMessageWaitTimeSeconds: '0',
      ...attributes,
    });
  });

  test('can be created again as they are, but not otherwise', async () => {
    const create = (VisibilityTimeout: string) =>
      client.send(new CreateQueueCommand({ QueueName: 'more', Attributes: { VisibilityTimeout } }));
    await create('45');
    expect((await create('45')).QueueUrl).toBe(aws.urlOf('more'));
    expect(await refusalOf(create('46'))).toEqual(['QueueAlreadyExists', 400]);
  });

  test.each<[string, { QueueName: string; Attributes?: Record<string, string> }, string]>([
    ['a FIFO name', { QueueName: 'q.fifo' }, 'AWS.SimpleQueueService.UnsupportedOperation'],
    ['a bad name', { QueueName: 'a b' }, 'InvalidParameterValue'],
    ['an unknown attribute', { QueueName: 'q', Attributes: { Colour: 'red' } }, 'InvalidAttributeName'],
    ['FIFO attributes', { QueueName: 'q', Attributes: { FifoQueue: 'true' } }, 'InvalidAttributeName'],
    [
      'a retention of more than 14 days',
      { QueueName: 'q', Attributes: { MessageRetentionPeriod: '1209601' } },
      'InvalidAttributeValue',
    ],
    [
      'a visibility that is no number',
      { QueueName: 'q', Attributes: { VisibilityTimeout: '1e3' } },
      'InvalidAttributeValue',
    ],
    [
      'a redrive to nowhere',
      {
        QueueName: 'q',
        Attributes: {
          RedrivePolicy:
            '{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:123456789012:nosuch","maxReceiveCount":3}',
        },
      },
      'InvalidParameterValue',
    ],
    [
      'a redrive after no receive',
      {
        QueueName: 'q',
        Attributes: {
          RedrivePolicy:
            '{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:123456789012:dead","maxReceiveCount":0}',
        },
      },
      'InvalidParameterValue',
    ],
  ])('are not created with %s', async (_what, input, code) => {
    expect(await refusalOf(client.send(new CreateQueueCommand(input)))).toEqual([code, 400]);
    // As AWS does it, a queue is created whole or not at all.
    expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toHaveLength(2);
  });

  test.each(['/123456789012/nosuch', '/999999999999/jobs', '/123456789012/jobs/x', '/jobs'])(
    '%s does not exist',
    async (path) => {
      const call = client.send(new ReceiveMessageCommand({ QueueUrl: `${aws.origin}${path}` }));
      expect(await refusalOf(call)).toEqual(['AWS.SimpleQueueService.NonExistentQueue', 400]);
    },
  );

  test('are purged once a minute', async () => {
    const purge = () => client.send(new PurgeQueueCommand({ QueueUrl }));
    await send();
    await purge();
    expect(aws.sqs.control.messages('jobs')).toEqual([]);
    aws.advance(seconds(59));
    expect(await refusalOf(purge())).toEqual(['AWS.SimpleQueueService.PurgeQueueInProgress', 403]);
    aws.advance(seconds(1));
    await purge();
  });
});

describe('messages', () => {
  test('come with what was asked for, and digests that the SDK checks', async () => {
    const MessageAttributes = {
      reason: { DataType: 'String', StringValue: 'wörds' },
      'reason.detail': { DataType: 'Number.int', StringValue: '42' },
      bytes: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 255) },
    };
    const sent = await send({ MessageBody: 'bödy', MessageAttributes });
    expect(sent.MD5OfMessageAttributes).toMatch(/^[0-9a-f]{32}$/);
    aws.advance(seconds(3));
    const [message] = await receive({ MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'] });
    expect(message).toMatchObject({
      MessageId: sent.MessageId,
      Body: 'bödy',
      MD5OfBody: sent.MD5OfMessageBody,
      MessageAttributes,
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      Attributes: {
        SentTimestamp: String(aws.clock.now() - 3_000),
        ApproximateReceiveCount: '1',
        ApproximateFirstReceiveTimestamp: String(aws.clock.now()),
      },
    });
    aws.advance(seconds(30));
    const [plain] = await receive({ MessageAttributeNames: ['reason.*'] });
    expect(Object.keys(plain?.MessageAttributes ?? {})).toEqual(['reason', 'reason.detail']);
    expect(plain).not.toHaveProperty('Attributes');
  });

  test('have the digest of attributes that AWS documents a way to calculate', async () => {
    // By hand: length and bytes of name and type, 01, length and bytes of the value.
    const { MD5OfMessageAttributes } = await send({
      MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
    });
    const bytes = Buffer.from(
      '00000001' + '61' + '00000006' + '537472696e67' + '01' + '00000001' + '62',
      'hex',
    );
    expect(MD5OfMessageAttributes).toBe(createHash('md5').update(bytes).digest('hex'));
  });

  test.each<[string, Partial<SendMessageCommandInput>, string]>([
    ['an empty body', { MessageBody: '' }, 'MissingParameter'],
    ['a control character', { MessageBody: 'a\u0000b' }, 'InvalidMessageContents'],
    ['U+FFFE', { MessageBody: '\ufffe' }, 'InvalidMessageContents'],
    ['more than a mebibyte', { MessageBody: 'x'.repeat(1_048_577) }, 'InvalidParameterValue'],
    [
      'more than a mebibyte with its attributes',
      {
        MessageBody: 'x'.repeat(1_048_570),
        MessageAttributes: { a: { DataType: 'String', StringValue: 'bcd' } },
      },
      'InvalidParameterValue',
    ],
    ['a delay of more than 15 minutes', { DelaySeconds: 901 }, 'InvalidParameterValue'],
    ['a group', { MessageGroupId: 'g' }, 'InvalidParameterValue'],
    [
      'an attribute without a value',
      { MessageAttributes: { a: { DataType: 'String', StringValue: '' } } },
      'InvalidParameterValue',
    ],
    [
      'an attribute with a control character',
      { MessageAttributes: { a: { DataType: 'String', StringValue: '\u0001' } } },
      'InvalidParameterValue',
    ],
    [
      'an attribute of AWS’s own',
      { MessageAttributes: { 'AWS.x': { DataType: 'String', StringValue: 'v' } } },
      'InvalidParameterValue',
    ],
    [
      'an attribute of no type',
      { MessageAttributes: { a: { DataType: 'Text', StringValue: 'v' } } },
      'InvalidParameterValue',
    ],
    [
      'a number that is none',
      { MessageAttributes: { a: { DataType: 'Number', StringValue: 'v' } } },
      'InvalidParameterValue',
    ],
    [
      'eleven attributes',
      {
        MessageAttributes: Object.fromEntries(
          Array.from({ length: 11 }, (_, index) => [`a${index}`, { DataType: 'String', StringValue: 'v' }]),
        ),
      },
      'InvalidParameterValue',
    ],
  ])('are not taken with %s', async (_what, input, code) => {
    expect(await refusalOf(send(input))).toEqual([code, 400]);
    expect(aws.sqs.control.messages('jobs')).toEqual([]);
  });

  test('are kept as long as the queue keeps them', async () => {
    await send();
    aws.advance(millis(days(14) - 1));
    expect(aws.sqs.control.messages('jobs')).toHaveLength(1);
    aws.advance(millis(1));
    expect(await receive()).toEqual([]);
    expect(aws.sqs.control.messages('jobs')).toEqual([]);
  });

  test('are delayed by the queue’s own delay where they have none, and only then', async () => {
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: '5' } }));
    await send();
    await send({ DelaySeconds: 0 });
    expect(aws.sqs.control.counts('jobs')).toEqual({ visible: 1, inFlight: 0, delayed: 1 });
    aws.advance(seconds(5));
    expect(await receive()).toHaveLength(2);
  });

  test.each([
    { MaxNumberOfMessages: 0 },
    { MaxNumberOfMessages: 11 },
    { VisibilityTimeout: 43_201 },
    { WaitTimeSeconds: 21 },
  ])('are not received with %j', async (input) => {
    expect(await refusalOf(receive(input))).toEqual(['InvalidParameterValue', 400]);
  });

  test('are deleted by their latest handle only; an older one succeeds without effect', async () => {
    await send();
    const [first] = await receive();
    aws.advance(seconds(30));
    const [second] = await receive();
    const remove = (message: Message | undefined) =>
      client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
    await remove(first);
    expect(aws.sqs.control.messages('jobs')).toHaveLength(1);
    await remove(second);
    await remove(second);
    expect(aws.sqs.control.messages('jobs')).toEqual([]);
  });

  test.each(['nonsense', ''])('are not deleted by the handle %j', async (ReceiptHandle) => {
    const [code] = await refusalOf(client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })));
    expect(code).toBe(ReceiptHandle === '' ? 'MissingParameter' : 'ReceiptHandleIsInvalid');
  });

  test('are not deleted by a handle of another queue', async () => {
    await send();
    const [message] = await receive();
    const elsewhere = client.send(
      new DeleteMessageCommand({ QueueUrl: aws.urlOf('dead'), ReceiptHandle: message?.ReceiptHandle }),
    );
    expect(await refusalOf(elsewhere)).toEqual(['ReceiptHandleIsInvalid', 404]);
  });

  test('are hidden for twelve hours in all, counted from their receive', async () => {
    await send();
    const [message] = await receive({ VisibilityTimeout: 60 });
    aws.advance(seconds(30));
    expect(await refusalOf(changeVisibility(message?.ReceiptHandle, 43_171))).toEqual([
      'InvalidParameterValue',
      400,
    ]);
    await changeVisibility(message?.ReceiptHandle, 43_170);
    aws.advance(seconds(43_169));
    expect(await receive()).toEqual([]);
    aws.advance(seconds(1));
    expect(await receive()).toHaveLength(1);
  });

  test('are not hidden by who does not hold them', async () => {
    await send();
    const [first] = await receive();
    aws.advance(seconds(30));
    expect(await refusalOf(changeVisibility(first?.ReceiptHandle, 5))).toEqual([
      'AWS.SimpleQueueService.MessageNotInflight',
      400,
    ]);
    const [second] = await receive();
    expect(await refusalOf(changeVisibility(first?.ReceiptHandle, 5))).toEqual([
      'InvalidParameterValue',
      400,
    ]);
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second?.ReceiptHandle }));
    expect(await refusalOf(changeVisibility(second?.ReceiptHandle, 5))).toEqual([
      'InvalidParameterValue',
      400,
    ]);
  });

  test('go to the dead letters when they were received too often, and keep the time they were sent', async () => {
    const deadLetterTargetArn = `arn:aws:sqs:${REGION}:123456789012:dead`;
    await client.send(
      new SetQueueAttributesCommand({
        QueueUrl,
        Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: '2' }) },
      }),
    );
    const sentAt = String(aws.clock.now());
    await send();
    for (let look = 0; look < 2; look += 1) {
      expect(await receive()).toHaveLength(1);
      aws.advance(seconds(30));
    }
    expect(await receive()).toEqual([]);
    expect(
      await receive({ QueueUrl: aws.urlOf('dead'), MessageSystemAttributeNames: ['All'] }),
    ).toMatchObject([
      {
        Attributes: {
          SentTimestamp: sentAt,
          DeadLetterQueueSourceArn: `arn:aws:sqs:${REGION}:123456789012:jobs`,
        },
      },
    ]);
  });

  test('a long poll ends when a delayed message comes due, and when its own time is over', async () => {
    await send({ DelaySeconds: 5 });
    const due = aws.nextRequest();
    const receiving = receive({ WaitTimeSeconds: 20 });
    await due;
    aws.advance(seconds(5));
    expect(await receiving).toHaveLength(1);
    const waiting = aws.nextRequest();
    const empty = receive({ WaitTimeSeconds: 20 });
    await waiting;
    aws.advance(seconds(20));
    expect(await empty).toEqual([]);
  });
});

describe('batches', () => {
  const entries = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ Id: `m${index}`, MessageBody: 'a body' }));
  const sendBatch = (Entries: { Id: string; MessageBody: string }[]) =>
    client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));

  test.each([
    ['no entry', [], 'EmptyBatchRequest'],
    ['eleven entries', entries(11), 'TooManyEntriesInBatchRequest'],
    ['an ID twice', [...entries(2), ...entries(1)], 'BatchEntryIdsNotDistinct'],
    ['a bad ID', [{ Id: 'a b', MessageBody: 'x' }], 'InvalidBatchEntryId'],
    [
      'more than a mebibyte',
      [1, 2].map((id) => ({ Id: `m${id}`, MessageBody: 'x'.repeat(600_000) })),
      'BatchRequestTooLong',
    ],
  ])('with %s are refused as a whole', async (_what, batch, code) => {
    expect(await refusalOf(sendBatch(batch))).toEqual([`AWS.SimpleQueueService.${code}`, 400]);
    expect(aws.sqs.control.messages('jobs')).toEqual([]);
  });

  test('tell entries that are refused from those that are not', async () => {
    const { Successful, Failed } = await sendBatch([...entries(1), { Id: 'bad', MessageBody: '\u0001' }]);
    expect(Successful).toMatchObject([{ Id: 'm0', MD5OfMessageBody: expect.any(String) }]);
    expect(Failed).toMatchObject([{ Id: 'bad', SenderFault: true, Code: 'InvalidMessageContents' }]);
    const handles = [{ Id: 'x', ReceiptHandle: 'nonsense' }];
    expect(
      (await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: handles }))).Failed,
    ).toMatchObject([{ Id: 'x', SenderFault: true, Code: 'ReceiptHandleIsInvalid' }]);
  });
});

describe('requests', () => {
  test('without a signature are refused, as AWS answers it', async () => {
    const response = await fetch(aws.origin, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSQS.ListQueues', 'content-type': 'application/x-amz-json-1.0' },
      body: '{}',
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('x-amzn-query-error')).toBe('AccessDenied;Sender');
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await response.json()).toEqual({
      __type: 'com.amazon.coral.service#AccessDeniedException',
      message: 'Access to the resource is denied.',
    });
  });

  test('are taken by their target only', () => {
    // Only the headers are looked at.
    const handles = (headers: object) =>
      aws.sqs.handles({ headers } as unknown as Parameters<typeof aws.sqs.handles>[0]);
    expect(handles({ 'x-amz-target': 'AmazonSQS.ListQueues' })).toBe(true);
    expect(handles({ 'x-amz-target': 'DynamoDB_20120810.ListTables' })).toBe(false);
    expect(handles({})).toBe(false);
  });

  test('whose answer is to be lost take effect, and break off', async () => {
    aws.sqs.control.fail('SendMessage', { kind: 'lose-answer' });
    await expect(send()).rejects.toThrow();
    expect(aws.sqs.control.messages('jobs')).toHaveLength(1);
  });

  test('that are to be slow are answered all the same', async () => {
    aws.sqs.control.fail('SendMessage', { kind: 'delay', ms: 1 });
    expect((await send()).MessageId).toBeDefined();
    expect(aws.sqs.control.calls('SendMessage')).toBe(1);
  });
});
