import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readManifest } from '../../lib/manifest/index.js';
import type { RunReport } from '../../lib/poller/report.js';
import type { Fault } from '../../local/faults/fault.js';
import { assertValidManifest } from '../manifest/assert-valid-manifest.js';
import { buildPoll, Deployment } from '../support/deployment.js';

let bundle: Awaited<ReturnType<typeof buildPoll>>;
let deployment: Deployment | undefined;

beforeAll(async () => {
  bundle = await buildPoll();
});

afterEach(async () => {
  await deployment?.close();
  deployment = undefined;
});

afterAll(() => bundle.remove());

const TIMER = { trigger: 'timer' };
/** The two requests of a look, told from the run's probe by the job that they are about. */
const DESCRIBE = { family: 'ci', operation: 'DescribeDocProcessJob', folder: '/doc_jobs/' } as const;
const PUT = { family: 'cos', operation: 'PutObject', folder: '/manifests/' } as const;

async function deploy(env: Record<string, string> = {}): Promise<Deployment> {
  deployment = await Deployment.start(bundle.folder, 'lambda', {
    env: () => ({ REQUEST_TIMEOUT_MS: '500', DELAY_FLOOR_SECONDS: '1', ...env }),
  });
  return deployment;
}

async function pollWith(
  one: Deployment,
  { folder, ...operation }: typeof DESCRIBE | typeof PUT,
  fault: Fault,
  times?: number,
) {
  const jobId = await one.submit('report.docx', { pages: 7 });
  one.enqueue(jobId);
  const match = { ...operation, pathPrefix: `${folder}${jobId}` };
  const rule = one.cloud.control.faults.add({ match, fault, ...(times === undefined ? {} : { times }) });
  const call = one.host.invoke(TIMER) as Promise<RunReport>; // what a timer's call returns
  const report = await call.catch((error: unknown) => error as Error); // thrown by the function
  return { jobId, rule, report };
}

const PASSING: readonly (readonly [name: string, fault: Fault])[] = [
  ['throttles', { kind: 'status', status: 429, code: 'SlowDown' }],
  [
    'throttles with Retry-After in seconds',
    { kind: 'status', status: 503, code: 'SlowDown', retryAfterSeconds: 1 },
  ],
  [
    'throttles with Retry-After as a date',
    { kind: 'status', status: 429, retryAfterSeconds: 1, retryAfterForm: 'date' },
  ],
  ['fails', { kind: 'status', status: 500, code: 'InternalError' }],
  ['resets the connection before it acts', { kind: 'reset', when: 'before' }],
  ['resets the connection after it acted', { kind: 'reset', when: 'after' }],
  ['never answers', { kind: 'hang', when: 'before' }],
  ['holds a signature for expired', { kind: 'expired-signature' }],
  ['answers 200 with an error', { kind: 'error-body', code: 'InternalError' }],
];

const LYING: readonly (readonly [name: string, fault: Fault])[] = [
  ['breaks off in the middle of the body', { kind: 'reset', when: 'mid-body' }],
  ['cuts the content, and HTTP is whole', { kind: 'truncated', length: 'cut' }],
  ['sends less than it announced', { kind: 'truncated', length: 'whole' }],
  ['answers with HTML', { kind: 'html-body' }],
  ['answers with nothing', { kind: 'empty-body' }],
  ['answers with JSON', { kind: 'json-body' }],
  ['answers about another job', { kind: 'other-job' }],
];

describe('a describe that goes wrong in passing', () => {
  test.each([...PASSING, ...LYING])('and %s is asked again within the run', async (_name, fault) => {
    const one = await deploy();
    const { jobId, report } = await pollWith(one, DESCRIBE, fault, 1);
    expect(report).toMatchObject({ finished: { Success: 1 }, calls: { retries: 1 } });
    const manifest = (await one.manifest(jobId)) ?? '';
    assertValidManifest(manifest);
    expect(readManifest(manifest)).toMatchObject({ complete: true, pages: { length: 7 } });
  });
});

describe('a describe that never gets better', () => {
  test.each(LYING)('and %s never becomes a manifest: the job stays in the queue', async (_name, fault) => {
    const one = await deploy({ REQUEST_RETRIES: '1' });
    const { jobId, report, rule } = await pollWith(one, DESCRIBE, fault);
    expect(rule.struck).toBe(2);
    if (report instanceof Error) expect(report).toMatchObject({ code: 'run-failed' });
    else expect(report).toMatchObject({ finished: {}, waiting: 1, errors: { transient: 1 } });
    expect(await one.manifest(jobId)).toBeUndefined();
    expect(one.pending()).toBe(1);
    expect(one.deadLetters()).toEqual([]);
  });
});

describe('a manifest whose PUT goes wrong in passing', () => {
  test.each(PASSING)('because COS %s is sent again, and is there once', async (_name, fault) => {
    const one = await deploy();
    const { jobId, report } = await pollWith(one, PUT, fault, 1);
    expect(report).toMatchObject({ finished: { Success: 1 }, calls: { retries: 1 } });
    assertValidManifest((await one.manifest(jobId)) ?? '');
    expect(one.pending()).toBe(0);
  });
});

test.each([3_600_000, -3_600_000])(
  'a service whose clock is %d ms off is asked by that clock, after one repair',
  async (ms) => {
    const one = await deploy();
    one.enqueue(await one.submit('report.docx'));
    one.cloud.control.skewClock(ms);
    const report = await one.host.invoke(TIMER);
    // Behind, the job has not even been created by that clock: it is asked about all the same.
    expect(report).toMatchObject({ leased: 1, errors: {}, calls: { retries: 1 } });
    expect(Math.abs((report as RunReport).calls.clockOffset ?? 0) / 1_000).toBeCloseTo(3_600, -1);
  },
);

describe('what is closed', () => {
  test('a describe without the grant makes the run fail, and the job stays', async () => {
    const one = await deploy();
    one.enqueue(await one.submit('report.docx'));
    one.cloud.control.deny({ operation: 'DescribeDocProcessJob' });
    await expect(one.host.invoke(TIMER)).rejects.toMatchObject({ code: 'run-failed' });
    expect(one.pending()).toBe(1);
  });

  test('a manifest that may not be written leaves the job in the queue, and is written once it may', async () => {
    const one = await deploy();
    const jobId = await one.submit('report.docx');
    one.enqueue(jobId);
    const allow = one.cloud.control.deny({ operation: 'PutObject' });
    await expect(one.host.invoke(TIMER)).rejects.toMatchObject({ code: 'run-failed' });
    expect(one.pending()).toBe(1);
    allow();
    await expect(one.host.invoke({ jobIds: [jobId] })).resolves.toMatchObject({ finished: { Success: 1 } });
  });

  test('a lost acknowledgement costs another look, and the same bytes', async () => {
    const one = await deploy();
    const jobId = await one.submit('report.docx');
    one.enqueue(jobId);
    // The SDK tries three times; all are lost on their way to us, and SQS has deleted the message all the same.
    one.cloud.sqs.fail('DeleteMessageBatch', { kind: 'lose-answer' }, 3);
    await expect(one.host.invoke(TIMER)).resolves.toMatchObject({ unsettled: 1 });
    const first = await one.manifest(jobId);
    one.enqueue(jobId);
    await expect(one.host.invoke(TIMER)).resolves.toMatchObject({ finished: { Success: 1 } });
    expect(await one.manifest(jobId)).toBe(first);
  });
});
