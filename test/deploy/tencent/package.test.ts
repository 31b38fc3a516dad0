import { afterEach, expect, jest, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { ServiceFolder } from './service-folder.js';

// Each test runs the framework's command line, which takes seconds to load.
jest.setTimeout(120_000);

const SETTINGS = { SOURCE_BUCKET: 'docs-1250000000', SOURCE_REGION: 'ap-beijing' };

const folders: ServiceFolder[] = [];

async function open(changed?: string): Promise<ServiceFolder> {
  const folder = await ServiceFolder.open(changed);
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

interface Request {
  readonly action: string;
  readonly version: string;
  readonly region: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

test('package writes zips, requests and policies without network and credentials, the same bytes each time', async () => {
  const files = [
    'poll.zip',
    'tencent-requests.json',
    'policies/poll.json',
    'policies/trust.json',
    'policies/deployer.json',
  ];
  const made = await Promise.all(
    [await open(), await open()].map(async (folder) => {
      const { code, output } = await folder.run(['package'], SETTINGS);
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toContain('.serverless/policies/poll.json: {"version":"2.0"');
      return Promise.all(files.map(async (file) => (await folder.read(file)).toString('base64')));
    }),
  );
  expect(made[1]).toEqual(made[0]);

  const [zip = '', requests = ''] = (made[0] ?? []).map((text) =>
    Buffer.from(text, 'base64').toString('latin1'),
  );
  // Written by the plugin, and compared field by field below.
  const sent = (JSON.parse(requests) as readonly Request[]).filter(
    ({ parameters }) => parameters['FunctionName'] === 'docjob-dev-poll',
  );
  expect(sent.map(({ action, version, region }) => `${action} ${version} ${region}`)).toEqual([
    'CreateFunction 2018-04-16 ap-beijing',
    'UpdateFunctionEventInvokeConfig 2018-04-16 ap-beijing',
    'PutReservedConcurrencyConfig 2018-04-16 ap-beijing',
    'CreateTrigger 2018-04-16 ap-beijing',
  ]);
  expect(sent[0]?.parameters).toMatchObject({
    Handler: 'index.main_handler',
    Runtime: 'Nodejs20.19',
    Role: 'docjob-poll',
    Code: {
      ZipFile: {
        base64Of: '.serverless/poll.zip',
        sha256: createHash('sha256').update(zip, 'latin1').digest('hex'),
        bytes: zip.length,
      },
    },
    Environment: {
      Variables: expect.arrayContaining([
        { Key: 'QUEUE_URL', Value: 'cos://docs-1250000000.ap-beijing/docjob/pending/' },
        { Key: 'DEAD_LETTER_QUEUE_URL', Value: 'cos://docs-1250000000.ap-beijing/docjob/dead/' },
        { Key: 'ALLOWED_BUCKETS', Value: 'docs-1250000000' },
      ]),
    },
  });
  // One tick to live, no retry, room for one run, every minute.
  expect(sent[1]?.parameters).toMatchObject({
    AsyncTriggerConfig: { RetryConfig: [{ RetryNum: 0 }], MsgTTL: 60 },
  });
  expect(sent[2]?.parameters).toMatchObject({ ReservedConcurrencyMem: 512 });
  expect(sent[3]?.parameters).toMatchObject({ Type: 'timer', TriggerDesc: '0 * * * * * *', Enable: 'OPEN' });
});

test('queues of CMQ are made as the functions are told that they are', async () => {
  const folder = await open();
  const { code, output } = await folder.run(['package'], {
    ...SETTINGS,
    QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/docjob-pending',
    DEAD_LETTER_QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/docjob-dead',
  });
  expect({ code, output }).toMatchObject({ code: 0 });
  // Written by the plugin.
  const requests = JSON.parse((await folder.read('tencent-requests.json')).toString()) as readonly Request[];
  const [pending, dead, create] = requests.map(({ parameters }) => parameters);
  for (const queue of [pending, dead])
    expect(queue).toMatchObject({
      VisibilityTimeout: 70,
      MsgRetentionSeconds: 43_200,
      RewindSeconds: 1_296_000,
    });
  expect(create?.['Environment']).toMatchObject({
    Variables: expect.arrayContaining([
      { Key: 'CMQ_VISIBILITY_SECONDS', Value: '70' },
      { Key: 'CMQ_MAX_UNACKED_SECONDS', Value: '43200' },
    ]),
  });
});

test('settings that are missing or wrong are listed in one message', async () => {
  const folder = await open();
  const { code, output } = await folder.run(['package'], {
    EXECUTION_ROLE: 'two words',
    VPC_ID: 'vpc-1',
    CONCURRENCY: 'many',
  });
  expect(code).toBe(1);
  for (const problem of [
    'EXECUTION_ROLE is "two words"',
    'VPC_ID is set but SUBNET_ID is not',
    'SOURCE_BUCKET is not set',
    'SOURCE_REGION is not set',
    'CONCURRENCY is "many"',
  ])
    expect(output).toContain(problem);
  expect(output).not.toContain('QUEUE_URL');
});

/** The service with other fields in its poll function and in its provider. */
function changed(fn: object, provider: object): string {
  return `{
    ...service,
    provider: { ...service.provider, ...${JSON.stringify(provider)} },
    functions: { poll: { ...service.functions.poll, ...${JSON.stringify(fn)} } },
  }`;
}

const withTimer = (cron: string): object => ({ events: [{ timer: { name: 'tick', cron } }] });

test.each([
  [
    'what the schema knows',
    changed(
      { ...withTimer('0 * * * * *'), memorySize: 500 },
      { timezone: 'UTC', environment: { SCF_X: 'y' } },
    ),
    [
      "'functions.poll.events.0.timer.cron': must match pattern",
      "'functions.poll.memorySize': must be equal to one of the allowed values",
      "'provider': unrecognized property 'timezone'",
      "'provider.environment': unrecognized property 'SCF_X'",
    ],
  ],
  [
    'what a schema cannot say',
    changed(withTimer('0 75 * * * * *'), { environment: { LONG: 'x'.repeat(4_096) } }),
    [
      'functions.poll.events.0.timer.cron has "75" as its minute, which is from 0 to 59',
      'functions.poll has run-time variables of 4100 bytes, but SCF takes 4096',
    ],
  ],
])('%s is refused before anything is built, all of it at once', async (_name, service, problems) => {
  const folder = await open(service);
  const { code, output } = await folder.run(['package'], SETTINGS);
  expect(code).toBe(1);
  for (const problem of problems) expect(output).toContain(problem);
  await expect(folder.read('poll.zip')).rejects.toThrow('ENOENT');
});
