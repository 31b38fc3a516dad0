import { describe, expect, test } from '@jest/globals';
import { CosClient } from '../../../lib/cos/client.js';
import { openTransport } from '../../../lib/cos/transport.js';
import { parseServiceConfig } from '../../../lib/config.js';
import { after, minutes } from '../../../lib/domain/units.js';
import { systemClock } from '../../../lib/platform/system.js';
import type { Denial } from '../../../local/access.js';
import { aBucket } from '../../support/pending-jobs.js';
import { aCloud, ctrlC, DOCS, docjob, type Ran, type Surround } from '../command-line.js';

/** A finding as `--json` prints it. */
interface Printed {
  readonly check: string;
  readonly outcome: string;
  readonly found?: string;
  readonly advice?: string;
  readonly reason?: string;
}

type Kind = 'sqs' | 'cos' | 'cmq';
type Env = Readonly<Record<string, string>>;

const PENDING = 'docjob/pending/';
const CHECKPOINT = 'docjob/pending.checkpoint.json';

async function examined(env: Env, ...args: readonly string[]): Promise<Ran & { findings: Printed[] }> {
  const ran = await docjob(['doctor', '--json', ...args], { env });
  const findings = ran.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Printed); // what the command prints
  return { ...ran, findings };
}

const ofOutcome = (findings: readonly Printed[], outcome: string): readonly Printed[] =>
  findings.filter((finding) => finding.outcome === outcome);

/** Pauses the CI queue of the documents, as the console does. */
async function pauseQueue({ cloud, env }: Surround): Promise<void> {
  const transport = openTransport({ maxSockets: 1 });
  const client = new CosClient(
    parseServiceConfig(env).client,
    { transport, credentials: () => cloud.credentials.longLived, clock: systemClock, random: () => 0.5 },
    { deadline: after(systemClock.now(), minutes(1)), signal: new AbortController().signal },
  );
  const path = `/docqueue/${cloud.control.queueIdOf(DOCS.bucket)}`;
  const body = Buffer.from('<Request><Name>queue-doc-process-1</Name><State>Paused</State></Request>');
  await client.send({ family: 'ci', ...DOCS, method: 'PUT', path, body }, () => undefined);
  transport.close();
}

describe('docjob doctor', () => {
  test.each(['sqs', 'cos', 'cmq'] as const)(
    'finds no problem in a cloud with a queue on %s, and leaves nothing behind',
    async (kind) => {
      const { cloud, env } = await aCloud(kind);
      const { code, findings, stderr } = await examined(env);
      expect(ofOutcome(findings, 'problem')).toEqual([]);
      expect([code, stderr]).toEqual([0, expect.stringContaining('problems: 0')]);
      for (const check of ['settings', 'credentials', 'clock', 'bucket', 'ci', 'permission', 'round-trip']) {
        expect(ofOutcome(findings, 'ok').map((finding) => finding.check)).toContain(check);
      }
      expect(await cloud.control.listKeys(DOCS.bucket)).toEqual([]);
    },
  );

  test('leaves a message of SQS where it is, ready for the next run', async () => {
    const { cloud, env } = await aCloud('sqs');
    cloud.sqs.send('pending', 'd1');
    expect((await examined(env)).code).toBe(0);
    expect(cloud.sqs.counts('pending')).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test.each(['sqs', 'cos'] as const)('writes and receives nothing with --no-write on %s', async (kind) => {
    const { cloud, env } = await aCloud(kind);
    const undo = cloud.control.deny({ operation: 'PutObject' });
    const { code, findings } = await examined(env, '--no-write');
    undo();
    expect(code).toBe(0);
    expect(ofOutcome(findings, 'skipped').map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining('--no-write'),
    );
    expect(cloud.sqs.calls('ReceiveMessage')).toBe(0);
  });

  test('prints signs on a terminal and words elsewhere, and no secret', async () => {
    const { cloud, env } = await aCloud('sqs');
    const terminal = await docjob(['doctor'], { env: { ...env, NO_COLOR: '1' }, isTTY: true });
    expect(terminal.stdout).toMatch(/^✓ {2}settings/m);
    expect(terminal.stdout).toMatch(/^! {2}queue .* → set it to 60 s/m);
    const pipe = await docjob(['doctor', '--function-timeout', '30'], { env });
    expect(pipe.stdout).toMatch(/^ok {7}settings/m);
    expect(pipe.stdout).not.toMatch(/^warning/m);
    for (const secret of [cloud.credentials.longLived.secretKey, cloud.aws.credentials.secretAccessKey]) {
      expect(terminal.stdout + terminal.stderr + pipe.stdout + pipe.stderr).not.toContain(secret);
    }
  });

  test('is ended by Ctrl-C between two checks, and leaves nothing behind', async () => {
    const { cloud, env } = await aCloud('cos');
    const { signal, press } = ctrlC();
    const { code, stdout } = await docjob(['doctor'], {
      env,
      signal,
      onText: (text) => {
        if (text.includes('name/cos:PutObject')) press();
      },
    });
    expect(code).toBe(130);
    expect(stdout).not.toContain('round-trip');
    expect(await cloud.control.listKeys(DOCS.bucket)).toEqual([]);
  });

  test('finds the queue for notices', async () => {
    const { cloud, env } = await aCloud('sqs');
    const notices = { ...env, NOTICE_QUEUE_URL: cloud.sqs.createQueue('notices') };
    expect((await examined(notices)).findings).toContainEqual(
      expect.objectContaining({
        check: 'queue',
        outcome: 'ok',
        found: expect.stringMatching(/^NOTICE_QUEUE_URL/),
      }),
    );
  });

  test('takes a temporary key pair', async () => {
    const { cloud, env } = await aCloud('sqs');
    const { secretId, secretKey, token } = cloud.credentials.issueTemporary();
    const { code, findings } = await examined({
      ...env,
      TENCENTCLOUD_SECRETID: secretId,
      TENCENTCLOUD_SECRETKEY: secretKey,
      TENCENTCLOUD_SESSIONTOKEN: token,
    });
    expect(code).toBe(0);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'credentials',
        found: expect.stringMatching(
          /^a temporary key pair .* from TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY$/,
        ),
      }),
    );
  });
});

/** What is wrong, on which queue, how it is made so, and what must be found; what `spoil` returns replaces settings. */
type Case = readonly [
  what: string,
  kind: Kind,
  spoil: (surround: Surround) => Env | Promise<Env>,
  check: string,
  outcome: 'problem' | 'warning',
  found: RegExp,
];

const denied =
  (denial: Denial) =>
  ({ cloud }: Surround): Env => {
    cloud.control.deny(denial);
    return {};
  };

const redrive = (dead: string, maxReceiveCount: number): Env => ({
  RedrivePolicy: JSON.stringify({
    deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${dead}`,
    maxReceiveCount,
  }),
});

// prettier-ignore
const CASES: readonly Case[] = [
  ['a queue that is none', 'sqs', () => ({ QUEUE_URL: 'ftp://queue' }), 'settings', 'problem', /^QUEUE_URL: the queue URL begins with ftp:/],
  ['a second wrong setting', 'sqs', () => ({ QUEUE_URL: 'ftp://queue', SWEEP: 'perhaps' }), 'settings', 'problem', /^SWEEP is "perhaps"/],
  ['a wrong setting of the submit function', 'sqs', () => ({ TARGET_TYPE: 'gif' }), 'settings', 'problem', /^TARGET_TYPE is "gif"/],
  ['no source bucket', 'sqs', () => ({ SOURCE_BUCKET: '' }), 'settings', 'problem', /^SOURCE_BUCKET is not set/],
  ['no key pair', 'sqs', () => ({ TENCENTCLOUD_SECRET_ID: '', TENCENTCLOUD_SECRET_KEY: '' }), 'credentials', 'problem', /^no Tencent Cloud key pair/],
  ['half a key pair', 'sqs', () => ({ TENCENTCLOUD_SECRET_KEY: '' }), 'credentials', 'problem', /TENCENTCLOUD_SECRET_KEY is not: set both/],
  ['no AWS key', 'sqs', () => ({ AWS_ACCESS_KEY_ID: '' }), 'credentials', 'problem', /^there is no AWS key pair/],
  ['a wrong secret', 'sqs', () => ({ TENCENTCLOUD_SECRET_KEY: 'wrong' }), 'credentials', 'problem', /SignatureDoesNotMatch|InvalidAuthorization/],
  ['a key that was revoked', 'cos', ({ cloud }) => { cloud.credentials.revoke(cloud.credentials.longLived.secretId); return {}; }, 'credentials', 'problem', /SecretidNotExist/],
  ['an AWS key that is not taken', 'sqs', () => ({ AWS_SECRET_ACCESS_KEY: 'wrong' }), 'queue', 'problem', /SignatureDoesNotMatch|InvalidSignature/],
  ['a clock that is off', 'sqs', ({ cloud }) => { cloud.control.skewClock(120_000); return {}; }, 'clock', 'warning', /1[12]\d s behind/],
  ['a clock that is far off', 'sqs', ({ cloud }) => { cloud.control.skewClock(-1_200_000); return {}; }, 'clock', 'problem', /1200 s ahead|1201 s ahead/],
  ['a service that is not reached', 'sqs', () => ({ CI_ENDPOINT: 'http://127.0.0.1:9' }), 'round-trip', 'problem', /ECONNREFUSED|refused|not.*answer/],
  ['a bucket that is not there', 'sqs', () => ({ SOURCE_BUCKET: 'none-1250000000' }), 'bucket', 'problem', /^the bucket none-1250000000 .* is not in ap-beijing/],
  ['a bucket of another region', 'sqs', () => ({ SOURCE_REGION: 'ap-chengdu' }), 'bucket', 'problem', /is not in ap-chengdu/],
  ['a bucket that redirects', 'sqs', ({ cloud }) => { cloud.control.faults.add({ match: { operation: 'HeadBucket' }, fault: { kind: 'status', status: 301 } }); return {}; }, 'bucket', 'problem', /in another region than ap-beijing/],
  ['an output bucket that is not there', 'sqs', () => ({ OUTPUT_BUCKET: 'none-1250000000', OUTPUT_REGION: 'ap-beijing' }), 'bucket', 'problem', /^the bucket none-1250000000 \(manifests\)/],
  ['a queue bucket with versions', 'cos', ({ cloud }) => { cloud.control.setVersioning(DOCS.bucket, 'Enabled'); return {}; }, 'bucket', 'warning', /keeps versions/],
  ['document processing that is off', 'sqs', ({ cloud }) => { cloud.control.setDocProcessing(DOCS.bucket, false); return {}; }, 'ci', 'problem', /not to be switched on for docs-1250000000: it is not among/],
  ['a queue of CI that says so in words alone', 'sqs', ({ cloud }) => { cloud.control.faults.add({ match: { operation: 'DescribeDocProcessQueues' }, fault: { kind: 'status', status: 403, message: 'Doc processing service is not activated, please come to the Console to open the service' } }); return {}; }, 'ci', 'problem', /not to be switched on/],
  ['a region that CI does not know the bucket in', 'sqs', () => ({ SOURCE_REGION: 'ap-chengdu' }), 'ci', 'problem', /^CI knows docs-1250000000 in ap-beijing, not in ap-chengdu/],
  ['a paused queue of CI', 'sqs', async (surround) => { await pauseQueue(surround); return {}; }, 'ci', 'problem', /is Paused: no job begins/],
  ['a queue of CI that is not there', 'sqs', () => ({ CI_QUEUE_ID: 'p9' }), 'ci', 'problem', /has no CI queue p9/],
  ['no grant to describe a job', 'sqs', denied({ operation: 'DescribeDocProcessJob' }), 'permission', 'problem', /^ci:DescribeDocProcessJob is not granted/],
  ['no grant to list jobs', 'sqs', denied({ operation: 'DescribeDocProcessJobs' }), 'permission', 'problem', /^ci:DescribeDocProcessJobs is not granted/],
  ['no grant to write manifests', 'sqs', denied({ operation: 'PutObject', prefix: 'manifests/' }), 'permission', 'problem', /^name\/cos:PutObject is not granted on manifests/],
  ['no grant to look at manifests', 'sqs', denied({ operation: 'HeadObject', prefix: 'manifests/' }), 'permission', 'problem', /^name\/cos:HeadObject is not granted on manifests/],
  ['no grant to remove the test object', 'sqs', denied({ operation: 'DeleteObject' }), 'permission', 'warning', /^the test object manifests\/docjob-doctor-\w+\.json stays in docs/],
  ['no grant to look at documents', 'sqs', (surround) => ({ ...denied({ operation: 'HeadObject', prefix: 'in/' })(surround), SUBMIT_PREFIX: 'in/', CI_QUEUE_ID: surround.cloud.control.queueIdOf(DOCS.bucket) }), 'permission', 'problem', /^name\/cos:HeadObject is not granted on in\//],
  ['no grant to list pending jobs', 'cos', denied({ operation: 'GetBucket' }), 'permission', 'problem', /^name\/cos:GetBucket is not granted/],
  ['no grant to read pending jobs', 'cos', denied({ operation: 'GetObject', prefix: PENDING }), 'permission', 'problem', /^name\/cos:GetObject is not granted on docjob\/pending\/\*/],
  ['no grant to put pending jobs', 'cos', denied({ operation: 'PutObject', prefix: PENDING }), 'permission', 'problem', /^name\/cos:PutObject is not granted on docjob\/pending\/\*/],
  ['no grant to remove pending jobs', 'cos', denied({ operation: 'DeleteObject', prefix: PENDING }), 'permission', 'problem', /^name\/cos:DeleteObject is not granted on docjob\/pending\/\*/],
  ['no grant to read the checkpoint', 'cos', denied({ operation: 'GetObject', prefix: CHECKPOINT }), 'permission', 'problem', /^name\/cos:GetObject is not granted on docjob\/pending\.checkpoint/],
  ['no grant to write the checkpoint', 'cos', denied({ operation: 'PutObject', prefix: CHECKPOINT }), 'permission', 'problem', /^name\/cos:PutObject is not granted on docjob\/pending\.checkpoint/],
  ['no grant to put dead letters', 'cos', denied({ operation: 'PutObject', prefix: 'docjob/dead/' }), 'permission', 'problem', /^name\/cos:PutObject is not granted on docjob\/dead\/\*/],
  ['no grant to receive', 'sqs', ({ cloud }) => { cloud.sqs.fail('ReceiveMessage', { kind: 'refuse', as: 'AccessDenied' }); return {}; }, 'permission', 'problem', /^ReceiveMessage on .* AccessDenied/],
  ['no grant to delete messages', 'sqs', ({ cloud }) => { cloud.sqs.fail('DeleteMessageBatch', { kind: 'refuse', as: 'AccessDenied' }); return {}; }, 'permission', 'problem', /^DeleteMessageBatch on .* AccessDenied/],
  ['no grant to hand messages back', 'sqs', ({ cloud }) => { cloud.sqs.fail('ChangeMessageVisibilityBatch', { kind: 'partial', entries: [0], as: 'AccessDenied' }); return {}; }, 'permission', 'problem', /^ChangeMessageVisibilityBatch on .* AccessDenied/],
  ['no queue', 'sqs', ({ env }) => ({ QUEUE_URL: `${env['QUEUE_URL'] ?? ''}-not` }), 'queue', 'problem', /pending-not .*QueueDoesNotExist/],
  ['no dead-letter queue', 'sqs', ({ env }) => ({ DEAD_LETTER_QUEUE_URL: `${env['DEAD_LETTER_QUEUE_URL'] ?? ''}-not` }), 'queue', 'problem', /dead-not .*QueueDoesNotExist/],
  ['one queue for both', 'sqs', ({ env }) => ({ DEAD_LETTER_QUEUE_URL: env['QUEUE_URL'] ?? '' }), 'queue', 'problem', /are both/],
  ['a queue that forgets too soon', 'sqs', ({ cloud }) => ({ QUEUE_URL: cloud.sqs.createQueue('short', { MessageRetentionPeriod: '86400' }) }), 'queue', 'problem', /keeps messages for 1 days, but a job may wait for 4/],
  ['a queue that gives up early', 'sqs', ({ cloud }) => ({ QUEUE_URL: cloud.sqs.createQueue('eager', redrive('dead', 5)) }), 'queue', 'problem', /gives a message up after 5 receives/],
  ['a third queue for what it gives up', 'sqs', ({ cloud }) => { cloud.sqs.createQueue('third'); return { QUEUE_URL: cloud.sqs.createQueue('apart', redrive('third', 1_000)) }; }, 'queue', 'warning', /which is not DEAD_LETTER_QUEUE_URL/],
  ['a short visibility timeout', 'sqs', () => ({}), 'queue', 'warning', /visibility timeout of 30 s, shorter than the function's 60 s/],
  ['no queue of CMQ', 'cmq', ({ env }) => ({ QUEUE_URL: `${env['QUEUE_URL'] ?? ''}-not` }), 'queue', 'problem', /pending-not/],
  ['no dead-letter queue of CMQ', 'cmq', ({ env }) => ({ DEAD_LETTER_QUEUE_URL: `${env['DEAD_LETTER_QUEUE_URL'] ?? ''}-not` }), 'queue', 'problem', /dead-not/],
  ['a short lease of CMQ', 'cmq', () => ({}), 'queue', 'warning', /CMQ_VISIBILITY_SECONDS is 30, less than the 60 s/],
  ['no queue of SQS for notices', 'cos', ({ cloud }) => ({ NOTICE_QUEUE_URL: `${cloud.sqs.createQueue('notices')}-not` }), 'queue', 'problem', /notices-not .*QueueDoesNotExist/],
  ['no queue of CMQ for notices', 'cmq', ({ cloud }) => ({ NOTICE_QUEUE_URL: `${cloud.cmq.createQueue('notices')}-not` }), 'queue', 'problem', /notices-not/],
  ['two queues inside each other', 'cos', ({ env }) => ({ DEAD_LETTER_QUEUE_URL: `${env['QUEUE_URL'] ?? ''}dead/` }), 'queue', 'problem', /lie inside each other/],
];

describe('docjob doctor finds', () => {
  test.each(CASES)('%s (%s)', async (_, kind, spoil, check, outcome, found) => {
    const surround = await aCloud(kind);
    const { code, findings } = await examined({ ...surround.env, ...(await spoil(surround)) });
    expect(ofOutcome(findings, outcome)).toContainEqual({
      check,
      outcome,
      found: expect.stringMatching(found),
      advice: expect.any(String),
    });
    expect(code).toBe(ofOutcome(findings, 'problem').length > 0 ? 1 : 0);
    if (outcome === 'problem') expect(code).toBe(1);
  });

  test.each([
    ['is not there', { SOURCE_BUCKET: 'none-1250000000' }],
    ['is in another region', { SOURCE_REGION: 'ap-chengdu' }],
  ])('no grants on a bucket that %s', async (_, change) => {
    const { env } = await aCloud('sqs');
    const { findings } = await examined({ ...env, ...change });
    const granted = ofOutcome(findings, 'ok').filter(({ check }) => check === 'permission');
    expect(granted.filter(({ found = '' }) => !found.startsWith('sqs:'))).toEqual([]);
  });

  test.each([400, 403, 404])(
    'no grants where CI answers %i that document processing is off',
    async (status) => {
      const { cloud, env } = await aCloud('sqs');
      const fault = { kind: 'status', status, message: 'doc bucket unbinded' } as const;
      cloud.control.faults.add({ match: { family: 'ci', pathPrefix: '/doc_jobs/docjobdoctor' }, fault });
      const { code, findings } = await examined(env);
      expect(code).toBe(1);
      expect(ofOutcome(findings, 'problem')).toEqual([
        expect.objectContaining({ check: 'permission', found: expect.stringContaining('unbinded') }),
      ]);
    },
  );

  test('a profile that is not there, without asking anybody', async () => {
    const { cloud, env } = await aCloud();
    const { code, findings } = await examined(env, '--profile', 'missing');
    expect(code).toBe(1);
    expect(ofOutcome(findings, 'problem')).toEqual([expect.objectContaining({ check: 'settings' })]);
    expect(cloud.sqs.calls('GetQueueAttributes')).toBe(0);
  });
});

describe('docjob doctor takes it for no problem that the key may not', () => {
  test.each<readonly [what: string, kind: Kind, denial: Denial, reason: RegExp]>([
    ['look at the bucket', 'sqs', { operation: 'HeadBucket' }, /name\/cos:HeadBucket is not granted/],
    ['ask for versioning', 'cos', { operation: 'GetBucketVersioning' }, /GetBucketVersioning is not granted/],
    ['list buckets', 'sqs', { operation: 'DescribeDocProcessBuckets' }, /DescribeDocProcessBuckets is not/],
    ['list queues', 'sqs', { operation: 'DescribeDocProcessQueues' }, /DescribeDocProcessQueues is not/],
    [
      'read manifests',
      'sqs',
      { operation: 'GetObject', prefix: 'manifests/' },
      /GetObject is not granted on man/,
    ],
  ])('%s', async (_, kind, denial, reason) => {
    const { cloud, env } = await aCloud(kind);
    cloud.control.deny(denial);
    const { code, findings } = await examined(env);
    expect(code).toBe(0);
    expect(ofOutcome(findings, 'skipped').map((finding) => finding.reason)).toContainEqual(
      expect.stringMatching(reason),
    );
  });

  test('ask for the attributes of a queue', async () => {
    const { cloud, env } = await aCloud('sqs');
    cloud.sqs.fail('GetQueueAttributes', { kind: 'refuse', as: 'AccessDenied' }, 2);
    const { code, findings } = await examined(env);
    expect(code).toBe(0);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'queue',
        outcome: 'skipped',
        reason: expect.stringContaining('sqs:GetQueueAttributes is not granted'),
      }),
    );
  });

  test('list jobs, where the sweep is off', async () => {
    const { cloud, env } = await aCloud('sqs');
    cloud.control.deny({ operation: 'DescribeDocProcessJobs', bucket: aBucket(DOCS.bucket) });
    expect((await examined({ ...env, SWEEP: 'off' })).code).toBe(0);
  });
});
