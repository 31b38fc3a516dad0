import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readManifest } from '../../lib/manifest/index.js';
import { parseCmqDeadLetter } from '../../lib/queue/cmq-dead-letter.js';
import type { Cloud } from '../../local/cloud.js';
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

const TIMER = { Type: 'Timer', TriggerName: 'every-minute', Time: '2026-01-01T12:00:00Z', Message: '' };
const QUEUE = { visibilityTimeout: 40, msgRetentionSeconds: 43_200, rewindSeconds: 1_296_000 };

/** The function on SCF, with a role's temporary key, as SCF would set it up. */
async function deploy(changes: (cloud: Cloud) => Record<string, string> = () => ({})): Promise<Deployment> {
  const env = (cloud: Cloud): Record<string, string> => {
    const key = cloud.credentials.issueTemporary();
    return {
      QUEUE_URL: cloud.cmq.createQueue('pending', QUEUE),
      DEAD_LETTER_QUEUE_URL: cloud.cmq.createQueue('dead', QUEUE),
      CMQ_MAX_UNACKED_SECONDS: '43200',
      CMQ_VISIBILITY_SECONDS: '40',
      TENCENTCLOUD_SECRETID: key.secretId,
      TENCENTCLOUD_SECRETKEY: key.secretKey,
      TENCENTCLOUD_SESSIONTOKEN: key.token,
      ...changes(cloud),
    };
  };
  const deployment = await Deployment.start(bundle.folder, 'scf', { env });
  running.push(deployment);
  return deployment;
}

describe('the poll function on SCF with a queue of CMQ', () => {
  test('turns pending jobs into manifests, replaces those that still run, and gives up what is none', async () => {
    const deployment = await deploy();
    const { cloud, host } = deployment;
    const done = await deployment.submit('report.docx', { pages: 3 });
    const slow = await deployment.submit('slow.docx', { ends: 'never' });
    for (const body of [done, done, slow, slow, '{"hello":"world"}']) cloud.cmq.send('pending', body);

    await expect(host.invoke(TIMER)).resolves.toMatchObject({
      leased: 5,
      finished: { Success: 2 },
      waiting: 2,
      deadLettered: { 'not-a-job': 1 },
      unsettled: 0,
      stopped: 'queue-empty',
    });
    const manifest = (await deployment.manifest(done)) ?? '';
    assertValidManifest(manifest);
    expect(readManifest(manifest).pages).toHaveLength(3);
    const [copy, ...others] = cloud.cmq.messages('pending').map(({ body }) => JSON.parse(body) as unknown);
    expect(copy).toMatchObject({ jobId: slow, firstSeenAt: expect.any(Number) });
    expect(others).toEqual([]);
    expect(cloud.cmq.messages('dead').map(({ body }) => parseCmqDeadLetter(body))).toMatchObject([
      { reason: 'not-a-job', body: '{"hello":"world"}' },
    ]);
  });

  test('fails, and leaves everything where it is, when it may not use the queue', async () => {
    const { cloud, host } = await deploy();
    cloud.cmq.send('pending', 'd1');
    cloud.cmq.fail('BatchReceiveMessage', { kind: 'refuse', as: 'NoCam' }, 3);
    await expect(host.invoke(TIMER)).rejects.toMatchObject({ code: 'queue-unusable' });
    expect(cloud.cmq.messages('pending')).toHaveLength(1);
  });

  test('refuses to run where a job could be lost between two looks', async () => {
    const { host } = await deploy(() => ({ CMQ_MAX_UNACKED_SECONDS: '3600' }));
    await expect(host.invoke(TIMER)).rejects.toMatchObject({
      code: 'bad-configuration',
      message: expect.stringContaining('CMQ_MAX_UNACKED_SECONDS'),
    });
  });
});
