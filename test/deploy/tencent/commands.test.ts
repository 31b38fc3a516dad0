import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud, type Cloud } from '../../../local/cloud.js';
import { aBucket, aRegion } from '../../support/pending-jobs.js';
import { FakeTencentApi, KEY_PAIR } from './fake-api.js';
import { ServiceFolder, type CommandResult } from './service-folder.js';

// Each test runs the framework's command line, which takes seconds to load.
jest.setTimeout(120_000);

const NAME = 'docjob-dev-poll';

let api: FakeTencentApi;
let cos: Cloud;
let folder: ServiceFolder;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'docjob-cloud-'));
  api = await FakeTencentApi.start();
  cos = await startCloud({ root, credentials: KEY_PAIR });
  await cos.control.createBucket(aBucket('docs-1250000000'), aRegion('ap-beijing'));
  folder = await ServiceFolder.open();
});

afterAll(async () => {
  await folder.remove();
  await api.close();
  await cos.close();
  await rm(root, { recursive: true, force: true });
});

/** `serverless <args>` with a whole environment, save for what is changed. */
function serverless(
  args: readonly string[],
  changes: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return folder.run(args, {
    SOURCE_BUCKET: 'docs-1250000000',
    SOURCE_REGION: 'ap-beijing',
    TENCENTCLOUD_SECRET_ID: KEY_PAIR.secretId,
    TENCENTCLOUD_SECRET_KEY: KEY_PAIR.secretKey,
    TENCENT_API_ENDPOINT: api.origin,
    COS_ENDPOINT: cos.origin,
    ...changes,
  });
}

// One deployment's life, in this order.

test('deploy without a key pair says so at once, and builds nothing', async () => {
  const { code, output } = await serverless(['deploy'], {
    TENCENTCLOUD_SECRET_ID: '',
    TENCENTCLOUD_SECRET_KEY: '',
  });
  expect(code).toBe(1);
  expect(output).toContain('TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY are not set');
  await expect(folder.read('poll.zip')).rejects.toThrow('ENOENT');
});

test('deploy into a bucket that is not there stops before any function is made', async () => {
  const { code, output } = await serverless(['deploy'], { SOURCE_BUCKET: 'nowhere-1250000000' });
  expect(code).toBe(1);
  expect(output).toContain('Create the bucket nowhere-1250000000 in ap-beijing');
  expect(api.calls).toEqual([]);
});

test('deploy makes the function from the zip that package writes', async () => {
  const { code, output } = await serverless(['deploy']);
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toContain('cos://docs-1250000000.ap-beijing/docjob/pending/: the bucket is there');
  expect(output).toContain(`${NAME}: created`);
  expect(output).toContain(
    'docjob-dev-runs: alarm created on docjob-dev-poll: Invocation < 1 for 15 minutes',
  );
  expect(api.scf.functions.get(NAME)?.zip).toBe((await folder.read('poll.zip')).toString('base64'));
});

test('deploying again updates it, and takes a changed setting along', async () => {
  const before = api.changes().length;
  const changed = { LOG_LEVEL: 'debug', ALARM_NOTICE_IDS: 'notice-ops1' };
  const { code, output } = await serverless(['deploy'], changed);
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(api.changes().slice(before)).not.toContain('CreateFunction');
  expect(api.changes().slice(before)).not.toContain('CreateAlarmPolicy');
  expect(api.monitor.policy('docjob-dev-runs').notices).toEqual(['notice-ops1']);
  expect(api.scf.functions.get(NAME)?.configuration.Environment.Variables).toContainEqual({
    Key: 'LOG_LEVEL',
    Value: 'debug',
  });
});

test('info prints what is there', async () => {
  const { code, stdout } = await serverless(['info']);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    new RegExp(`^${NAME}\\n  state +Active\\n[^]*  sha256 +[0-9a-f]{64}\\n  trigger +timer tick`),
  );
  expect(stdout).toMatch(/docjob-dev-runs\n {2}alarm +on: Invocation [^]* {2}notices +notice-ops1\n/);
});

test('invoke prints what the function returned on standard output and its log beside it', async () => {
  api.scf.result = { RetMsg: '{"looked":1}', Log: '{"event":"run-ended"}' };
  const { code, stdout, output } = await serverless(['invoke', '-f', 'poll', '--data', '{"jobIds":["d1"]}']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '{"looked":1}\n' });
  expect(output).toContain('{"event":"run-ended"}');
  expect(api.scf.invocations).toEqual(['{"jobIds":["d1"]}']);
});

test('invoke ends with an error when the function does', async () => {
  api.scf.result = { RetMsg: '', ErrMsg: 'the key is wrong' };
  const { code, output } = await serverless(['invoke', '-f', 'poll']);
  expect(code).toBe(1);
  expect(output).toContain('failed (request ID run-2): the key is wrong');
});

test('deploy with queues of CMQ makes the queues, and sets alarms on them', async () => {
  const { code, output } = await serverless(['deploy'], {
    QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/docjob-pending',
    DEAD_LETTER_QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/docjob-dead',
  });
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toContain('docjob-dev-queue: alarm created on docjob-pending: CmqQueueMsgBacklog > 0');
  expect(output).toContain('docjob-dev-dead: alarm created on docjob-dead: CmqQueueMsgBacklog > 0');
});

test('what Cloud Monitor does not list is told, and the rest is deployed', async () => {
  api.monitor.types = [];
  const { code, output } = await serverless(['deploy']);
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toContain('docjob-dev-runs: the alarm is not set, since Cloud Monitor lists no alarm type');
  expect(output).toContain(`${NAME}: code updated`);
});

test('remove takes the functions and their alarm away, says what stays, and may be repeated', async () => {
  const first = await serverless(['remove']);
  expect(first).toMatchObject({ code: 0 });
  expect(first.output).toContain('left as they are: cos://docs-1250000000.ap-beijing/docjob/pending/');
  expect(api.scf.functions.size).toBe(0);
  expect(api.monitor.policies.size).toBe(0);
  expect(await serverless(['remove'])).toMatchObject({ code: 0 });
});

test('a key that the service refuses ends in one message without a stack', async () => {
  const { code, output } = await serverless(['info'], { TENCENTCLOUD_SECRET_KEY: 'wrong' });
  expect(code).toBe(1);
  expect(output).toContain('AuthFailure.SignatureFailure');
  expect(output).toContain('check TENCENTCLOUD_SECRET_ID');
  expect(output).not.toMatch(/^\s+at /m);
});
