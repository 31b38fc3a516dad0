import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkQueues } from '../../../deploy/tencent/queues.js';
import { systemClock } from '../../../lib/platform/system.js';
import { parseQueueUrl, type QueueAddress } from '../../../lib/queue/open-queue.js';
import { startCloud } from '../../../local/cloud.js';
import { aBucket, aRegion } from '../../support/pending-jobs.js';
import { KEY_PAIR, type FakeTencentApi } from './fake-api.js';
import { Stage } from './plans.js';

let stage: Stage;
let cloud: FakeTencentApi;

beforeEach(async () => {
  stage = await Stage.open();
  cloud = stage.cloud;
});

afterEach(() => stage.close());

function address(url: string): QueueAddress {
  const parsed = parseQueueUrl(url);
  if (parsed.kind === 'refused') throw new Error(parsed.problem);
  return parsed;
}

const RUN_SECONDS = 60;

function check(queue: string, deadLetters: string, cosEndpoint?: URL, keys = KEY_PAIR): Promise<void> {
  const queues = { queue: address(queue), deadLetters: address(deadLetters) };
  return checkQueues(queues, RUN_SECONDS, {
    ...stage.effects(),
    clock: systemClock,
    random: () => 0,
    credentials: () => keys,
    cosEndpoint,
  });
}

const checkCmq = (): Promise<void> =>
  check('cmq://cmq-bj.public.tencenttdmq.com/pending', 'cmq://cmq-bj.public.tencenttdmq.com/dead');

const FIT = {
  VisibilityTimeout: 60,
  MsgRetentionSeconds: 43_200,
  RewindSeconds: 1_296_000,
  RetentionSizeInMB: 10_240,
};

test('queues of CMQ that are not there are made so that nothing is lost unseen', async () => {
  await checkCmq();
  for (const name of ['pending', 'dead']) expect(cloud.tdmq.queues.get(name)).toMatchObject(FIT);
  await checkCmq();
  expect(cloud.changes()).toEqual(['CreateCmqQueue', 'CreateCmqQueue']);
});

test('a queue whose name only contains ours is not taken for it', async () => {
  cloud.tdmq.put({ QueueName: 'pending-of-others', ...FIT });
  await checkCmq();
  expect([...cloud.tdmq.queues.keys()]).toEqual(['pending-of-others', 'pending', 'dead']);
});

test.each([
  [{ RewindSeconds: 0, RetentionSizeInMB: 0 }, 'rewind is 0 seconds: turn it on'],
  [{ MsgRetentionSeconds: 3_600 }, 'the maximum unacknowledged time is 3600 seconds: set 43200'],
  [{ VisibilityTimeout: 59 }, 'the visibility timeout is 59 seconds: set at least the 60 of a run'],
])('a queue of CMQ with %j is refused, and left as it is', async (change, problem) => {
  cloud.tdmq.put({ QueueName: 'pending', ...FIT, ...change });
  await expect(checkCmq()).rejects.toThrow(problem);
  expect(cloud.changes()).toEqual([]);
});

test('all that is wrong with a queue is said at once', async () => {
  cloud.tdmq.put({ QueueName: 'pending' });
  await expect(checkCmq()).rejects.toThrow(
    /rewind is 0[^]*unacknowledged time is 3600[^]*visibility timeout is 30/,
  );
});

test('a queue that cannot be made is reported with the service’s request ID', async () => {
  cloud.failNext('CreateCmqQueue', 'UnauthorizedOperation.CAM');
  await expect(checkCmq()).rejects.toThrow(
    /CreateCmqQueue was refused with UnauthorizedOperation.CAM: .*\(request ID fake-2\)/,
  );
});

test('the bucket of a bucket queue must be there, and the key pair must be allowed to see it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'docjob-cloud-'));
  const cos = await startCloud({ root, credentials: KEY_PAIR });
  try {
    await cos.control.createBucket(aBucket('docs-1250000000'), aRegion('ap-beijing'));
    const endpoint = new URL(cos.origin);
    const here = 'cos://docs-1250000000.ap-beijing/docjob/pending/';
    await check(here, 'cos://docs-1250000000.ap-beijing/docjob/dead/', endpoint);
    expect(stage.lines).toEqual([
      `${here}: the bucket is there`,
      'cos://docs-1250000000.ap-beijing/docjob/dead/: the bucket is there',
    ]);
    const nowhere = check('cos://nowhere-1250000000.ap-beijing/q/', here, endpoint);
    await expect(nowhere).rejects.toThrow('Create the bucket nowhere-1250000000 in ap-beijing');
    const stranger = check(here, here, endpoint, { ...KEY_PAIR, secretKey: 'wrong' });
    await expect(stranger).rejects.toThrow('name/cos:HeadBucket');
  } finally {
    await cos.close();
    await rm(root, { recursive: true, force: true });
  }
});
