import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { buildPoll, Deployment } from '../support/deployment.js';
import { SOURCE } from '../support/pending-jobs.js';

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

/** A call about the jobs of the last hour, those that ended just now among them. */
const reconcile = ({ host, cloud }: Deployment, request: Record<string, unknown> = {}): Promise<unknown> =>
  host.invoke({
    reconcile: {
      from: new Date(Date.now() - 3_600_000).toISOString(),
      queueId: cloud.control.queueIdOf(SOURCE.bucket),
      settledForMinutes: 0,
      ...request,
    },
  });

test('on Lambda: a job that was submitted past the queue is found, put into it on demand, and finished by the next run', async () => {
  deployment = await Deployment.start(bundle.folder, 'lambda');
  const lost = await deployment.submit('lost.docx', { pages: 2 });
  const slow = await deployment.submit('slow.docx', { ends: 'never' });
  const known = await deployment.submit('known.docx');
  deployment.enqueue(known);
  await deployment.host.invoke({});

  const found = { jobs: { manifest: 1, missing: 1, unended: 1 }, missing: [{ jobId: lost, ...SOURCE }] };
  await expect(reconcile(deployment)).resolves.toMatchObject({ ...found, enqueued: null });
  expect(deployment.pending()).toBe(0);

  await expect(reconcile(deployment, { except: [lost] })).resolves.toMatchObject({
    jobs: { excepted: 1, missing: 0 },
  });

  await expect(reconcile(deployment, { enqueue: true })).resolves.toMatchObject({
    ...found,
    enqueued: 1,
  });
  await expect(deployment.host.invoke({})).resolves.toMatchObject({ leased: 1, finished: { Success: 1 } });
  expect(await deployment.manifest(lost)).toContain(lost);
  expect(await deployment.manifest(slow)).toBeUndefined();
  await expect(reconcile(deployment)).resolves.toMatchObject({
    jobs: { manifest: 2, missing: 0 },
  });
});

test('on SCF with a queue in a bucket: what is pending or a dead letter there is left alone', async () => {
  const url = (prefix: string): string => `cos://${SOURCE.bucket}.${SOURCE.region}/${prefix}`;
  deployment = await Deployment.start(bundle.folder, 'scf', {
    env: () => ({
      QUEUE_KIND: '',
      QUEUE_URL: url('docjob/pending/'),
      DEAD_LETTER_QUEUE_URL: url('docjob/dead/'),
    }),
  });
  const { control } = deployment.cloud;
  const [lost, pending, dead] = [
    await deployment.submit('lost.docx'),
    await deployment.submit('pending.docx'),
    await deployment.submit('dead.docx'),
  ];
  await control.putObject(SOURCE.bucket, `docjob/pending/${pending}`, Buffer.alloc(0));
  await control.putObject(SOURCE.bucket, `docjob/dead/too-old/${dead}~n.json`, Buffer.from('{}'));

  await expect(reconcile(deployment, { enqueue: true })).resolves.toMatchObject({
    jobs: { held: 2, missing: 1 },
    missing: [{ jobId: lost }],
    isQueueKnown: true,
    enqueued: 1,
  });
  expect(await control.listKeys(SOURCE.bucket, `docjob/pending/${lost}`)).toHaveLength(1);
});

test('a request that cannot be read fails the call, and says which field is wrong', async () => {
  deployment = await Deployment.start(bundle.folder, 'lambda');
  await expect(deployment.host.invoke({ reconcile: { from: 'monday' } })).rejects.toThrow(
    /the request to reconcile cannot be done: from: expected a time/,
  );
});
