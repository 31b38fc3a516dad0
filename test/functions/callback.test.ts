import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CODE_BUDGETS } from '../../deploy/budget.js';
import { callback } from '../../functions/callback/function.js';
import { MAX_BODY_BYTES } from '../../lib/callback/notice.js';
import type { JobId } from '../../lib/domain/names.js';
import { readManifest } from '../../lib/manifest/index.js';
import { SETTLE_TIME } from '../../lib/poller/budget.js';
import type { FunctionHost } from '../../local/function-host/host.js';
import { serveFunctionUrl, type FunctionUrl } from '../../local/function-host/url.js';
import { assertValidManifest } from '../manifest/assert-valid-manifest.js';
import { buildFunction, buildPoll, Deployment } from '../support/deployment.js';
import { SOURCE } from '../support/pending-jobs.js';

const SECRET = 'kX3-9fQ_w7LmZ2pRtYb8uVc5nHs4gJd1';

type Bundle = Awaited<ReturnType<typeof buildFunction>>;

let pollBundle: Bundle;
let callbackBundle: Bundle;
const endings: (() => Promise<void>)[] = [];

beforeAll(async () => {
  pollBundle = await buildPoll();
  callbackBundle = await buildFunction('callback');
});

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

afterAll(async () => {
  await pollBundle.remove();
  await callbackBundle.remove();
});

/** The poll and the callback function on one embedded cloud, the second at a URL. */
interface Setting {
  readonly deployment: Deployment;
  readonly host: FunctionHost;
  readonly url: FunctionUrl;
  /** The URL with the secret in its path, as CI is given it. */
  readonly target: string;
}

async function deploy(
  platform: 'lambda' | 'scf',
  env: Readonly<Record<string, string>> = {},
): Promise<Setting> {
  const deployment = await Deployment.start(pollBundle.folder, platform, {
    // A poll waits for the one job that a test has queued, and for no other.
    env: () => ({ QUEUE_WAIT_SECONDS: '10', MAX_LEASES_PER_RUN: '1', DELAY_FLOOR_SECONDS: '1' }),
  });
  endings.push(() => deployment.close());
  const host = deployment.addFunction(callbackBundle.folder, {
    CALLBACK_SECRET: SECRET,
    REQUEST_TIMEOUT_MS: '1000',
    REQUEST_RETRIES: '1',
    ...env,
  });
  const url = await serveFunctionUrl(host, platform);
  endings.push(() => url.close());
  return { deployment, host, url, target: `${url.origin}/${SECRET}` };
}

/** Has CI's queue report the ends of jobs to the function. */
async function notify({ deployment, target }: Setting, format: 'XML' | 'JSON'): Promise<void> {
  const { cloud, client } = deployment;
  const config = `<Url>${target}</Url><Event>TaskFinish</Event><Type>Url</Type><State>On</State><ResultFormat>${format}</ResultFormat>`;
  const body = `<Request><Name>docs</Name><State>Active</State><NotifyConfig>${config}</NotifyConfig></Request>`;
  const path = `/docqueue/${cloud.control.queueIdOf(SOURCE.bucket)}`;
  await client.send(
    { family: 'ci', ...SOURCE, method: 'PUT', path, body: Buffer.from(body) },
    () => undefined,
  );
}

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** Sends something as CI would. */
async function post(target: string, body: string, headers: Record<string, string> = {}): Promise<Answered> {
  const init = { method: 'POST', body, headers: { 'content-type': 'application/xml', ...headers } };
  const response = await fetch(target, init);
  return { status: response.status, body: await response.json() };
}

const finished = (...jobIds: readonly string[]): string =>
  `<Response><EventName>TaskFinish</EventName>${jobIds
    .map((id) => `<JobsDetail><JobId>${id}</JobId><State>Success</State><Tag>DocProcess</Tag></JobsDetail>`)
    .join('')}</Response>`;

const ciRequests = ({ deployment }: Setting): number =>
  deployment.cloud.control.statistics.requests({ family: 'ci', operation: 'DescribeDocProcessJob' }).length;

const sends = ({ deployment }: Setting): number => deployment.cloud.sqs.calls('SendMessageBatch');

const eventsIn = ({ deployment }: Setting): readonly unknown[] =>
  deployment.lines.map((line) => (JSON.parse(line) as { readonly event: unknown }).event); // our own log's lines

async function expectManifest({ deployment }: Setting, jobId: JobId, pages: number): Promise<void> {
  const manifest = (await deployment.manifest(jobId)) ?? '';
  assertValidManifest(manifest);
  expect(readManifest(manifest)).toMatchObject({ complete: true, pages: { length: pages } });
}

describe('the bundle', () => {
  test('is one file with nothing beside it but its source map and the note that it is CommonJS', async () => {
    expect((await readdir(callbackBundle.folder)).sort()).toEqual([
      'index.js',
      'index.js.map',
      'package.json',
    ]);
    expect((await stat(join(callbackBundle.folder, 'index.js'))).size).toBeLessThan(CODE_BUDGETS.callback);
  });

  test('as deployed, its time holds a look and the queueing of what the look leaves open', () => {
    const requestTimeoutMs = 5_000;
    const enqueueTimeMs = 5_000;
    const needed = 2 * 2 * requestTimeoutMs + SETTLE_TIME + enqueueTimeMs;
    expect(callback.timeoutSeconds * 1_000).toBeGreaterThanOrEqual(needed);
  });
});

describe.each(['lambda', 'scf'] as const)('the callback function on %s', (platform) => {
  test.each(['XML', 'JSON'] as const)(
    "turns CI's own callback in %s into the manifest, with one describe and without the queue",
    async (format) => {
      const setting = await deploy(platform);
      await notify(setting, format);
      const { deployment } = setting;
      const jobId = await deployment.submit('report.docx', { pages: 7 });

      const [delivery] = await deployment.cloud.control.callbacks.delivered(jobId);
      expect(delivery).toMatchObject({ outcome: 'answered', status: 200 });
      expect(delivery).toHaveProperty('body', '{"finished":1,"queued":0,"lost":0}\n');
      await expectManifest(setting, jobId, 7);
      expect(ciRequests(setting)).toBe(1);
      expect(deployment.cloud.sqs.calls('ReceiveMessage') + sends(setting)).toBe(0);
    },
  );

  test('writes the manifest of a failed job too', async () => {
    const setting = await deploy(platform);
    await notify(setting, 'XML');
    const jobId = await setting.deployment.submit('broken.doc', { ends: 'Failed' });
    await setting.deployment.cloud.control.callbacks.delivered(jobId);
    expect(readManifest((await setting.deployment.manifest(jobId)) ?? '').job.state).toBe('Failed');
  });

  test('does not believe a success that is not there: the job is queued, and the poll function finishes it', async () => {
    const setting = await deploy(platform);
    await notify(setting, 'XML');
    const { deployment } = setting;
    const hour = 3_600_000;
    const jobId = await deployment.submit('slow.docx', { pages: 2, durationMs: hour, callback: 'premature' });

    const [lie] = await deployment.cloud.control.callbacks.delivered(jobId);
    expect(lie).toMatchObject({ status: 200, body: '{"finished":0,"queued":1,"lost":0}\n' });
    expect(await deployment.manifest(jobId)).toBeUndefined();
    expect(deployment.pending()).toBe(1);

    deployment.cloud.control.skewClock(hour + 1_000);
    await expect(deployment.host.invoke({ trigger: 'timer' })).resolves.toMatchObject({
      leased: 1,
      finished: { Success: 1 },
    });
    await expectManifest(setting, jobId, 2);
    expect(deployment.pending()).toBe(0);
  });

  test('is not harmed by a callback that comes twice, or after the poll function has done the work', async () => {
    const setting = await deploy(platform);
    await notify(setting, 'JSON');
    const { deployment, target } = setting;
    const jobId = await deployment.submit('report.docx', { pages: 3, callback: 'duplicate' });
    const both = await deployment.cloud.control.callbacks.delivered(jobId, 2);
    expect(both).toMatchObject([{ status: 200 }, { status: 200 }]);
    const first = await deployment.manifest(jobId);
    await deployment.host.invoke({ jobIds: [jobId] });
    await expect(post(target, finished(jobId))).resolves.toMatchObject({ status: 200 });
    expect(await deployment.manifest(jobId)).toBe(first);
    expect(deployment.pending()).toBe(0);
  });

  test('a job that is in the queue already is finished at once, and acknowledged at its next look', async () => {
    const { deployment, target } = await deploy(platform);
    const jobId = await deployment.submit('report.docx');
    deployment.enqueue(jobId);
    await expect(post(target, finished(jobId))).resolves.toMatchObject({ body: { finished: 1 } });
    const first = await deployment.manifest(jobId);
    expect(first).toBeDefined();
    await deployment.host.invoke({ trigger: 'timer' });
    expect(deployment.pending()).toBe(0);
    expect(await deployment.manifest(jobId)).toBe(first);
  });

  test('queues what it cannot look at since CI is down, and says that it has', async () => {
    const setting = await deploy(platform);
    const { deployment, target } = setting;
    const jobId = await deployment.submit('report.docx');
    const rule = deployment.cloud.control.faults.add({
      match: { family: 'ci' },
      fault: { kind: 'status', status: 503, code: 'ServiceUnavailable' },
    });
    await expect(post(target, finished(jobId))).resolves.toEqual({
      status: 200,
      body: { finished: 0, queued: 1, lost: 0 },
    });
    expect(deployment.pending()).toBe(1);
    rule.remove();
    await expect(deployment.host.invoke({ trigger: 'timer' })).resolves.toMatchObject({
      finished: { Success: 1 },
    });
    await expectManifest(setting, jobId, 3);
  });

  test('a key that is refused is an error in the log, and the job is queued', async () => {
    const setting = await deploy(platform, { TENCENTCLOUD_SECRET_KEY: 'a-wrong-secret-key' });
    const { deployment, target } = setting;
    const jobId = await deployment.submit('report.docx');
    await expect(post(target, finished(jobId))).resolves.toMatchObject({ status: 200, body: { queued: 1 } });
    const log = deployment.lines.find((line) => line.includes('callback-look-failed')) ?? '{}';
    expect(JSON.parse(log)).toMatchObject({
      level: 'error',
      code: 'service-unusable',
      disposition: 'credentials',
    });
    expect(deployment.lines.join('\n')).not.toContain('a-wrong-secret-key');
  });

  test('a job whose output is closed to us is queued, for the poll function to give up with its reason', async () => {
    const { deployment, target } = await deploy(platform, { ALLOWED_BUCKETS: SOURCE.bucket });
    const jobId = await deployment.submit('report.docx');
    await expect(post(target, finished(jobId))).resolves.toMatchObject({ status: 200, body: { queued: 1 } });
    expect(deployment.deadLetters()).toEqual([]);
    expect(deployment.pending()).toBe(1);
  });

  test('answers 500 when CI and the queue are both down, and a later call makes it good', async () => {
    const setting = await deploy(platform);
    const { deployment, target } = setting;
    const jobId = await deployment.submit('report.docx');
    const rule = deployment.cloud.control.faults.add({
      match: { family: 'ci' },
      fault: { kind: 'reset', when: 'before' },
    });
    deployment.cloud.sqs.fail('SendMessageBatch', { kind: 'refuse', as: 'AccessDenied' });
    await expect(post(target, finished(jobId))).resolves.toEqual({
      status: 500,
      body: {
        error: 'jobs could neither be settled nor be queued: send this again',
        finished: 0,
        queued: 0,
        lost: 1,
      },
    });
    expect(eventsIn(setting)).toContain('callback-enqueue-failed');
    rule.remove();
    await expect(post(target, finished(jobId))).resolves.toMatchObject({
      status: 200,
      body: { finished: 1 },
    });
  });

  test('asks in the bucket that the callback names if it is one of ours, and else in the configured one', async () => {
    const setting = await deploy(platform);
    const { target } = setting;
    const naming = (bucket: string): string =>
      JSON.stringify({
        EventName: 'TaskFinish',
        JobsDetail: [{ JobId: 'd1', Input: { BucketId: bucket, Region: 'ap-guangzhou' } }],
      });
    await post(target, naming('pictures-1250000000'));
    await post(target, naming('foreign-1999999999'));
    await post(target, naming(SOURCE.bucket));
    const { statistics } = setting.deployment.cloud.control;
    const asked = statistics.requests({ operation: 'DescribeDocProcessJob' });
    expect(asked.map(({ bucket }) => bucket)).toEqual(['pictures-1250000000', SOURCE.bucket, SOURCE.bucket]);
    const bodies = setting.deployment.cloud.sqs.messages('pending').map(({ content }) => content.body);
    expect(bodies.map((body) => JSON.parse(body) as unknown)).toEqual([
      { jobId: 'd1', bucket: 'pictures-1250000000', region: 'ap-guangzhou' },
      { jobId: 'd1', ...SOURCE },
      { jobId: 'd1', ...SOURCE },
    ]);
  });

  test.each([
    ['no path', '/'],
    ['a wrong secret', '/kX3-9fQ_w7LmZ2pRtYb8uVc5nHs4gJd2'],
    ['half of it', `/${SECRET.slice(0, 16)}`],
    ['it with something behind', `/${SECRET}x`],
    ['it, but not at the end', `/${SECRET}/x`],
    ['it in the query', `/?secret=${SECRET}`],
  ])('with %s there is nothing here, whatever is asked, and nobody is asked', async (_what, path) => {
    const setting = await deploy(platform);
    const answers = await Promise.all(
      ['POST', 'GET', 'PUT'].map(async (method) => {
        const body = method === 'GET' ? {} : { body: finished('d1') };
        const response = await fetch(`${setting.url.origin}${path}`, { method, ...body });
        return [response.status, await response.text()];
      }),
    );
    expect(answers).toEqual(new Array(3).fill([404, '{"error":"not found"}\n']));
    expect(ciRequests(setting) + sends(setting)).toBe(0);
  });

  test.each(['GET', 'HEAD', 'PUT', 'DELETE'])('with the secret, takes POST and no %s', async (method) => {
    const { target } = await deploy(platform);
    const response = await fetch(target, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('a query and a slash at the end of the URL change nothing', async () => {
    const { deployment, target } = await deploy(platform);
    const jobId = await deployment.submit('report.docx');
    for (const end of ['?x=1', '/', '/?x=/y']) {
      await expect(post(`${target}${end}`, finished(jobId))).resolves.toMatchObject({ status: 200 });
    }
  });

  test('reads the body by its form, whatever it is called, in base64 too', async () => {
    const { deployment, target } = await deploy(platform);
    const jobId = await deployment.submit('report.docx');
    for (const type of ['application/json', 'application/octet-stream', 'text/plain']) {
      const headers = { 'content-type': type };
      await expect(post(target, finished(jobId), headers)).resolves.toMatchObject({ body: { finished: 1 } });
    }
  });

  test('a body beyond what a platform lets through is refused by its size alone', async () => {
    const setting = await deploy(platform);
    const body = finished('d1').padEnd(MAX_BODY_BYTES + 1);
    const event =
      platform === 'lambda'
        ? {
            rawPath: `/${SECRET}`,
            requestContext: { http: { method: 'POST' } },
            body,
            isBase64Encoded: false,
          }
        : { path: `/${SECRET}`, httpMethod: 'POST', body };
    await expect(setting.host.invoke(event)).resolves.toMatchObject({ statusCode: 413 });
    expect(ciRequests(setting) + sends(setting)).toBe(0);
  });

  test.each([
    ['nothing', ''],
    ['a form', 'JobId=d1'],
    ['half a callback', finished('d1').slice(0, 80)],
    ['another document', '<Error><Code>InternalError</Code></Error>'],
    ['JSON of something else', '{"hello":"world"}'],
    ['a job ID that cannot be one', finished('../d1')],
  ])('answers 400 to %s, and repeats nothing of it', async (_what, body) => {
    const setting = await deploy(platform);
    await expect(post(setting.target, body)).resolves.toEqual({
      status: 400,
      body: { error: 'the body is not a TaskFinish callback of CI in XML or JSON' },
    });
    expect(eventsIn(setting)).toEqual(['callback-unreadable']);
    expect(ciRequests(setting) + sends(setting)).toBe(0);
  });

  test('writes neither the secret nor the path into the log, whatever happens', async () => {
    const setting = await deploy(platform);
    const { deployment, target, url } = setting;
    const jobId = await deployment.submit('report.docx');
    await post(target, finished(jobId));
    await post(target, finished('d-unknown'));
    await post(target, '<nonsense');
    await post(`${target}x`, finished(jobId));
    await fetch(target);
    await fetch(url.origin);
    expect(deployment.lines.length).toBeGreaterThan(5);
    for (const line of deployment.lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    const log = deployment.lines.join('\n');
    for (const part of [SECRET, SECRET.slice(0, 12), deployment.cloud.credentials.longLived.secretKey]) {
      expect(log).not.toContain(part);
    }
  });

  test('throws on a configuration that is not usable, without showing the secret', async () => {
    const setting = await deploy(platform, { CALLBACK_SECRET: 'too-short-a-secret', SOURCE_BUCKET: '' });
    const response = await fetch(setting.target, { method: 'POST', body: finished('d1') });
    expect(response.status).toBe(502);
    const log = setting.deployment.lines.join('\n');
    expect(log).toContain('SOURCE_BUCKET is not set');
    expect(log).toContain('CALLBACK_SECRET is not set, or is no secret');
    expect(log).not.toContain('too-short-a-secret');
  });
});
