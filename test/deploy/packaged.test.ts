import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FUNCTIONS } from '../../deploy/functions.js';
import { callback } from '../../functions/callback/function.js';
import { poll } from '../../functions/poll/function.js';
import { submit } from '../../functions/submit/function.js';
import type { JobId } from '../../lib/domain/names.js';
import { readManifest } from '../../lib/manifest/index.js';
import type { JobScript } from '../../local/ci/script.js';
import { startCloud, type Cloud } from '../../local/cloud.js';
import { environmentOf } from '../../local/environment.js';
import { FunctionHost } from '../../local/function-host/host.js';
import { serveFunctionUrl } from '../../local/function-host/url.js';
import { assertValidManifest } from '../manifest/assert-valid-manifest.js';
import { SOURCE } from '../support/pending-jobs.js';
import { Workspace } from './packaging.js';

type FunctionName = (typeof FUNCTIONS)[number]['name'];

/** What `npm run package:<cloud>` made, as a platform gets it: the functions' files in empty folders, their variables, and what calls the poller. */
interface Packaged {
  readonly folders: Readonly<Record<FunctionName, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly tick: unknown;
}

/** Packaging is a process of its own, and so is each function: on a busy machine they take their time. */
const LIMIT_MS = 90_000;

const CALLBACK_SECRET = 'kX3-9fQ_w7LmZ2pRtYb8uVc5nHs4gJd1';

const OUTPUT_OBJECT = 'pages/${object}/${Number}.jpg';

const SETTINGS = {
  SOURCE_BUCKET: SOURCE.bucket,
  SOURCE_REGION: SOURCE.region,
  OUTPUT_OBJECT,
  // The first look is due after a second, and the run waits for it as it would for any message.
  DELAY_FLOOR_SECONDS: '1',
  QUEUE_WAIT_SECONDS: '3',
};

const DOCUMENTS: Readonly<Record<string, JobScript>> = {
  'in/report.docx': { pages: 3 },
  'in/broken.doc': { ends: 'Failed' },
  'in/table.xlsx': { sheets: [2, 1] },
};

let workspace: Workspace;
let root: string;
let cloud: Cloud;
const hosts: FunctionHost[] = [];

beforeAll(async () => {
  workspace = await Workspace.create();
});

afterEach(async () => {
  for (const host of hosts.splice(0)) host.kill();
  await cloud.close();
  await rm(root, { recursive: true, force: true });
});

afterAll(() => workspace.remove());

/** Unpacks a function into an empty folder, with nothing of the repository beside it. */
async function unpack(name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  for (const [file, bytes] of Object.entries(unzipSync(await workspace.read(`${name}.zip`)))) {
    await writeFile(join(folder, file), bytes);
  }
  return folder;
}

async function start(): Promise<void> {
  root = await mkdtemp(join(tmpdir(), 'docjob-packaged-'));
  cloud = await startCloud({ root: join(root, 'buckets'), jobDurationMs: 0 });
  await cloud.control.createBucket(SOURCE.bucket, SOURCE.region);
  for (const [object, script] of Object.entries(DOCUMENTS)) {
    await cloud.control.putObject(SOURCE.bucket, object, Buffer.from(object), script);
  }
}

const unpackAll = async (): Promise<Packaged['folders']> => ({
  poll: await unpack('poll'),
  submit: await unpack('submit'),
  callback: await unpack('callback'),
});

async function packageForAws(): Promise<Packaged> {
  const template = await workspace.package({
    ...SETTINGS,
    AWS_REGION: 'eu-central-1',
    TENCENT_CREDENTIALS_PARAMETER: '/docjob/tencent',
    CALLBACK_SECRET_NAME: 'docjob/callback',
  });
  const variables = template.property('PollLambdaFunction', 'Environment', 'Variables') as Record<
    string,
    unknown
  >;
  const input = template
    .resources('AWS::Events::Rule')
    .map((rule) => template.property(rule, 'Targets', 0, 'Input'))
    .find((text) => typeof text === 'string');
  return {
    folders: await unpackAll(),
    // References to queues are strings only once they are deployed.
    variables: Object.fromEntries(
      Object.entries(variables).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
    tick: JSON.parse(String(input)),
  };
}

interface ScfRequest {
  readonly action: string;
  readonly parameters: {
    readonly FunctionName?: string;
    readonly Environment?: {
      readonly Variables: readonly { readonly Key: string; readonly Value: string }[];
    };
    readonly TriggerName?: string;
    readonly CustomArgument?: string;
  };
}

async function packageForTencent(): Promise<Packaged> {
  const { code, output } = await workspace.run('npm run package:tencent', { ...SETTINGS, CALLBACK_SECRET });
  if (code !== 0) throw new Error(output);
  // What packaging wrote.
  const requests = JSON.parse(
    (await workspace.read('tencent-requests.json')).toString(),
  ) as readonly ScfRequest[];
  const create = requests.find(
    ({ action, parameters }) =>
      action === 'CreateFunction' && parameters.FunctionName?.endsWith(`-${poll.name}`),
  );
  const timer = requests.find(({ action }) => action === 'CreateTrigger');
  const variables = create?.parameters.Environment?.Variables ?? [];
  return {
    folders: await unpackAll(),
    variables: Object.fromEntries(variables.map(({ Key, Value }) => [Key, Value])),
    // SCF documentation, product 583, page 9708.
    tick: {
      Type: 'Timer',
      TriggerName: timer?.parameters.TriggerName,
      Time: '2026-01-01T12:00:00Z',
      Message: timer?.parameters.CustomArgument ?? '',
    },
  };
}

/** The packaged functions in the hands of their platform, with nothing changed but where the services are. */
function deploy(packaged: Packaged, platform: 'lambda' | 'scf', services: Readonly<Record<string, string>>) {
  const host = (
    name: FunctionName,
    timeoutSeconds: number,
    own: Readonly<Record<string, string>> = {},
  ): FunctionHost => {
    const hosted = new FunctionHost({
      folder: packaged.folders[name],
      platform,
      env: {
        ...packaged.variables,
        ...services,
        ...own,
      },
      timeoutMs: timeoutSeconds * 1_000,
      onLine: () => undefined,
    });
    hosts.push(hosted);
    return hosted;
  };
  return {
    poll: host('poll', poll.timeoutSeconds),
    submit: host('submit', submit.timeoutSeconds),
    // Its secret stands in no file that packaging makes.
    callback: host('callback', callback.timeoutSeconds, { CALLBACK_SECRET }),
  };
}

/** Submits all documents, lets the timer tick, and expects a manifest for each. */
async function expectManifests(functions: ReturnType<typeof deploy>, tick: unknown): Promise<void> {
  const objects = Object.keys(DOCUMENTS);
  const documents = objects.map((object) =>
    object.endsWith('.xlsx')
      ? { object, output: { object: 'pages/${object}/${SheetID}-${Page}.jpg' } }
      : { object },
  );
  const report = (await functions.submit.invoke({ documents })) as {
    readonly results: readonly { readonly object: string; readonly jobId: string }[]; // checked below
  };
  expect(report).toMatchObject({ submitted: objects.length, failed: 0 });
  await expect(functions.poll.invoke(tick)).resolves.toMatchObject({
    leased: objects.length,
    finished: { Success: 2, Failed: 1 },
    unsettled: 0,
  });
  const states: Record<string, string> = {};
  for (const { object, jobId } of report.results) {
    const stored =
      (await cloud.control.readObject(SOURCE.bucket, `manifests/${jobId}.json`))?.toString() ?? '';
    assertValidManifest(stored);
    const { job, pages } = readManifest(stored);
    states[object] = `${job.state} ${pages.length}`;
  }
  expect(states).toEqual({
    'in/report.docx': 'Success 3',
    'in/broken.doc': 'Failed 0',
    'in/table.xlsx': 'Success 3',
  });
}

/** Submits a document whose end CI reports to the callback function: its manifest is there without a tick. */
async function expectManifestByCallback(
  functions: ReturnType<typeof deploy>,
  platform: 'lambda' | 'scf',
): Promise<void> {
  const url = await serveFunctionUrl(functions.callback, platform);
  try {
    const documents = [{ object: 'in/report.docx', callBack: `${url.origin}/${CALLBACK_SECRET}` }];
    const { results } = (await functions.submit.invoke({ documents })) as {
      readonly results: readonly { readonly jobId: JobId }[]; // fails below if it is none
    };
    const [jobId] = results.map((result) => result.jobId);
    if (jobId === undefined) throw new Error('no job was made');
    expect(await cloud.control.callbacks.delivered(jobId)).toMatchObject([
      { outcome: 'answered', status: 200 },
    ]);
    const stored =
      (await cloud.control.readObject(SOURCE.bucket, `manifests/${jobId}.json`))?.toString() ?? '';
    expect(readManifest(stored).pages).toHaveLength(3);
  } finally {
    await url.close();
  }
}

describe('the zips that packaging makes, unpacked in empty folders and called as their platform does,', () => {
  test(
    'submit documents and write their manifests on AWS Lambda, with SQS',
    async () => {
      await start();
      const packaged = await packageForAws();
      expect(packaged.tick).toEqual({ trigger: 'timer' });
      const queueUrl = cloud.sqs.createQueue('pending');
      const deadLetterQueueUrl = cloud.sqs.createQueue('dead');
      const services = environmentOf(cloud, { queueUrl, deadLetterQueueUrl, source: SOURCE });
      // The key pair comes from the environment here: test/functions/stored-credentials.test.ts has it from the Parameter Store.
      const functions = deploy(packaged, 'lambda', { ...services, TENCENT_CREDENTIALS_PARAMETER: '' });
      await expectManifests(functions, packaged.tick);
      expect(cloud.sqs.messages('pending')).toEqual([]);
      await expectManifestByCallback(functions, 'lambda');
    },
    LIMIT_MS,
  );

  test(
    'submit documents and write their manifests on Tencent SCF, with a queue in the bucket',
    async () => {
      await start();
      const packaged = await packageForTencent();
      expect(packaged.variables['QUEUE_URL']).toBe(`cos://${SOURCE.bucket}.${SOURCE.region}/docjob/pending/`);
      const { secretId, secretKey, token } = cloud.credentials.issueTemporary();
      const functions = deploy(packaged, 'scf', {
        COS_ENDPOINT: cloud.origin,
        CI_ENDPOINT: cloud.origin,
        // As SCF hands out the keys of an execution role.
        TENCENTCLOUD_SECRETID: secretId,
        TENCENTCLOUD_SECRETKEY: secretKey,
        TENCENTCLOUD_SESSIONTOKEN: token,
      });
      await expectManifests(functions, packaged.tick);
      expect(await cloud.control.listKeys(SOURCE.bucket, 'docjob/pending/')).toEqual([]);
      await expectManifestByCallback(functions, 'scf');
    },
    LIMIT_MS,
  );
});
