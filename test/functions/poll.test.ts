import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CODE_BUDGETS } from '../../deploy/budget.js';
import { poll } from '../../functions/poll/function.js';
import { readManifest } from '../../lib/manifest/index.js';
import { SETTLE_TIME } from '../../lib/poller/budget.js';
import { assertValidManifest } from '../manifest/assert-valid-manifest.js';
import { buildPoll, Deployment } from '../support/deployment.js';

let bundle: Awaited<ReturnType<typeof buildPoll>>;
const running: Deployment[] = [];

beforeAll(async () => {
  bundle = await buildPoll();
});

afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
});

afterAll(() => bundle.remove());

async function deploy(
  platform: 'lambda' | 'scf',
  changes?: Parameters<typeof Deployment.start>[2],
): Promise<Deployment> {
  const deployment = await Deployment.start(bundle.folder, platform, changes);
  running.push(deployment);
  return deployment;
}

const TIMER = {
  lambda: { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} },
  scf: { Type: 'Timer', TriggerName: 'every-minute', Time: '2026-01-01T12:00:00Z', Message: '' },
};

describe('the bundle', () => {
  test('is one file with nothing beside it but its source map and the note that it is CommonJS', async () => {
    expect((await readdir(bundle.folder)).sort()).toEqual(['index.js', 'index.js.map', 'package.json']);
    expect((await stat(join(bundle.folder, 'index.js'))).size).toBeLessThan(CODE_BUDGETS.poll);
  });

  test('is the same bytes when it is built again', async () => {
    const again = await buildPoll();
    try {
      for (const name of await readdir(bundle.folder)) {
        const files = [bundle.folder, again.folder].map((folder) => readFile(join(folder, name)));
        const [one, other] = await Promise.all(files);
        expect(one?.equals(other ?? Buffer.alloc(0))).toBe(true);
      }
    } finally {
      await again.remove();
    }
  });

  test('names no path of the machine that built it', async () => {
    for (const name of await readdir(bundle.folder)) {
      expect(await readFile(join(bundle.folder, name), 'utf8')).not.toContain(process.cwd());
    }
  });

  test('as deployed, its time holds a look, and its runs do not overlap', () => {
    expect(poll.timeoutSeconds * 1_000).toBeGreaterThan(2 * 2 * 5_000 + SETTLE_TIME);
    expect(poll.timeoutSeconds).toBeLessThanOrEqual(poll.trigger.everyMinutes * 60);
  });
});

describe.each(['lambda', 'scf'] as const)('the poll function on %s', (platform) => {
  test('turns pending jobs into manifests, and acknowledges them', async () => {
    const deployment = await deploy(platform);
    const done = await deployment.submit('report.docx', { pages: 3 });
    const failed = await deployment.submit('broken.doc', { ends: 'Failed' });
    const running = await deployment.submit('slow.docx', { ends: 'never' });
    for (const jobId of [done, failed, running]) deployment.enqueue(jobId);

    await expect(deployment.host.invoke(TIMER[platform])).resolves.toMatchObject({
      leased: 3,
      finished: { Success: 1, Failed: 1 },
      waiting: 1,
      stopped: 'queue-empty',
    });
    const manifests = await Promise.all([done, failed].map((jobId) => deployment.manifest(jobId)));
    for (const manifest of manifests) assertValidManifest(manifest ?? '');
    expect(readManifest(manifests[0] ?? '').pages).toHaveLength(3);
    expect(readManifest(manifests[1] ?? '').job.state).toBe('Failed');
    expect(deployment.pending()).toBe(1);
    expect(await deployment.manifest(running)).toBeUndefined();
  });

  test('writes nothing but its log, a line of JSON each, however many looks are in flight', async () => {
    const deployment = await deploy(platform);
    for (let n = 0; n < 40; n += 1) deployment.enqueue(`d${n}`);
    await expect(deployment.host.invoke(TIMER[platform])).resolves.toMatchObject({ waiting: 40 });
    expect(deployment.lines.length).toBeGreaterThan(0);
    for (const line of deployment.lines) {
      const fields = Object.keys(JSON.parse(line) as Record<string, unknown>); // our own log's lines are objects
      // CLS has fourteen keys of this form of its own (SCF documentation, product 583, page 60336).
      expect(fields.filter((field) => field.startsWith('SCF_'))).toEqual([]);
    }
  });

  test('writes the metrics of each run as the platform reads them, of one that fails too', async () => {
    const deployment = await deploy(platform);
    deployment.enqueue(await deployment.submit('report.docx'));
    deployment.enqueue('no job');
    await deployment.host.invoke(TIMER[platform]);
    deployment.cloud.control.faults.add({
      match: { family: 'ci' },
      fault: { kind: 'status', status: 403, code: 'InvalidAccessKeyId' },
    });
    await expect(deployment.host.invoke(TIMER[platform])).rejects.toThrow();
    const metrics = deployment.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>) // our own log's lines are objects
      .filter(({ event }) => event === 'metrics');
    expect(metrics).toMatchObject([
      { FunctionName: expect.any(String), JobsFinished: 1, JobsDeadLettered: 1, Errors: 0 },
      { JobsFinished: 0 },
    ]);
    for (const line of metrics) expect('_aws' in line).toBe(platform === 'lambda');
  });

  test('keeps working on a warm call', async () => {
    const deployment = await deploy(platform);
    for (const object of ['one.docx', 'two.docx']) {
      deployment.enqueue(await deployment.submit(object));
      await expect(deployment.host.invoke(TIMER[platform])).resolves.toMatchObject({
        finished: { Success: 1 },
      });
    }
  });

  test('sends what is no job to the dead letters, body and all', async () => {
    const deployment = await deploy(platform);
    deployment.enqueue('{"hello":"world"}');
    await deployment.host.invoke(TIMER[platform]);
    expect(deployment.deadLetters()).toEqual([{ body: '{"hello":"world"}', reason: 'not-a-job' }]);
    expect(deployment.pending()).toBe(0);
  });

  test('looks at the jobs of a direct call, and tells what became of each', async () => {
    const deployment = await deploy(platform);
    const done = await deployment.submit('report.docx', { pages: 2 });
    const slow = await deployment.submit('slow.docx', { ends: 'never' });
    const result = await deployment.host.invoke({ jobIds: [done, slow, 'no job'] });
    expect(result).toMatchObject({
      finished: { Success: 1 },
      jobs: [
        { given: done, outcome: { kind: 'done' } },
        { given: slow, outcome: { kind: 'look-again' } },
        { given: 'no job', outcome: { kind: 'dead-letter', reason: 'not-a-job' } },
      ],
    });
    expect(await deployment.manifest(done)).toBeDefined();
    expect(deployment.pending()).toBe(0);
  });

  test('throws on a configuration that is not usable, with everything that is wrong', async () => {
    const deployment = await deploy(platform, { env: () => ({ SOURCE_BUCKET: '', CONCURRENCY: 'many' }) });
    await expect(deployment.host.invoke(TIMER[platform])).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'bad-configuration',
      message: expect.stringMatching(/SOURCE_BUCKET is not set.*\n.*CONCURRENCY is "many"/),
    });
  });

  test('throws on an event that it does not know', async () => {
    const deployment = await deploy(platform);
    await expect(deployment.host.invoke({ hello: 'world' })).rejects.toMatchObject({ name: 'EventError' });
  });

  test('throws on a wrong key before it leases anything, and never shows the key', async () => {
    const deployment = await deploy(platform, {
      env: () => ({ TENCENTCLOUD_SECRET_KEY: 'a-wrong-secret-key' }),
    });
    deployment.enqueue('d1');
    await expect(deployment.host.invoke(TIMER[platform])).rejects.toMatchObject({
      name: 'RunError',
      code: 'service-unusable',
    });
    expect(deployment.cloud.sqs.calls('ReceiveMessage')).toBe(0);
    expect(deployment.lines.join('\n')).toContain('call-failed');
    expect(deployment.lines.join('\n')).not.toContain('a-wrong-secret-key');
  });

  test('uses the temporary key of an execution role with its token, and never shows the token', async () => {
    let given = '';
    const deployment = await deploy(platform, {
      env: ({ credentials }) => {
        const { secretId, secretKey, token } = credentials.issueTemporary();
        given = token;
        return {
          TENCENTCLOUD_SECRETID: secretId,
          TENCENTCLOUD_SECRETKEY: secretKey,
          TENCENTCLOUD_SESSIONTOKEN: token,
        };
      },
    });
    deployment.cloud.credentials.revoke(deployment.cloud.credentials.longLived.secretId);
    deployment.enqueue('d1');
    await expect(deployment.host.invoke(TIMER[platform])).resolves.toMatchObject({
      waiting: 1,
      states: { Missing: 1 },
    });
    expect(deployment.lines.join('\n')).not.toContain(given);
  });

  test('is refused a time in which not one look would fit', async () => {
    const deployment = await deploy(platform, { timeoutMs: 5_000 });
    await expect(deployment.host.invoke(TIMER[platform])).rejects.toMatchObject({ code: 'run-refused' });
  });

  test('a killed run loses nothing: what it held comes back, and the next run finishes it', async () => {
    const deployment = await deploy(platform);
    const { cloud } = deployment;
    const jobId = await deployment.submit('report.docx');
    deployment.enqueue(jobId);
    const { faults } = cloud.control;
    const hang = faults.add({
      match: { family: 'cos', operation: 'PutObject' },
      fault: { kind: 'hang', when: 'after' },
    });
    const call = deployment.host.invoke(TIMER[platform]);
    const killed = expect(call).rejects.toMatchObject({ name: 'Runtime.ExitError' });
    for (let turn = 0; hang.struck === 0 && turn < 1_000_000; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    deployment.host.kill();
    await killed;
    // The lease is still that of the killed run: the message is held, not lost.
    expect(cloud.sqs.counts('pending')).toMatchObject({ visible: 0, inFlight: 1 });
    hang.remove();
    const direct = await deployment.host.invoke({ jobIds: [jobId] });
    expect(direct).toMatchObject({ finished: { Success: 1 } });
    assertValidManifest((await deployment.manifest(jobId)) ?? '');
  });
});

describe('an SQS event source of Lambda', () => {
  const record = (deployment: Deployment, messageId: string, receiptHandle: string, body: string) => ({
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${deployment.cloud.aws.region}:${deployment.cloud.aws.accountId}:pending`,
    awsRegion: deployment.cloud.aws.region,
    messageId,
    receiptHandle,
    body,
    attributes: { SentTimestamp: String(Date.now()), ApproximateReceiveCount: '1' },
    messageAttributes: {},
  });

  test('hears which messages are not done', async () => {
    const deployment = await deploy('lambda');
    const { SQSClient, ReceiveMessageCommand } = await import('@aws-sdk/client-sqs');
    const { cloud } = deployment;
    const done = await deployment.submit('report.docx');
    const slow = await deployment.submit('slow.docx', { ends: 'never' });
    for (const body of [done, slow, 'no job']) deployment.enqueue(body);
    const sqs = new SQSClient({
      endpoint: cloud.origin,
      region: cloud.aws.region,
      credentials: cloud.aws.credentials,
    });
    const QueueUrl = `${cloud.origin}/${cloud.aws.accountId}/pending`;
    const received = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 300 }),
    );
    sqs.destroy();
    const Records = (received.Messages ?? []).map(({ MessageId = '', ReceiptHandle = '', Body = '' }) =>
      record(deployment, MessageId, ReceiptHandle, Body),
    );
    const slowMessage = Records.find(({ body }) => body === slow)?.messageId;

    await expect(deployment.host.invoke({ Records })).resolves.toEqual({
      batchItemFailures: [{ itemIdentifier: slowMessage }],
    });
    expect(await deployment.manifest(done)).toBeDefined();
    expect(deployment.deadLetters()).toEqual([{ body: 'no job', reason: 'not-a-job' }]);
    expect(cloud.sqs.messages('pending').map(({ content }) => content.body)).toEqual([slow]);
  });
});
