import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CODE_BUDGETS } from '../../deploy/budget.js';
import { submit } from '../../functions/submit/function.js';
import { readManifest } from '../../lib/manifest/index.js';
import type { SubmitReport } from '../../lib/submit.js';
import type { Cloud } from '../../local/cloud.js';
import type { Fault } from '../../local/faults/fault.js';
import { assertValidManifest } from '../manifest/assert-valid-manifest.js';
import { cosEvent, cosRecord } from '../submit/events.js';
import { buildFunction, Deployment, OUTPUT } from '../support/deployment.js';
import { SOURCE } from '../support/pending-jobs.js';

let bundle: Awaited<ReturnType<typeof buildFunction>>;
let pollBundle: Awaited<ReturnType<typeof buildFunction>>;
const running: Deployment[] = [];

beforeAll(async () => {
  bundle = await buildFunction('submit');
  pollBundle = await buildFunction('poll');
});

afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
});

afterAll(async () => {
  await bundle.remove();
  await pollBundle.remove();
});

type Platform = 'lambda' | 'scf';

async function deploy(
  platform: Platform,
  changes: { readonly env?: Readonly<Record<string, string>>; readonly timeoutMs?: number } = {},
): Promise<Deployment> {
  const deployment = await Deployment.start(bundle.folder, platform, {
    ...(changes.timeoutMs === undefined ? {} : { timeoutMs: changes.timeoutMs }),
    env: ({ control }: Cloud) => ({
      OUTPUT_BUCKET: OUTPUT.bucket,
      OUTPUT_REGION: OUTPUT.region,
      SUBMIT_PREFIX: 'in/',
      CI_QUEUE_ID: control.queueIdOf(SOURCE.bucket),
      ...changes.env,
    }),
  });
  running.push(deployment);
  return deployment;
}

const put = (deployment: Deployment, ...keys: readonly string[]): Promise<unknown> =>
  Promise.all(
    keys.map((key) => deployment.cloud.control.putObject(SOURCE.bucket, key, Buffer.from(key), { pages: 2 })),
  );
const call = (deployment: Deployment, event: unknown): Promise<SubmitReport> =>
  deployment.host.invoke(event) as Promise<SubmitReport>; // what a direct call returns
const pendingBodies = ({ cloud }: Deployment): readonly string[] =>
  cloud.sqs.messages('pending').map(({ content }) => content.body);
const idsIn = (bodies: readonly string[]): readonly string[] =>
  bodies.map((body) => (JSON.parse(body) as { readonly jobId: string }).jobId);

/** An event for an object that was made just now. */
const now = (): number => Math.floor(Date.now() / 1_000);

test('the bundle is one file of a bounded size', async () => {
  expect((await stat(join(bundle.folder, 'index.js'))).size).toBeLessThan(CODE_BUDGETS.submit);
});

test('as deployed, it may be called by others, and has time for a document and a lost answer', () => {
  expect(submit.trigger.kind).toBe('call');
  expect(submit.timeoutSeconds).toBeGreaterThanOrEqual(3 + 4 * 5 + 5);
});

describe.each(['lambda', 'scf'] as const)('the submit function on %s', (platform) => {
  test('makes the jobs of a direct call, and the poll function finds them and writes their manifests', async () => {
    const deployment = await deploy(platform, { env: { DELAY_FLOOR_SECONDS: '1' } });
    await put(deployment, 'a.docx', 'books/b & c.xlsx');
    const report = await call(deployment, { objects: ['a.docx', 'books/b & c.xlsx'] });

    expect(report).toMatchObject({ submitted: 2, failed: 0 });
    expect(report.results.map(({ object, ok }) => [object, ok])).toEqual([
      ['a.docx', true],
      ['books/b & c.xlsx', true],
    ]);
    const ids = report.results.map(({ jobId = '' }) => jobId);
    expect(idsIn(pendingBodies(deployment)).toSorted()).toEqual(ids.toSorted());
    const made = deployment.cloud.control.jobs();
    for (const body of pendingBodies(deployment)) {
      const message = JSON.parse(body) as Record<string, unknown>;
      const job = made.find(({ jobId }) => jobId === message['jobId']);
      expect(message).toMatchObject({
        ...SOURCE,
        queueId: deployment.cloud.control.queueIdOf(SOURCE.bucket),
        createdAt: Math.floor((job?.createdAt ?? 0) / 1_000) * 1_000,
      });
    }
    // Not before the first look is due.
    expect(deployment.cloud.sqs.counts('pending')).toEqual({ visible: 0, inFlight: 0, delayed: 2 });

    const poll = deployment.addFunction(pollBundle.folder, { QUEUE_WAIT_SECONDS: '2' });
    await expect(poll.invoke({ trigger: 'timer' })).resolves.toMatchObject({ finished: { Success: 2 } });
    const [document, sheet] = await Promise.all(ids.map((jobId) => deployment.manifest(jobId)));
    assertValidManifest(document ?? '');
    expect(readManifest(document ?? '').pages.map(({ key }) => key)).toEqual([
      'pages/a.docx/1.jpg',
      'pages/a.docx/2.jpg',
    ]);
    expect(readManifest(sheet ?? '').job.output?.object).toBe(
      'pages/books/b & c.xlsx/${SheetID}/${Number}.jpg',
    );
    expect(deployment.pending()).toBe(0);
  });

  test('makes what it can of a batch, and tells in order what is wrong with the rest', async () => {
    const deployment = await deploy(platform);
    await put(deployment, 'a.docx', 'b.docx');
    const { results, ...counts } = await call(deployment, {
      documents: [
        'a.docx',
        { object: 'b.docx', zoom: 201, startPage: 3, endPage: 2, colour: 'red' },
        { object: 'none.docx' },
        { object: 'b.docx', output: { bucket: 'theirs-1259999999', region: 'ap-beijing' } },
        { object: 'b.docx', output: { ...SOURCE, object: 'in/${Number}.jpg' } },
        { document: 'b.docx' },
        {
          object: 'b.docx',
          targetType: 'png',
          output: { object: 'own/${Page}.png' },
          startPage: 2,
          userData: 'order 7',
        },
      ],
    });
    expect(counts).toEqual({ submitted: 2, failed: 5 });
    expect(results.map((result) => (result.ok ? result.jobId.length : result.error.code))).toEqual([
      ...[
        33,
        'bad-document',
        'ResourceNotFound',
        'bucket-not-allowed',
        'would-trigger-itself',
        'bad-document',
        33,
      ],
    ]);
    expect(results[1]).toMatchObject({
      object: 'b.docx',
      error: {
        message: expect.stringMatching(
          /zoom must be a whole number from 10 to 200; "colour" is no option; endPage must not be before startPage/,
        ),
      },
    });
    expect(results[5]).toMatchObject({ object: null });
    expect(deployment.cloud.control.jobs()).toHaveLength(2);
    expect(deployment.pending()).toBe(2);
  });

  test('writes nothing but its log, a line of JSON each, however many documents are in hand', async () => {
    const deployment = await deploy(platform);
    const objects = Array.from({ length: 20 }, (_, index) => `in/${index}.docx`);
    for (const object of objects) await put(deployment, object);
    expect(await call(deployment, { objects })).toMatchObject({ submitted: 20, failed: 0 });
    expect(deployment.lines.length).toBeGreaterThan(0);
    for (const line of deployment.lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  test('makes a job for a new object, and no second one when the event comes again', async () => {
    const deployment = await deploy(platform);
    await put(deployment, 'in/report.docx');
    const event = cosEvent({ eventTime: now() });

    await expect(deployment.host.invoke(event)).resolves.toMatchObject({
      submitted: 1,
      results: [{ object: 'in/report.docx', ok: true, existing: false }],
    });
    await expect(deployment.host.invoke(event)).resolves.toMatchObject({
      submitted: 1,
      results: [{ object: 'in/report.docx', ok: true, existing: true }],
    });
    const [job, second] = deployment.cloud.control.jobs();
    expect(second).toBeUndefined();
    expect(idsIn(pendingBodies(deployment))).toEqual([job?.jobId, job?.jobId]);
    // The object is written again: another event, another job.
    const again = cosEvent({ eventTime: now(), meta: { 'x-cos-request-id': 'another' } });
    await expect(deployment.host.invoke(again)).resolves.toMatchObject({ results: [{ existing: false }] });
    expect(deployment.cloud.control.jobs()).toHaveLength(2);
  });

  test('takes of an event the new documents under its prefix, each once, and leaves the rest', async () => {
    const deployment = await deploy(platform);
    await put(deployment, 'in/a.docx', 'in/b.PDF');
    const eventTime = now();
    await expect(
      deployment.host.invoke(
        cosEvent(
          { key: 'in/a.docx', eventTime },
          { key: 'in/a.docx', eventTime },
          { key: 'in/b.PDF', eventTime },
          { key: 'in/gone.docx', eventTime, eventName: 'cos:ObjectRemove:Delete' },
          { key: 'other/c.docx', eventTime },
          { key: 'in/picture.jpg', eventTime },
          { key: 'in/', eventTime, size: 0 },
        ),
      ),
    ).resolves.toMatchObject({ submitted: 3, ignored: [{}, {}, {}, {}] });
    expect(deployment.cloud.control.jobs().map(({ object }) => object)).toEqual(['in/a.docx', 'in/b.PDF']);
  });

  test('gives back the ID of a job that it could not enqueue, with the message to send', async () => {
    const deployment = await deploy(platform);
    await put(deployment, 'a.docx', 'b.docx');
    deployment.cloud.sqs.fail('SendMessageBatch', { kind: 'refuse', as: 'AccessDenied' });
    const { results } = await call(deployment, { documents: ['a.docx'] });
    const [job] = deployment.cloud.control.jobs();
    expect(results).toEqual([
      {
        object: 'a.docx',
        ok: false,
        jobId: job?.jobId,
        error: expect.objectContaining({
          code: 'not-enqueued',
          message: expect.stringContaining('is not in the queue'),
        }),
      },
    ]);
    const [, message = ''] =
      /sent to the queue: (\{.*\})$/.exec(results[0]?.ok === false ? results[0].error.message : '') ?? [];
    deployment.enqueue(message);
    const poll = deployment.addFunction(pollBundle.folder, {});
    await expect(poll.invoke({ trigger: 'timer' })).resolves.toMatchObject({ finished: { Success: 1 } });
  });

  test('fails for an event whose job it could not enqueue, and enqueues that job when the event comes again', async () => {
    const deployment = await deploy(platform);
    await put(deployment, 'in/report.docx', 'in/b.docx');
    const eventTime = now();
    const event = cosEvent(
      { eventTime },
      { eventTime, key: 'in/none.docx' },
      { eventTime, key: 'in/b.docx' },
    );
    deployment.cloud.sqs.fail('SendMessageBatch', { kind: 'partial', entries: [0], as: 'InternalError' }, 3);

    const failure = await deployment.host.invoke(event).catch((error: unknown) => error as Error); // a FunctionError
    expect(failure).toMatchObject({ name: 'SubmitError', code: 'event-incomplete' });
    await put(deployment, 'in/none.docx');
    await expect(deployment.host.invoke(event)).resolves.toMatchObject({ submitted: 3 });
    const ids = deployment.cloud.control.jobs().map(({ jobId }) => jobId);
    expect(ids).toHaveLength(3);
    expect([...new Set(idsIn(pendingBodies(deployment)))].toSorted()).toEqual(ids.toSorted());
  });

  test('starts no document that it has no time for, and says so', async () => {
    const env = { REQUEST_TIMEOUT_MS: '2000', CONCURRENCY: '1' };
    const deployment = await deploy(platform, { env, timeoutMs: 8_000 });
    await put(deployment, 'a.docx', 'b.docx');
    deployment.cloud.control.faults.add({
      match: { operation: 'CreateDocProcessJobs' },
      fault: { kind: 'latency', ms: 1_500 },
    });
    const { results } = await call(deployment, { objects: ['a.docx', 'b.docx'] });
    expect(results.map((result) => (result.ok ? 'ok' : result.error.code))).toEqual(['ok', 'not-tried']);
    expect(deployment.cloud.control.jobs()).toHaveLength(1);
  });

  test('never shows a document’s password, neither in its log nor in what it returns', async () => {
    const deployment = await deploy(platform);
    await put(deployment, 'a.docx');
    const docPassword = 'correct-horse-battery';
    const { control } = deployment.cloud;
    const message = `The password ${docPassword} is wrong.`;
    control.faults.add({
      match: { operation: 'CreateDocProcessJobs' },
      times: 1,
      fault: { kind: 'status', status: 400, code: 'InvalidArgument', message },
    });
    const documents = [
      { object: 'a.docx', docPassword },
      { object: 'a.docx', docPassword },
      { object: 'a.docx', docPassword: `${docPassword}\n` },
      { object: 'a.docx', [docPassword.slice(0, 7)]: docPassword, zoom: docPassword },
    ];
    const report = await call(deployment, { documents });
    expect(report).toMatchObject({ submitted: 1, failed: 3 });
    const refused = await deployment.host.invoke({ docPassword, documents: [] }).catch(String);
    for (const shown of [
      JSON.stringify(report),
      refused,
      ...deployment.lines,
      ...pendingBodies(deployment),
    ]) {
      expect(shown).not.toContain(docPassword);
    }
    expect(deployment.lines.join('\n')).toContain('not-submitted');
  });

  test('tries nothing more once its key is refused', async () => {
    const deployment = await deploy(platform, {
      env: { TENCENTCLOUD_SECRET_KEY: 'a-wrong-secret-key', CONCURRENCY: '1' },
    });
    await put(deployment, 'a.docx', 'b.docx');
    const { results } = await call(deployment, { objects: ['a.docx', 'b.docx'] });
    expect(results.map((result) => result.ok || result.error.code)).toEqual([
      expect.any(String),
      'not-tried',
    ]);
    expect(deployment.lines.join('\n')).not.toContain('a-wrong-secret-key');
  });

  test('throws on a configuration that would call it for ever, with everything else that is wrong', async () => {
    const deployment = await deploy(platform, {
      env: {
        OUTPUT_BUCKET: SOURCE.bucket,
        OUTPUT_REGION: SOURCE.region,
        MANIFEST_KEY: 'in/${jobId}.json',
        CI_QUEUE_ID: '',
      },
    });
    await expect(deployment.host.invoke({ objects: ['a.docx'] })).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(
        /CI_QUEUE_ID is not set(.|\n)*MANIFEST_KEY .* can lie under the trigger's prefix "in\/"/,
      ),
    });
  });

  test('throws on an event that it does not know', async () => {
    const deployment = await deploy(platform);
    for (const event of [
      {},
      null,
      { trigger: 'timer' },
      { documents: [] },
      { Records: [] },
      { Records: [{ s3: {} }] },
    ]) {
      await expect(deployment.host.invoke(event)).rejects.toMatchObject({ name: 'EventError' });
    }
  });
});

test.each<[string, Fault]>([
  ['breaks off after the job was made', { kind: 'reset', when: 'after' }],
  ['is never given', { kind: 'hang', when: 'after' }],
  ['is cut', { kind: 'truncated', length: 'cut' }],
  ['is a proxy’s page', { kind: 'html-body' }],
  ['says that the service is in trouble, before any job was made', { kind: 'status', status: 500 }],
])('makes one job when the answer %s', async (_, fault) => {
  const deployment = await deploy('lambda', { env: { REQUEST_TIMEOUT_MS: '500' } });
  await put(deployment, 'a.docx');
  const { control } = deployment.cloud;
  control.faults.add({ match: { operation: 'CreateDocProcessJobs' }, times: 1, fault });

  const isMade = fault.kind !== 'status';
  const report = await call(deployment, { objects: ['a.docx'] });
  expect(report).toMatchObject({ submitted: 1, results: [{ ok: true, existing: isMade }] });
  expect(control.jobs().map(({ jobId }) => jobId)).toEqual(idsIn(pendingBodies(deployment)));
  expect(control.jobs()).toHaveLength(1);
});

test('an event that no configuration expects fails, so that somebody hears of it', async () => {
  const deployment = await deploy('scf', { env: { SUBMIT_PREFIX: '' } });
  await expect(deployment.host.invoke(cosEvent({}))).rejects.toMatchObject({
    code: 'event-incomplete',
    message: expect.stringContaining('SUBMIT_PREFIX is not set'),
  });
  const other = await deploy('scf');
  await expect(other.host.invoke({ Records: [cosRecord({ bucket: 'other' })] })).rejects.toMatchObject({
    message: expect.stringContaining('only events of SOURCE_BUCKET'),
  });
});

test.each([
  ['as it is', 'in/Q3 report + plan 100%.docx'],
  ['with %xx', 'in%2FQ3%20report%20%2B%20plan%20100%25.docx'],
  ['as forms are encoded', 'in/Q3+report+%2B+plan+100%25.docx'],
])('finds the object whose key an event writes %s', async (_, key) => {
  const deployment = await deploy('scf');
  const object = 'in/Q3 report + plan 100%.docx';
  await put(deployment, object);
  const event = cosEvent({ key, eventTime: now(), size: Buffer.byteLength(object), meta: {} });
  await expect(deployment.host.invoke(event)).resolves.toMatchObject({ results: [{ object, ok: true }] });
  expect(deployment.cloud.control.jobs()).toMatchObject([{ object }]);
});
