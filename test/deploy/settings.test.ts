import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readSettings, type Settings } from '../../deploy/settings.js';
import { ConfigError } from '../../lib/config-error.js';

const SETTINGS = {
  CLOUD: 'aws',
  AWS_REGION: 'eu-central-1',
  SOURCE_BUCKET: 'docs-1250000000',
  SOURCE_REGION: 'ap-beijing',
  TENCENT_CREDENTIALS_PARAMETER: '/docjob/tencent',
};

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function aws(changes: Readonly<Record<string, string>> = {}): Settings & { readonly cloud: 'aws' } {
  const settings = readSettings({ ...SETTINGS, ...changes });
  if (settings.cloud !== 'aws') throw new Error('not the settings of AWS');
  return settings;
}

describe('the settings of a deployment', () => {
  test('name the cloud, and no other than the two', () => {
    expect(problemsOf({})).toEqual(['CLOUD is not set: set it to aws or tencent']);
    expect(problemsOf({ CLOUD: 'azure' })).toEqual(['CLOUD is "azure": expected aws or tencent']);
  });

  test('need five variables on AWS, and have a sensible default for everything else', () => {
    expect(aws()).toMatchObject({
      stage: 'dev',
      region: 'eu-central-1',
      runtime: 'nodejs22.x',
      mode: { kind: 'timer' },
      maxConcurrentRuns: 1,
      reserveConcurrency: true,
      credentials: { kind: 'parameter', name: '/docjob/tencent' },
      callbackSecret: undefined,
      queueKmsKeyArn: undefined,
      logRetentionDays: 30,
      alarms: { kind: 'none' },
      pendingAgeAlarmSeconds: undefined,
    });
  });

  test('that are missing are all listed at once', () => {
    expect(problemsOf({ CLOUD: 'aws' })).toEqual([
      'AWS_REGION is not set: set it to the AWS region to deploy to, such as eu-central-1',
      'neither TENCENT_CREDENTIALS_PARAMETER nor TENCENT_CREDENTIALS_SECRET is set: store the Tencent key pair in the Parameter Store ' +
        'or in the Secrets Manager, and set one of them to its name',
      'SOURCE_BUCKET is not set: set it to a bucket name with its APPID, such as docs-1250000000',
      'SOURCE_REGION is not set: set it to a region such as ap-beijing',
    ]);
  });

  test.each([
    ['STAGE', 'Prod', 'STAGE is "Prod": expected up to 20 lower-case letters'],
    ['AWS_REGION', 'frankfurt', 'AWS_REGION is "frankfurt": expected the AWS region'],
    [
      'LAMBDA_RUNTIME',
      'nodejs20.x',
      'LAMBDA_RUNTIME is nodejs20.x, which Lambda takes no more since June 2026',
    ],
    [
      'LAMBDA_RUNTIME',
      'nodejs18.x',
      'LAMBDA_RUNTIME is "nodejs18.x": expected one of nodejs22.x, nodejs24.x',
    ],
    ['MODE', 'push', 'MODE is "push": expected one of timer, event-source'],
    ['MODE', 'event-source', 'MODE=event-source needs MAX_CONCURRENT_RUNS of 2 or more'],
    ['RESERVE_CONCURRENCY', 'false', 'RESERVE_CONCURRENCY is "false": expected one of yes, no'],
    ['LOG_RETENTION_DAYS', '10', 'LOG_RETENTION_DAYS is "10": expected one of 1, 3, 5'],
    ['QUEUE_KMS_KEY_ARN', 'alias/mine', 'QUEUE_KMS_KEY_ARN is "alias/mine": expected the ARN of a KMS key'],
    ['ALARM_TOPIC_ARN', 'alarms', 'ALARM_TOPIC_ARN is "alarms": expected the ARN of an SNS topic'],
    ['ALARM_EMAIL', 'ops', 'ALARM_EMAIL is "ops": expected an e-mail address'],
    ['PENDING_AGE_ALARM_SECONDS', '5', 'PENDING_AGE_ALARM_SECONDS is "5": expected whole seconds'],
    ['CALLBACK_SECRET_NAME', 'a}}b', 'CALLBACK_SECRET_NAME is "a}}b": expected a secret\'s name'],
    [
      'TENCENT_CREDENTIALS_SECRET',
      'x',
      'TENCENT_CREDENTIALS_PARAMETER and TENCENT_CREDENTIALS_SECRET are both set',
    ],
    ['QUEUE_URL', 'https://sqs.x/1/y', 'QUEUE_URL is set, but the deployment makes its own: unset it'],
    ['CALLBACK_SECRET', 's'.repeat(32), 'CALLBACK_SECRET is set, but no template may hold it'],
    [
      'ALLOWED_BUCKETS',
      Array.from({ length: 200 }, (_, index) => `pages-${index}-1250000000`).join() + ',docs-1250000000',
      'each function has run-time variables of',
    ],
    // As the function itself would find out.
    ['CONCURRENCY', '0', 'CONCURRENCY is "0": expected a whole number from 1 to 256'],
    ['ALLOWED_BUCKETS', '*', 'ALLOWED_BUCKETS has the entry "*"'],
  ])('%s=%s is a problem', (name, value, problem) => {
    const problems = problemsOf({ ...SETTINGS, [name]: value });
    expect(problems[0]).toContain(problem);
  });

  test('that would alarm twice are a problem', () => {
    const ALARM_TOPIC_ARN = 'arn:aws:sns:eu-central-1:123456789012:alarms';
    expect(problemsOf({ ...SETTINGS, ALARM_TOPIC_ARN, ALARM_EMAIL: 'ops@example.com' })).toEqual([
      'ALARM_TOPIC_ARN and ALARM_EMAIL are both set: unset one',
    ]);
  });

  test('let a batch of more than ten wait for its messages', () => {
    const batch = { MODE: 'event-source', MAX_CONCURRENT_RUNS: '2', BATCH_SIZE: '100' };
    expect(aws(batch).mode).toEqual({ kind: 'event-source', batchSize: 100, batchWindowSeconds: 5 });
    expect(problemsOf({ ...SETTINGS, ...batch, BATCH_WINDOW_SECONDS: '0' })).toEqual([
      'BATCH_SIZE above 10 needs BATCH_WINDOW_SECONDS of 1 or more: AWS gathers no more at once',
    ]);
    expect(problemsOf({ ...SETTINGS, ...batch, MAX_LEASES_PER_RUN: '50' })).toEqual([
      'BATCH_SIZE is above MAX_LEASES_PER_RUN: a run would leave the rest of its batch untouched',
    ]);
  });

  test('hand on what the function reads, and neither secrets nor what is for the tools', () => {
    const { variables } = aws({
      REQUESTS_PER_SECOND: '20',
      MAX_AGE_SECONDS: ' 86400 ',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:5556',
      TENCENTCLOUD_SECRET_KEY: 'secret',
      LAMBDA_RUNTIME: 'nodejs24.x',
      UNRELATED: 'x',
    }).runTime;
    expect(variables).toEqual({
      REQUESTS_PER_SECOND: '20',
      MAX_AGE_SECONDS: '86400',
      SOURCE_BUCKET: 'docs-1250000000',
      SOURCE_REGION: 'ap-beijing',
    });
  });
});

test('every setting of a deployment to AWS is documented, and every documented one is read', () => {
  const documented = (file: string) =>
    Array.from(
      readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8').matchAll(
        /^\| ((?:`[A-Z_]+`(?:, )?)+)\s*\|/gm,
      ),
      ([, names = '']) => names.match(/[A-Z_]+/g) ?? [],
    ).flat();
  const asked = new Set<string>();
  const recording = new Proxy<Record<string, string>>(
    { ...SETTINGS, MODE: 'event-source', MAX_CONCURRENT_RUNS: '2' },
    {
      get: (env, name: string) => {
        asked.add(name);
        return env[name];
      },
    },
  );
  readSettings(recording);
  const ofTheFunction = new Set(documented('configuration.md'));
  const ofTheDeployment = documented('deploy-aws.md');
  expect(ofTheDeployment.filter((name) => !asked.has(name))).toEqual([]);
  expect([...asked].filter((name) => !ofTheFunction.has(name) && !ofTheDeployment.includes(name))).toEqual(
    [],
  );
});
