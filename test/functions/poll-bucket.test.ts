import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { readManifest } from '../../lib/manifest/index.js';
import { assertValidManifest } from '../manifest/assert-valid-manifest.js';
import { buildPoll, Deployment } from '../support/deployment.js';
import { SOURCE } from '../support/pending-jobs.js';

const PENDING = 'docjob/pending/';
const DEAD = 'docjob/dead/';
const TIMER = { Type: 'Timer', TriggerName: 'every-minute', Time: '2026-01-01T12:00:00Z', Message: '' };

let bundle: Awaited<ReturnType<typeof buildPoll>>;
let deployment: Deployment | undefined;

beforeAll(async () => {
  bundle = await buildPoll();
});

afterEach(async () => {
  await deployment?.close();
  deployment = undefined;
});

afterAll(async () => {
  await bundle.remove();
});

/** On SCF, with its queue in the source bucket and nothing of AWS in its environment. */
async function deploy(): Promise<Deployment> {
  const url = (prefix: string): string => `cos://${SOURCE.bucket}.${SOURCE.region}/${prefix}`;
  const withoutAws = Object.fromEntries(
    ['QUEUE_KIND', 'AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map(
      (name) => [name, ''],
    ),
  );
  const env = { ...withoutAws, QUEUE_URL: url(PENDING), DEAD_LETTER_QUEUE_URL: url(DEAD) };
  deployment = await Deployment.start(bundle.folder, 'scf', { env: () => env });
  return deployment;
}

/** As an outsider submits: one PUT of an empty object. */
const put = ({ cloud }: Deployment, name: string, content = ''): Promise<void> =>
  cloud.control.putObject(SOURCE.bucket, PENDING + name, Buffer.from(content));

test('on SCF the poll function works from a bucket alone, without a key of AWS', async () => {
  const one = await deploy();
  const { control } = one.cloud;
  const done = await one.submit('report.docx', { pages: 3 });
  const failed = await one.submit('broken.doc', { ends: 'Failed' });
  const slow = await one.submit('slow.docx', { ends: 'never' });
  await put(one, done);
  await put(one, `${failed}~a-nonce`);
  await put(one, `${slow}~n~1~b.${SOURCE.bucket}~r.${SOURCE.region}`);
  await put(one, 'README.md', 'somebody’s notes');

  await expect(one.host.invoke(TIMER)).resolves.toMatchObject({
    leased: 4,
    finished: { Success: 1, Failed: 1 },
    waiting: 1,
    deadLettered: { 'not-a-job': 1 },
    unsettled: 0,
    stopped: 'queue-empty',
  });
  const manifests = await Promise.all([done, failed].map((jobId) => one.manifest(jobId)));
  for (const manifest of manifests) assertValidManifest(manifest ?? '');
  expect(readManifest(manifests[0] ?? '').pages).toHaveLength(3);
  expect(await control.listKeys(SOURCE.bucket, PENDING)).toEqual([
    `${PENDING}${slow}~n~1~b.${SOURCE.bucket}~r.${SOURCE.region}`,
  ]);
  const [letter = ''] = await control.listKeys(SOURCE.bucket, DEAD);
  expect(letter).toMatch(/^docjob\/dead\/not-a-job\/[0-9a-f]{64}\.json$/);
  const { content } = JSON.parse(String(await control.readObject(SOURCE.bucket, letter))) as {
    content: { base64: string };
  };
  expect(Buffer.from(content.base64, 'base64').toString()).toBe('somebody’s notes');
  expect(await control.listKeys(SOURCE.bucket, 'docjob/pending.')).toEqual([
    'docjob/pending.checkpoint.json',
  ]);
});

test('a warm call goes on where the last one ended', async () => {
  const one = await deploy();
  for (const object of ['one.docx', 'two.docx']) {
    await put(one, await one.submit(object));
    await expect(one.host.invoke(TIMER)).resolves.toMatchObject({ leased: 1, finished: { Success: 1 } });
  }
});

test('a killed call loses nothing: the next one finishes what it held', async () => {
  const one = await deploy();
  const { faults } = one.cloud.control;
  const jobId = await one.submit('report.docx');
  await put(one, jobId);
  const hang = faults.add({
    match: { family: 'cos', operation: 'DeleteObject' },
    fault: { kind: 'hang', when: 'before' },
  });
  const call = one.host.invoke(TIMER);
  const killed = expect(call).rejects.toMatchObject({ name: 'Runtime.ExitError' });
  for (let turn = 0; hang.struck === 0 && turn < 1_000_000; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  one.host.kill();
  await killed;
  hang.remove();
  const written = await one.manifest(jobId);
  assertValidManifest(written ?? '');
  await expect(one.host.invoke(TIMER)).resolves.toMatchObject({ leased: 1, finished: { Success: 1 } });
  expect(await one.manifest(jobId)).toBe(written);
  expect(await one.cloud.control.listKeys(SOURCE.bucket, PENDING)).toEqual([]);
});

test('a queue that may not be listed makes the call fail, and says which and why', async () => {
  const one = await deploy();
  one.cloud.control.deny({ operation: 'GetBucket' });
  await expect(one.host.invoke(TIMER)).rejects.toMatchObject({
    name: 'RunError',
    code: 'queue-unusable',
    message: expect.stringMatching(/cos:\/\/docs-1250000000\.ap-beijing\/docjob\/pending\/.*AccessDenied/),
  });
});
