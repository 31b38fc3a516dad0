import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CosClient } from '../../lib/cos/client.js';
import { openTransport } from '../../lib/cos/transport.js';
import { parseConfig } from '../../lib/config.js';
import { createDocProcessJob } from '../../lib/doc-jobs/create.js';
import { after, seconds } from '../../lib/domain/units.js';
import type { Trigger } from '../../lib/platform/invocation.js';
import { systemClock } from '../../lib/platform/system.js';
import { createPoll } from '../../lib/poll.js';
import { startCloud, type Cloud } from '../../local/cloud.js';
import { environmentOf } from '../../local/environment.js';
import { setEnvironment } from '../queue/aws-environment.js';
import { SOURCE } from '../support/pending-jobs.js';
import { isValidNotice } from './published.js';

let cloud: Cloud;
let root: string;
let sqsUrl: string;
let cmqUrl: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'docjob-notices-'));
  cloud = await startCloud({ root, jobDurationMs: 0, seed: 1 });
  await cloud.control.createBucket(SOURCE.bucket, SOURCE.region);
  for (const name of ['pending', 'dead']) cloud.sqs.createQueue(name);
  sqsUrl = cloud.sqs.createQueue('notices');
  cmqUrl = cloud.cmq.createQueue('notices');
  const { accessKeyId, secretAccessKey } = cloud.aws.credentials;
  setEnvironment({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
});

afterEach(async () => {
  setEnvironment({ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
  await cloud.close();
  await rm(root, { recursive: true, force: true });
});

function environment(changes: Record<string, string>): Record<string, string> {
  const queueUrl = sqsUrl.replace('notices', 'pending');
  const deadLetterQueueUrl = sqsUrl.replace('notices', 'dead');
  const env = environmentOf(cloud, { queueUrl, deadLetterQueueUrl, source: SOURCE });
  return { ...env, QUEUE_WAIT_SECONDS: '0', ...changes };
}

const onBucket = () => ({
  QUEUE_URL: `cos://${SOURCE.bucket}.${SOURCE.region}/docjob/pending/`,
  DEAD_LETTER_QUEUE_URL: `cos://${SOURCE.bucket}.${SOURCE.region}/docjob/dead/`,
});

const credentials = () => cloud.credentials.longLived;

/** A job at CI that has ended. */
async function aJob(): Promise<string> {
  const transport = openTransport({ maxSockets: 1 });
  const { client } = parseConfig(environment({})).run;
  const effects = { clock: systemClock, transport, credentials, random: () => 0.5 };
  const bounds = { deadline: after(systemClock.now(), seconds(20)), signal: new AbortController().signal };
  await cloud.control.putObject(SOURCE.bucket, 'in.docx', Buffer.from('x'), { durationMs: 0, pages: 3 });
  const output = { ...SOURCE, object: 'out/${Number}.png' };
  const request = { object: 'in.docx', output, targetType: 'png' as const };
  try {
    return (await createDocProcessJob(new CosClient(client, effects, bounds), SOURCE, request)).jobId;
  } finally {
    transport.close();
  }
}

const poll = (env: Record<string, string>, trigger: Trigger) =>
  createPoll(environment(env), { clock: systemClock, random: () => 0.5, writeLine: () => undefined })({
    trigger,
    deadline: after(systemClock.now(), seconds(30)),
    requestId: 'r1',
    platform: { kind: 'lambda', functionName: 'poll' },
    credentials,
  });

async function expectNotice(bodies: readonly string[], jobId: string): Promise<void> {
  expect(bodies.map((body) => JSON.parse(body) as unknown)).toEqual([
    {
      schemaVersion: '1.0',
      jobId,
      source: SOURCE,
      state: 'Success',
      complete: true,
      manifest: { ...SOURCE, key: `manifests/${jobId}.json` },
      pages: 3,
    },
  ]);
  expect(bodies.every(isValidNotice)).toBe(true);
  const manifest = await cloud.control.readObject(SOURCE.bucket, `manifests/${jobId}.json`);
  expect(JSON.parse(String(manifest))).toMatchObject({ job: { jobId } });
}

const sqsNotices = () => cloud.sqs.messages('notices').map(({ content }) => content.body);

test('a job of a queue in a bucket is told of on SQS', async () => {
  const jobId = await aJob();
  await cloud.control.putObject(SOURCE.bucket, `docjob/pending/${jobId}`, Buffer.from(''));
  await poll({ ...onBucket(), NOTICE_QUEUE_URL: sqsUrl }, { kind: 'timer' });
  await expectNotice(sqsNotices(), jobId);
  expect(await cloud.control.listKeys(SOURCE.bucket, 'docjob/')).not.toContain(`docjob/pending/${jobId}`);
});

test('a job that is given in a call is told of on CMQ', async () => {
  const jobId = await aJob();
  await poll({ NOTICE_QUEUE_URL: cmqUrl }, { kind: 'jobs', messages: [jobId] });
  await expectNotice(
    cloud.cmq.messages('notices').map(({ body }) => body),
    jobId,
  );
});

test('a job of an event of SQS is told of on another queue of SQS', async () => {
  const jobId = await aJob();
  const message = {
    messageId: 'm1',
    receiptHandle: 'none',
    body: jobId,
    attributes: { SentTimestamp: String(Date.now()) },
  };
  await poll({ NOTICE_QUEUE_URL: sqsUrl }, { kind: 'batch', messages: [message] });
  await expectNotice(sqsNotices(), jobId);
});

test('a queue for notices that is not there fails the run; the manifest is written, and the job stays', async () => {
  const jobId = await aJob();
  cloud.sqs.send('pending', jobId);
  const running = poll({ NOTICE_QUEUE_URL: sqsUrl.replace('notices', 'nowhere') }, { kind: 'timer' });
  await expect(running).rejects.toMatchObject({
    name: 'RunError',
    message: expect.stringContaining('nowhere') as unknown,
  });
  expect(await cloud.control.readObject(SOURCE.bucket, `manifests/${jobId}.json`)).toBeDefined();
  expect(cloud.sqs.messages('pending')).toHaveLength(1);
});
