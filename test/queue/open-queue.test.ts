import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { after, millis, minutes } from '../../lib/domain/units.js';
import {
  openBatch,
  openQueue,
  parseQueueUrl,
  type QueueConfig,
  type QueueEffects,
} from '../../lib/queue/open-queue.js';
import { aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { answer, ScriptedServer } from '../support/scripted-server.js';
import { CredentialsError } from '../../lib/cos/errors/credentials-error.js';
import { setEnvironment, TEST_KEY, useAwsEnvironment } from './aws-environment.js';
import { DEFAULT_CMQ_SETTINGS } from '../../lib/queue/cmq-times.js';
import { DEAD as BURIED, EmbeddedBucket, PENDING } from './embedded-bucket.js';
import { EmbeddedCmq } from './embedded-cmq.js';
import { EmbeddedSqs, REGION } from './embedded-sqs.js';
import { addressOf, JOBS, queueConfig, queueEffects } from './queue-config.js';

useAwsEnvironment();

describe('a queue URL', () => {
  test.each([
    [JOBS, JOBS, 'eu-central-1'],
    [
      'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/a_B-9',
      'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/a_B-9',
      'cn-north-1',
    ],
    ['https://eu-central-1.queue.amazonaws.com/123456789012/jobs', JOBS, 'eu-central-1'],
    [
      'https://cn-north-1.queue.amazonaws.com.cn/123456789012/jobs',
      'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/jobs',
      'cn-north-1',
    ],
  ])('of AWS tells its region: %s', (text, url, region) => {
    expect(parseQueueUrl(text)).toEqual({ kind: 'sqs', url, origin: new URL(url).origin, region });
  });

  test('of any other host is one of SQS when that is said', () => {
    const url = 'http://127.0.0.1:9324/000000000000/jobs';
    expect(parseQueueUrl(url, 'sqs')).toEqual({
      kind: 'sqs',
      url,
      origin: 'http://127.0.0.1:9324',
      region: undefined,
    });
    expect(parseQueueUrl(url)).toMatchObject({
      kind: 'refused',
      problem: expect.stringContaining('QUEUE_KIND=sqs'),
    });
  });

  test('of COS is a bucket queue: a bucket, its region and a prefix', () => {
    const url = 'cos://docs-1250000000.ap-beijing/docjob/pending/';
    expect(parseQueueUrl(url)).toEqual({
      kind: 'cos',
      url,
      bucket: 'docs-1250000000',
      region: 'ap-beijing',
      prefix: 'docjob/pending/',
    });
  });

  test.each([
    ['cmq://cmq-bj.public.tencenttdmq.com/jobs', 'https://cmq-bj.public.tencenttdmq.com'],
    ['cmq://bj.mqadapter.cmq.tencentyun.com/jobs', 'http://bj.mqadapter.cmq.tencentyun.com'],
  ])('of CMQ names a host of its data plane and a queue: %s', (url, origin) => {
    expect(parseQueueUrl(url)).toEqual({ kind: 'cmq', url, origin, queueName: 'jobs' });
  });

  test.each([
    `cos://docs-1250000000.ap-beijing/${'a/'.repeat(8)}`,
    `cos://docs-1250000000.ap-beijing/${'f'.repeat(63)}/`,
    `cos://docs-1250000000.ap-beijing/${`${'f'.repeat(63)}/`.repeat(4)}`,
    'cos://docs-1250000000.ap-beijing/_Job-s.9/',
    `cmq://cmq-bj.public.tencenttdmq.com/${'j'.repeat(64)}`,
    'cmq://cmq-bj.public.tencenttdmq.com/J-o_9',
    `https://sqs.eu-central-1.amazonaws.com/123456789012/${'j'.repeat(80)}`,
  ])('may be as long and as odd as its service takes: %s', (url) => {
    expect(parseQueueUrl(url)).toMatchObject({ url });
  });

  test.each([
    ['', 'not a URL'],
    ['jobs', 'not a URL'],
    ['cmq://jobs', 'cmq://<host>/<queue>'],
    ['cmq://cmq-bj.public.tencenttdmq.com.evil.example/jobs', 'cmq://<host>/<queue>'],
    ['cmq://evil-cmq-bj.public.tencenttdmq.com/jobs', 'cmq://<host>/<queue>'],
    ['cmq://bj.mqadapter.cmq.tencentyun.com.evil.example/jobs', 'cmq://<host>/<queue>'],
    ['cmq://evil.bj.mqadapter.cmq.tencentyun.com/jobs', 'cmq://<host>/<queue>'],
    ['cmq://cmq-bj.public.tencenttdmq.com/jobs/more', 'cmq://<host>/<queue>'],
    ['cmq://cmq-bj.public.tencenttdmq.com/more/jobs', 'cmq://<host>/<queue>'],
    ['cmq://cmq-bj.public.tencenttdmq.com/9jobs', 'cmq://<host>/<queue>'],
    [`cmq://cmq-bj.public.tencenttdmq.com/${'j'.repeat(65)}`, 'cmq://<host>/<queue>'],
    ['cmq://cmq-bj.public.tencenttdmq.com/', 'cmq://<host>/<queue>'],
    ['cos://docs-1250000000.ap-beijing', 'cos://<bucket>'],
    ['cos://docs-1250000000.ap-beijing/', 'cos://<bucket>'],
    ['cos://docs-1250000000.ap-beijing/pending', 'cos://<bucket>'],
    ['cos://docs-1250000000.ap-beijing//', 'cos://<bucket>'],
    ['cos://docs-1250000000.ap-beijing//pending/', 'cos://<bucket>'],
    ['cos://docs-1250000000.ap-beijing/pending/d1', 'cos://<bucket>'],
    ['cos://docs-1250000000.ap-beijing/.pending/', 'cos://<bucket>'],
    [`cos://docs-1250000000.ap-beijing/${'a/'.repeat(9)}`, 'cos://<bucket>'],
    [`cos://docs-1250000000.ap-beijing/${'f'.repeat(64)}/`, 'cos://<bucket>'],
    [`cos://docs-1250000000.ap-beijing/${`${'f'.repeat(63)}/`.repeat(4)}f/`, 'cos://<bucket>'],
    ['cos://docs-1250000000/pending/', 'cos://<bucket>'],
    ['cos://evil.docs-1250000000.ap-beijing/pending/', 'cos://<bucket>'],
    ['cos://docs-1250000000.ap-beijing/a%2Fb/', 'cos://<bucket>'],
    [`cos://docs-1250000000.ap-beijing/${`${'f'.repeat(50)}/`.repeat(6)}`, 'cos://<bucket>'],
    ['cos://docs.ap-beijing/pending/', 'cos://<bucket>'],
    ['cos://docs-1250000000.ap-beijing.evil/pending/', 'cos://<bucket>'],
    ['cos://docs-1250000000.ap-beijing:81/pending/', 'cos://<bucket>'],
    ['ftp://sqs.eu-central-1.amazonaws.com/123456789012/jobs', 'begins with ftp:'],
    ['http://sqs.eu-central-1.amazonaws.com/123456789012/jobs', 'https:'],
    ['https://sqs.eu-central-1.amazonaws.com/123456789012/jobs.fifo', 'FIFO'],
    ['https://sqs.eu-central-1.amazonaws.com/jobs', 'path'],
    ['https://sqs.eu-central-1.amazonaws.com/more/123456789012/jobs', 'path'],
    ['https://sqs.eu-central-1.amazonaws.com/1234567890123/jobs', 'path'],
    ['https://sqs.eu-central-1.amazonaws.com/123456789012/', 'path'],
    [`https://sqs.eu-central-1.amazonaws.com/123456789012/${'j'.repeat(81)}`, 'path'],
    ['https://sqs.eu-central-1.amazonaws.com/123456789012/jobs/more', 'path'],
    ['https://sqs.eu-central-1.amazonaws.com/123456789012/jobs?x=1', 'query'],
    ['https://sqs.eu-central-1.amazonaws.com/123456789012/jobs#x', 'fragment'],
    ['https://user@sqs.eu-central-1.amazonaws.com/123456789012/jobs', 'user'],
    ['https://:hunter2@sqs.eu-central-1.amazonaws.com/123456789012/jobs', 'password'],
    ['https://evilsqs.eu-central-1.amazonaws.com/123456789012/jobs', 'no host of a known queue service'],
    ['https://evil.eu-central-1.queue.amazonaws.com/123456789012/jobs', 'no host of a known queue service'],
    [
      'https://eu-central-1.queue.amazonaws.com.evil.example/123456789012/jobs',
      'no host of a known queue service',
    ],
    [
      'https://sqs.eu-central-1.amazonaws.com.evil.example/123456789012/jobs',
      'no host of a known queue service',
    ],
    ['https://sqs.eu-central-1.evil.example/123456789012/jobs', 'no host of a known queue service'],
  ])('that cannot be used is refused with the reason: %s', (url, reason) => {
    expect(parseQueueUrl(url)).toMatchObject({ kind: 'refused', problem: expect.stringContaining(reason) });
  });

  test('that is a FIFO queue is refused on any host', () => {
    expect(parseQueueUrl('http://127.0.0.1:1/1/jobs.fifo', 'sqs')).toMatchObject({
      kind: 'refused',
      problem: expect.stringContaining('standard queue'),
    });
  });

  test('with a password is refused, and the password is not told', () => {
    const parsed = parseQueueUrl(
      'https://user:hunter2@sqs.eu-central-1.amazonaws.com/123456789012/jobs',
      'sqs',
    );
    expect(parsed).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });
});

describe('opening the queue', () => {
  let aws: EmbeddedSqs;

  beforeEach(async () => {
    aws = await EmbeddedSqs.start();
  });

  afterEach(async () => {
    await aws.close();
  });

  const effects = (): QueueEffects => queueEffects(aws);

  /** Whether the queue that the configuration opens is the embedded one. */
  async function expectEmbedded(opened: QueueConfig): Promise<void> {
    const queue = await openQueue(opened, effects());
    try {
      expect(await queue.enqueue([aPendingJob(1)], millis(0))).toMatchObject([{ ok: true }]);
      const leases = await queue.lease({
        max: 1,
        holdUntil: after(aws.clock.now(), minutes(1)),
        wait: millis(0),
      });
      const outcome = { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' } as const;
      expect(await queue.settle(leases.map((lease) => ({ lease, outcome })))).toMatchObject([{ ok: true }]);
    } finally {
      await queue.close();
    }
    expect(aws.deadLetters()).toHaveLength(1);
  }

  test('connects to AWS_ENDPOINT_URL, whatever the host of the queue URLs', async () => {
    await expectEmbedded(queueConfig({ awsEndpoint: aws.origin }));
  });

  test('connects to the host of the queue URL where no endpoint is set', async () => {
    const [queue, deadLetters] = [addressOf(aws.urlOf('jobs'), 'sqs'), addressOf(aws.urlOf('dead'), 'sqs')];
    await expectEmbedded(queueConfig({ queue, deadLetters, awsRegion: REGION }));
  });

  test('does not let an endpoint in the environment that was not configured redirect it', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    const [queue, deadLetters] = [addressOf(aws.urlOf('jobs'), 'sqs'), addressOf(aws.urlOf('dead'), 'sqs')];
    await expectEmbedded(queueConfig({ queue, deadLetters, awsRegion: REGION }));
  });

  test('reads the key for SQS anew at each opening, and does not open without one', async () => {
    const keys = [TEST_KEY, { ...TEST_KEY, secretAccessKey: 'another' }];
    const awsCredentials = (): typeof TEST_KEY => {
      const key = keys.shift();
      if (key === undefined) throw new CredentialsError('there is no key');
      return key;
    };
    const opened = queueConfig({ awsEndpoint: aws.origin, awsCredentials });
    await expectEmbedded(opened);
    const queue = await openQueue(opened, effects());
    expect(await queue.enqueue([aPendingJob(1)], millis(0))).toMatchObject([
      { error: { code: 'queue-credentials-refused' } },
    ]);
    await expect(openQueue(opened, effects())).rejects.toMatchObject({ code: 'no-credentials' });
    await expect(openBatch(opened, [], aws.clock.now(), effects())).rejects.toThrow('there is no key');
  });

  test('opens a queue of CMQ, and connects to CMQ_ENDPOINT', async () => {
    const cloud = await EmbeddedCmq.start();
    const { queue, deadLetters, clock, credentials } = cloud;
    const cmq = { ...DEFAULT_CMQ_SETTINGS, endpoint: cloud.origin };
    const opened = await openQueue(queueConfig({ queue, deadLetters, cmq }), {
      ...effects(),
      clock,
      credentials,
    });
    expect(await opened.enqueue([aPendingJob(1)], millis(0))).toMatchObject([{ ok: true }]);
    expect(cloud.cmq.control.messages('jobs')).toHaveLength(1);
    expect(opened.capabilities).toMatchObject({ leasesAsLongAsAsked: false, maxLookAgainDelay: minutes(15) });
    await cloud.close();
  });

  test('opens a queue in a bucket', async () => {
    const bucket = await EmbeddedBucket.start();
    const changes = { queue: PENDING, deadLetters: BURIED, client: bucket.clientPolicy };
    const opened = await openQueue(queueConfig(changes), bucket.effects);
    await bucket.put('d1');
    const holdUntil = after(bucket.clock.now(), minutes(1));
    expect(await opened.lease({ max: 1, holdUntil, wait: millis(0) })).toMatchObject([
      { kind: 'job', job: { jobId: 'd1', ...SOURCE } },
    ]);
    await opened.close();
    await bucket.close();
  });

  test('opens the messages that Lambda received', async () => {
    const message = {
      messageId: 'm1',
      receiptHandle: 'bm90IGEgaGFuZGxl',
      body: 'd1',
      attributes: { SentTimestamp: '5' },
    };
    const holdUntil = after(aws.clock.now(), minutes(1));
    const batch = await openBatch(queueConfig({ awsEndpoint: aws.origin }), [message], holdUntil, effects());
    expect(await batch.lease({ max: 1, holdUntil, wait: millis(0) })).toMatchObject([
      { id: 'm1', firstSeenAt: 5 },
    ]);
    expect(batch.failures()).toEqual(['m1']);
    await batch.close();
  });

  test.each([
    ['one queue for both', { deadLetters: addressOf(JOBS) }, 'use two queues'],
    [
      'one queue of CMQ by both its hosts',
      {
        queue: addressOf('cmq://cmq-bj.public.tencenttdmq.com/jobs'),
        deadLetters: addressOf('cmq://bj.mqadapter.cmq.tencentyun.com/Jobs'),
      },
      'queues of two names',
    ],
    [
      'one queue of CMQ by both its hosts, however it is spelt',
      {
        queue: addressOf('cmq://cmq-bj.public.tencenttdmq.com/JOBS'),
        deadLetters: addressOf('cmq://bj.mqadapter.cmq.tencentyun.com/jobs'),
      },
      'both name JOBS',
    ],
    [
      'queues of two kinds',
      { deadLetters: addressOf('cos://docs-1250000000.ap-beijing/dead/') },
      'QUEUE_URL is a sqs: queue and DEAD_LETTER_QUEUE_URL a cos: one: use two of a kind',
    ],
    [
      'jobs in a bucket and dead letters elsewhere',
      { queue: addressOf('cos://docs-1250000000.ap-beijing/jobs/') },
      'use two of a kind',
    ],
    [
      'jobs on CMQ and dead letters elsewhere',
      { queue: addressOf('cmq://cmq-bj.public.tencenttdmq.com/jobs') },
      'use two of a kind',
    ],
    [
      'queues of two regions',
      { deadLetters: addressOf('https://sqs.eu-west-1.amazonaws.com/123456789012/dead') },
      'one region',
    ],
    [
      'queues of two regions, wherever the endpoint is',
      {
        awsEndpoint: 'http://127.0.0.1:1',
        deadLetters: addressOf('https://sqs.eu-west-1.amazonaws.com/123456789012/dead'),
      },
      'one region',
    ],
    [
      'dead letters below the pending jobs',
      {
        queue: addressOf('cos://docs-1250000000.ap-beijing/jobs/'),
        deadLetters: addressOf('cos://docs-1250000000.ap-beijing/jobs/dead/'),
      },
      'side by side',
    ],
    [
      'pending jobs below the dead letters',
      {
        queue: addressOf('cos://docs-1250000000.ap-beijing/dead/jobs/'),
        deadLetters: addressOf('cos://docs-1250000000.ap-beijing/dead/'),
      },
      'side by side',
    ],
    [
      'queues of two hosts',
      {
        queue: addressOf('http://127.0.0.1:1/1/jobs', 'sqs'),
        deadLetters: addressOf('http://127.0.0.1:2/1/dead', 'sqs'),
      },
      'at http://127.0.0.1:1 and http://127.0.0.1:2: use queues of one region',
    ],
    [
      'a host that tells no region',
      {
        queue: addressOf('https://queue.example/1/jobs', 'sqs'),
        deadLetters: addressOf('https://queue.example/1/dead', 'sqs'),
      },
      'AWS_REGION',
    ],
  ])('is refused for %s', async (_what, changes, advice) => {
    await expect(openQueue(queueConfig(changes), effects())).rejects.toMatchObject({
      code: 'queue-unusable',
      disposition: 'configuration',
      message: expect.stringContaining(advice),
    });
  });

  test('the messages of an event source are refused where the queue is none of SQS', async () => {
    const [queue, deadLetters] = ['pending', 'dead'].map((name) =>
      addressOf(`cos://docs-1250000000.ap-beijing/${name}/`),
    );
    if (queue === undefined || deadLetters === undefined) throw new Error('two were made');
    for (const changes of [{ queue, deadLetters }, { deadLetters }, { queue }]) {
      const opening = openBatch(queueConfig(changes), [], aws.clock.now(), effects());
      await expect(opening).rejects.toMatchObject({
        code: 'queue-unusable',
        message: expect.stringMatching(/QUEUE_URL is (cos|https):.*event source/),
      });
    }
  });

  test.each([
    ['cos://docs-1250000000.ap-beijing/jobs/', 'cos://scans-1250000000.ap-beijing/jobs/dead/'],
    ['cos://docs-1250000000.ap-beijing/jobs/', 'cos://docs-1250000000.ap-beijing/jobs-dead/'],
  ])('takes folders side by side, or in two buckets: %s and %s', async (queue, deadLetters) => {
    const changes = { queue: addressOf(queue), deadLetters: addressOf(deadLetters) };
    const opened = await openQueue(queueConfig(changes), effects());
    expect(opened.capabilities).toMatchObject({ exclusiveLeases: false, leasesAsLongAsAsked: true });
    await opened.close();
  });

  test.each([
    'http://127.0.0.1:1',
    'http://127.1.22.33:1',
    'http://localhost:1',
    'http://sqs.us-east-1.localhost:1',
    'http://[::1]:1',
  ])('needs no region for this machine: %s', async (origin) => {
    const [queue, deadLetters] = [addressOf(`${origin}/1/jobs`, 'sqs'), addressOf(`${origin}/1/dead`, 'sqs')];
    const opened = await openQueue(queueConfig({ queue, deadLetters }), effects());
    expect(opened.capabilities.exclusiveLeases).toBe(true);
    await opened.close();
  });

  test.each([
    'http://notlocalhost:1',
    'http://localhost.example:1',
    'http://128.0.0.1:1',
    'http://127.0.0.1.example:1',
    'http://[::2]:1',
  ])('needs the region of any other: %s', async (origin) => {
    const [queue, deadLetters] = [addressOf(`${origin}/1/jobs`, 'sqs'), addressOf(`${origin}/1/dead`, 'sqs')];
    for (const changes of [
      { queue, deadLetters },
      {
        queue: addressOf('http://localhost/1/jobs', 'sqs'),
        deadLetters: addressOf('http://localhost/1/dead', 'sqs'),
        awsEndpoint: origin,
      },
    ]) {
      await expect(openQueue(queueConfig(changes), effects())).rejects.toMatchObject({
        code: 'queue-unusable',
        message: expect.stringMatching(/the region of http:.*jobs is not known: set AWS_REGION/),
      });
    }
  });

  test('signs for some region where the endpoint is on this machine, whatever the hosts of the queue URLs', async () => {
    const server = await ScriptedServer.start(answer(200, '{}'));
    const [queue, deadLetters] = ['one', 'two'].map((host) => addressOf(`http://${host}.example/1/q`, 'sqs'));
    if (queue === undefined || deadLetters === undefined) throw new Error('two were made');
    const awsEndpoint = server.origin.href;
    const opened = await openQueue(queueConfig({ queue, deadLetters, awsEndpoint }), effects());
    await opened.lease({ max: 1, holdUntil: after(aws.clock.now(), minutes(1)), wait: millis(0) });
    await opened.close();
    await server.close();
    expect(server.requests[0]?.headers.authorization).toContain('/us-east-1/sqs/aws4_request');
  });
});
