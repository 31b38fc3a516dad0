import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FUNCTIONS } from '../../deploy/functions.js';
import { callback } from '../../functions/callback/function.js';
import { poll } from '../../functions/poll/function.js';
import { submit } from '../../functions/submit/function.js';
import { DEFAULT_MAX_AGE, LONGEST_MAX_AGE, OUTAGE_GRACE } from '../../lib/poller/decide.js';
import { DEFAULT_SCHEDULE, MAX_LOOKS, worstCaseLooks } from '../../lib/poller/schedule.js';
import { MAX_SEND_DELAY } from '../../lib/queue/sqs-times.js';
import { millis } from '../../lib/domain/units.js';
import type { Template } from './packaging.js';
import { Workspace } from './packaging.js';

/** What the tests give the deployment; none of it may reach a file. */
const SECRETS = {
  TENCENTCLOUD_SECRET_ID: 'AKIDleak',
  TENCENTCLOUD_SECRET_KEY: 'leaked-secret-key',
  TENCENTCLOUD_SESSIONTOKEN: 'leaked-token',
  AWS_ACCESS_KEY_ID: 'AKIAleak',
  AWS_SECRET_ACCESS_KEY: 'leaked-aws-key',
  CALLBACK_SECRET: 'leaked-callback-secret',
};

const SETTINGS = {
  STAGE: 'test',
  AWS_REGION: 'eu-central-1',
  SOURCE_BUCKET: 'docs-1250000000',
  SOURCE_REGION: 'ap-beijing',
  TENCENT_CREDENTIALS_PARAMETER: '/docjob/tencent',
  CALLBACK_SECRET_NAME: 'docjob/callback',
};

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';

const EVENT_SOURCE = {
  ...SETTINGS,
  MODE: 'event-source',
  MAX_CONCURRENT_RUNS: '5',
  BATCH_WINDOW_SECONDS: '20',
  LAMBDA_RUNTIME: 'nodejs24.x',
  LOG_RETENTION_DAYS: '7',
  QUEUE_KMS_KEY_ARN: KEY,
  TENCENT_CREDENTIALS_PARAMETER: '',
  TENCENT_CREDENTIALS_SECRET: 'docjob/tencent',
  TENCENT_CREDENTIALS_KMS_KEY_ARN: KEY,
  ALARM_EMAIL: 'ops@example.com',
  MANIFEST_KEY: 'm/${jobId}.json',
  LOG_LEVEL: 'debug',
  NOTICE_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/manifests',
};

let workspace: Workspace;
let timer: Template;
let eventSource: Template;
let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  workspace = await Workspace.create();
  eventSource = await workspace.package(EVENT_SOURCE);
  timer = await workspace.package({ ...SETTINGS, ...SECRETS });
  const made = await workspace.made();
  files = new Map(
    await Promise.all(
      made.map(async (name) => [name, (await workspace.read(name)).toString('latin1')] as const),
    ),
  );
}, 120_000);

afterAll(() => workspace.remove());

const both = () => [timer, eventSource];
const tickSeconds = poll.trigger.everyMinutes * 60;

/** A number in the template. */
function number(value: unknown): number {
  if (typeof value !== 'number') throw new Error(`${JSON.stringify(value)} is not a number`);
  return value;
}

describe('the queues', () => {
  const retention = (template: Template, queue: string) =>
    number(template.property(queue, 'MessageRetentionPeriod'));

  test('keep a message hidden for at least as long as a run may take', () => {
    expect(number(timer.property('PendingQueue', 'VisibilityTimeout'))).toBeGreaterThanOrEqual(
      poll.timeoutSeconds,
    );
  });

  test('keep it hidden six times as long, and the batch window, where Lambda reads the queue', () => {
    expect(number(eventSource.property('PendingQueue', 'VisibilityTimeout'))).toBeGreaterThanOrEqual(
      6 * poll.timeoutSeconds + 20,
    );
  });

  test('keep a message longer than the poller ever keeps a job', () => {
    for (const template of both()) {
      expect(retention(template, 'PendingQueue') * 1_000).toBeGreaterThan(LONGEST_MAX_AGE + OUTAGE_GRACE);
      expect(retention(template, 'DeadLetterQueue')).toBe(14 * 86_400);
    }
  });

  test('take a message away only after more receives than all looks at a job, with a fifth to spare', () => {
    for (const template of both()) {
      expect(template.property('PendingQueue', 'RedrivePolicy', 'deadLetterTargetArn')).toEqual({
        'Fn::GetAtt': ['DeadLetterQueue', 'Arn'],
      });
      const receives = number(template.property('PendingQueue', 'RedrivePolicy', 'maxReceiveCount'));
      const looks = worstCaseLooks(DEFAULT_SCHEDULE, millis(DEFAULT_MAX_AGE + OUTAGE_GRACE));
      expect(looks).toBeLessThan(0.8 * receives);
      // The most that can be configured.
      expect(MAX_LOOKS).toBeLessThanOrEqual(0.8 * receives);
    }
  });

  test('are encrypted, with a key of ours where one is named', () => {
    for (const queue of ['PendingQueue', 'DeadLetterQueue']) {
      expect(timer.property(queue, 'SqsManagedSseEnabled')).toBe(true);
      expect(eventSource.property(queue, 'KmsMasterKeyId')).toBe(KEY);
    }
  });

  test('are closed to whoever comes without TLS', () => {
    expect(timer.property('QueuePolicy', 'Queues')).toEqual([
      { Ref: 'PendingQueue' },
      { Ref: 'DeadLetterQueue' },
    ]);
    expect(timer.property('QueuePolicy', 'PolicyDocument', 'Statement', 0)).toMatchObject({
      Effect: 'Deny',
      Principal: '*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  });
});

describe('the poll function', () => {
  test('cannot run into the next tick', () => {
    for (const template of both())
      expect(number(template.property('PollLambdaFunction', 'Timeout'))).toBeLessThanOrEqual(tickSeconds);
  });

  test('is called by a rule once a tick, with an event of its own; ticks that are late or fail are not repeated', () => {
    expect(timer.property('PollSchedule', 'ScheduleExpression')).toBe('rate(1 minute)');
    expect(timer.property('PollSchedule', 'Targets')).toEqual([
      {
        Id: 'poll',
        Arn: { 'Fn::GetAtt': ['PollLambdaFunction', 'Arn'] },
        Input: '{"trigger":"timer"}',
        RetryPolicy: { MaximumEventAgeInSeconds: tickSeconds, MaximumRetryAttempts: 0 },
      },
    ]);
    expect(timer.property('PollSchedulePermission')).toEqual({
      FunctionName: { 'Fn::GetAtt': ['PollLambdaFunction', 'Arn'] },
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': ['PollSchedule', 'Arn'] },
    });
    expect(timer.property('PollLambdaEvConf')).toMatchObject({
      MaximumEventAgeInSeconds: tickSeconds,
      MaximumRetryAttempts: 0,
    });
    expect(timer.resources('AWS::Lambda::EventSourceMapping')).toEqual([]);
  });

  test('is called by the queue instead in event-source mode, and no timer then', () => {
    expect(eventSource.resources('AWS::Events::Rule')).toEqual([]);
    const [mapping = '', ...others] = eventSource.resources('AWS::Lambda::EventSourceMapping');
    expect(others).toEqual([]);
    expect(eventSource.property(mapping)).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': ['PendingQueue', 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 20,
    });
  });

  test('has as many runs at a time as share the request rate, and no more', () => {
    const limits = both().map((template) => [
      template.property('PollLambdaFunction', 'ReservedConcurrentExecutions'),
      Number(template.property('PollLambdaFunction', 'Environment', 'Variables', 'MAX_CONCURRENT_RUNS') ?? 1),
    ]);
    expect(limits).toEqual([
      [1, 1],
      [5, 5],
    ]);
  });

  test('finds its queues, where its key pair is, and the settings that were given, and nothing else', () => {
    const given = {
      QUEUE_URL: { Ref: 'PendingQueue' },
      DEAD_LETTER_QUEUE_URL: { Ref: 'DeadLetterQueue' },
      SOURCE_BUCKET: 'docs-1250000000',
      SOURCE_REGION: 'ap-beijing',
      NODE_OPTIONS: '--enable-source-maps',
    };
    expect(timer.property('PollLambdaFunction', 'Environment', 'Variables')).toEqual({
      ...given,
      TENCENT_CREDENTIALS_PARAMETER: '/docjob/tencent',
    });
    expect(eventSource.property('PollLambdaFunction', 'Environment', 'Variables')).toEqual({
      ...given,
      TENCENT_CREDENTIALS_SECRET: 'docjob/tencent',
      MANIFEST_KEY: 'm/${jobId}.json',
      MAX_CONCURRENT_RUNS: '5',
      LOG_LEVEL: 'debug',
      NOTICE_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/manifests',
    });
  });
});

describe('the callback function', () => {
  test('has a URL that everybody can call, under both permissions that AWS asks for', () => {
    for (const template of both()) {
      expect(template.property('CallbackLambdaFunctionUrl', 'AuthType')).toBe('NONE');
      const permissions = template
        .resources('AWS::Lambda::Permission')
        .map((id) => template.property(id))
        .filter((permission) => JSON.stringify(permission).includes('CallbackLambdaFunction'));
      // AWS Lambda, "Control access to Lambda function URLs": the second since October 2025.
      expect(permissions).toEqual([
        expect.objectContaining({ Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' }),
        expect.objectContaining({ Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true }),
      ]);
    }
  });

  test('gets its secret from CloudFormation, and no other function does', () => {
    expect(timer.property('CallbackLambdaFunction', 'Environment', 'Variables', 'CALLBACK_SECRET')).toBe(
      '{{resolve:secretsmanager:docjob/callback}}',
    );
    const others = ['PollLambdaFunction', 'SubmitLambdaFunction'].map((id) => timer.property(id));
    expect(JSON.stringify(others)).not.toContain('CALLBACK_SECRET');
  });
});

describe('every function', () => {
  const deployed = FUNCTIONS;
  const id = (name: string, what: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}${what}`;

  test.each([submit, callback])(
    '$name has so many calls at a time as share the request rate, so that no flood takes what the poller needs',
    ({ name, trigger: { maxConcurrentCalls } }) => {
      for (const template of both()) {
        const of = (...path: readonly string[]) => template.property(id(name, 'LambdaFunction'), ...path);
        expect(of('ReservedConcurrentExecutions')).toBe(maxConcurrentCalls);
        expect(of('Environment', 'Variables', 'MAX_CONCURRENT_RUNS')).toBe(String(maxConcurrentCalls));
      }
    },
  );

  test.each(deployed)(
    '$name runs on a supported Node, on arm64, with a log that does not grow for ever',
    ({ name }) => {
      const facts = both().map((template) => [
        template.property(id(name, 'LambdaFunction'), 'Runtime'),
        template.property(id(name, 'LambdaFunction'), 'Architectures'),
        template.property(id(name, 'LogGroup'), 'RetentionInDays'),
        template.property(id(name, 'LogGroup'), 'LogGroupName'),
      ]);
      expect(facts).toEqual([
        ['nodejs22.x', ['arm64'], 30, `/aws/lambda/docjob-test-${name}`],
        ['nodejs24.x', ['arm64'], 7, `/aws/lambda/docjob-test-${name}`],
      ]);
    },
  );

  test.each(deployed)('$name is watched for runs that fail and runs that are throttled', ({ name }) => {
    for (const template of both()) {
      for (const metric of ['Errors', 'Throttles']) {
        expect(template.property(id(name, `${metric}Alarm`))).toMatchObject({
          MetricName: metric,
          Dimensions: [{ Name: 'FunctionName', Value: { Ref: id(name, 'LambdaFunction') } }],
          ComparisonOperator: 'GreaterThanThreshold',
          Threshold: 0,
        });
      }
    }
  });
});

describe('the grants', () => {
  interface Statement {
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Resource?: unknown;
  }

  /** All statements of policies in the template, by the resource that they stand in. */
  const statements = (template: Template) =>
    template
      .resources()
      .flatMap((resource) =>
        [...template.walk(template.property(resource))]
          .filter(([key]) => key === 'Statement')
          .flatMap(([, value]) =>
            (value as readonly Statement[]).map((statement) => ({ resource, statement })),
          ),
      );

  const grantsOf = (template: Template, role: string) =>
    (template.property(role, 'Policies', 0, 'PolicyDocument', 'Statement') as readonly Statement[]).map(
      ({ Action, Resource }) => [Action, Resource],
    );
  const pollGrants = (template: Template) => grantsOf(template, 'PollRole');

  const arn = (text: string) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:${text}` });
  const place = '${AWS::Region}:${AWS::AccountId}';
  const logs = [['logs:CreateLogStream', 'logs:PutLogEvents'], [{ 'Fn::GetAtt': ['PollLogGroup', 'Arn'] }]];

  test('let the poll function do what it does, and nothing else', () => {
    expect(pollGrants(timer)).toEqual([
      logs,
      [
        ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
        [{ 'Fn::GetAtt': ['PendingQueue', 'Arn'] }],
      ],
      [['sqs:SendMessage'], [{ 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] }]],
      [['ssm:GetParameter'], [arn(`ssm:${place}:parameter/docjob/tencent`)]],
    ]);
  });

  test.each(['Submit', 'Callback'])(
    'let the %s function send to the queue, and take nothing from it',
    (name) => {
      expect(grantsOf(timer, `${name}Role`)).toEqual([
        [['logs:CreateLogStream', 'logs:PutLogEvents'], [{ 'Fn::GetAtt': [`${name}LogGroup`, 'Arn'] }]],
        [['sqs:SendMessage'], [{ 'Fn::GetAtt': ['PendingQueue', 'Arn'] }]],
        [['ssm:GetParameter'], [arn(`ssm:${place}:parameter/docjob/tencent`)]],
      ]);
    },
  );

  test('add what an event source, notices, own keys and a secret need', () => {
    expect(pollGrants(eventSource)).toEqual([
      logs,
      [
        ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
        [{ 'Fn::GetAtt': ['PendingQueue', 'Arn'] }],
      ],
      [['sqs:SendMessage'], [{ 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] }]],
      [['sqs:SendMessage'], [arn('sqs:eu-west-1:123456789012:manifests')]],
      [['kms:Decrypt', 'kms:GenerateDataKey'], [KEY]],
      [['ssm:GetParameter'], [arn(`ssm:${place}:parameter/aws/reference/secretsmanager/docjob/tencent`)]],
      [['secretsmanager:GetSecretValue'], [arn(`secretsmanager:${place}:secret:docjob/tencent-??????`)]],
      [['kms:Decrypt'], [KEY]],
    ]);
  });

  test('have no wildcard but where a denial must cover all, and where AWS adds to a name', () => {
    const found = both().map((template) =>
      statements(template)
        .filter(({ statement }) => /[*?]/.test(JSON.stringify([statement.Action, statement.Resource])))
        .map(
          ({ resource, statement: { Effect, Action } }) => `${resource}: ${Effect} ${[Action].flat().join()}`,
        ),
    );
    const denials = [
      // The framework's own: no access to the deployment bucket without TLS.
      'ServerlessDeploymentBucketPolicy: Deny s3:*',
      'QueuePolicy: Deny sqs:*',
    ];
    expect(found).toEqual([
      denials,
      // Secrets Manager ends the ARN of a secret with six characters that nobody knows beforehand.
      [
        ...denials,
        ...['PollRole', 'SubmitRole', 'CallbackRole'].map(
          (role) => `${role}: Allow secretsmanager:GetSecretValue`,
        ),
      ],
    ]);
  });
});

describe('the alarms', () => {
  test('tell whoever is named', () => {
    for (const alarm of eventSource.resources('AWS::CloudWatch::Alarm'))
      expect(eventSource.property(alarm, 'AlarmActions')).toEqual([{ Ref: 'AlarmTopic' }]);
    expect(eventSource.property('AlarmTopic', 'Subscription')).toEqual([
      { Protocol: 'email', Endpoint: 'ops@example.com' },
    ]);
  });

  test('come at the first dead letter', () => {
    expect(timer.property('DeadLettersAlarm')).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['DeadLetterQueue', 'QueueName'] } }],
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
    });
  });

  test('come at the first event for the submit function that Lambda gave up', () => {
    expect(timer.property('SubmitDroppedAlarm')).toMatchObject({
      MetricName: 'AsyncEventsDropped',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'SubmitLambdaFunction' } }],
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      EvaluationPeriods: 1,
    });
  });

  test('come when a job waits longer for three looks than the schedule can make it, and before it is given up', () => {
    expect(timer.property('PendingAgeAlarm')).toMatchObject({
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['PendingQueue', 'QueueName'] } }],
      ComparisonOperator: 'GreaterThanThreshold',
    });
    const threshold = number(timer.property('PendingAgeAlarm', 'Threshold')) * 1_000;
    expect(threshold).toBeGreaterThanOrEqual(
      MAX_SEND_DELAY + 2 * DEFAULT_SCHEDULE.ceiling + 3 * tickSeconds * 1_000,
    );
    expect(threshold).toBeLessThan(DEFAULT_MAX_AGE);
  });

  test('come when no run begins, which no metric of a run can tell', () => {
    expect(timer.property('PollMissingAlarm')).toMatchObject({
      MetricName: 'Invocations',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: tickSeconds,
      TreatMissingData: 'breaching',
    });
    const metrics = JSON.stringify(eventSource.property('PollMissingAlarm', 'Metrics'));
    expect(metrics).toMatch(/ApproximateNumberOfMessagesVisible.*Invocations.*IF\(FILL\(visible, 0\) > 0/);
  });
});

test('whatever is referred to exists', () => {
  for (const template of both()) {
    const known = new Set(template.resources());
    const referred = [...template.walk()].flatMap(([key, value]) => {
      if (key === 'Ref') return [String(value)];
      if (key === 'Fn::GetAtt') return [String((value as readonly string[])[0])];
      if (key === 'Fn::Sub')
        return Array.from(String(value).matchAll(/\$\{([^}.]+)/g), ([, name = '']) => name);
      return [];
    });
    expect(referred.length).toBeGreaterThan(20);
    expect(referred.filter((name) => !name.startsWith('AWS::') && !known.has(name))).toEqual([]);
  }
});

test('the dashboard is one, and asks for what is deployed', () => {
  const body = timer.property('Dashboard', 'DashboardBody', 'Fn::Sub');
  const { widgets } = JSON.parse(String(body)) as { widgets: readonly unknown[] };
  expect(widgets.length).toBeGreaterThan(4);
  for (const name of ['docjob-test-pending', 'docjob-test-dead-letters', 'docjob-test-poll'])
    expect(body).toContain(name);
});

test('no secret of whoever packages is in any file', () => {
  expect([...files.keys()]).toEqual([
    'callback.zip',
    'cloudformation-template-create-stack.json',
    'cloudformation-template-update-stack.json',
    'poll.zip',
    'serverless-state.json',
    'submit.zip',
  ]);
  for (const text of files.values())
    for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret);
});

test('packaging again gives the same zips, whatever is set', async () => {
  const before = await workspace.read('poll.zip');
  await workspace.package({ ...SETTINGS, STAGE: 'other' });
  expect((await workspace.read('poll.zip')).equals(before)).toBe(true);
}, 60_000);
