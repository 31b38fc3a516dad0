import { expect, test } from '@jest/globals';
import { tencentFunctions } from '../../../deploy/tencent/functions.js';
import { readTencentSettings, type TencentSettings } from '../../../deploy/tencent/settings.js';
import type { FunctionDefinition } from '../../../functions/function-definition.js';
import { poll } from '../../../functions/poll/function.js';
import { EnvReader } from '../../../lib/env-reader.js';

const LEAST = { SOURCE_BUCKET: 'docs-1250000000', SOURCE_REGION: 'ap-beijing' };

function read(env: Readonly<Record<string, string>>): {
  readonly settings: TencentSettings | undefined;
  readonly problems: readonly string[];
} {
  const reader = new EnvReader(env);
  return { settings: readTencentSettings(env, reader, { stage: 'dev' }), problems: reader.problems };
}

/** The settings of an environment that is as it should be. */
function settingsOf(env: Readonly<Record<string, string>> = {}): TencentSettings {
  const { settings, problems } = read({ ...LEAST, ...env });
  expect(problems).toEqual([]);
  if (settings === undefined) throw new Error('no settings and no problems');
  return settings;
}

const submit: FunctionDefinition = {
  ...poll,
  name: 'submit',
  trigger: { kind: 'call', maxConcurrentCalls: 4 },
};
const callback: FunctionDefinition = {
  ...poll,
  name: 'callback',
  trigger: { kind: 'url', maxConcurrentCalls: 6 },
};

test('a bucket and its region are enough: queues in it, a role for each function, one run at a time', () => {
  const settings = settingsOf();
  expect(settings).toMatchObject({
    region: 'ap-beijing',
    runtime: 'Nodejs20.19',
    maxConcurrentRuns: 1,
    variables: {
      ...LEAST,
      QUEUE_URL: 'cos://docs-1250000000.ap-beijing/docjob/pending/',
      DEAD_LETTER_QUEUE_URL: 'cos://docs-1250000000.ap-beijing/docjob/dead/',
      ALLOWED_BUCKETS: 'docs-1250000000',
    },
  });
  expect(settings.roleOf('poll')).toBe('docjob-poll');
});

test('queues of CMQ need nothing beside their URLs: the function is told how the deployment makes them', () => {
  const { variables } = settingsOf({
    QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/docjob-pending',
    DEAD_LETTER_QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/docjob-dead',
  });
  expect(variables).toMatchObject({
    CMQ_MAX_UNACKED_SECONDS: '43200',
    CMQ_VISIBILITY_SECONDS: String(poll.timeoutSeconds + 10),
  });
});

test('variables that a function reads are handed on; the platform’s, the keys and strangers are not', () => {
  const { variables } = settingsOf({
    LOG_LEVEL: 'debug',
    AWS_REGION: 'eu-central-1',
    TENCENTCLOUD_SECRET_ID: 'AKIDx',
    TENCENTCLOUD_SECRET_KEY: 'y',
    SCF_RUNTIME: 'Nodejs18.15',
    HOME: '/home/somebody',
  });
  expect(Object.keys(variables).sort()).toEqual([
    'ALLOWED_BUCKETS',
    'DEAD_LETTER_QUEUE_URL',
    'LOG_LEVEL',
    'QUEUE_URL',
    'SOURCE_BUCKET',
    'SOURCE_REGION',
  ]);
});

test.each([
  [{ VPC_ID: 'vpc-1' }, 'VPC_ID is set but SUBNET_ID is not'],
  [{ CLS_TOPIC_ID: 'x' }, 'CLS_TOPIC_ID is set but CLS_LOGSET_ID is not'],
  [{ SCF_RUNTIME: 'python3' }, 'SCF_RUNTIME is "python3"'],
  [{ TENCENT_REGION: 'Beijing' }, 'TENCENT_REGION is "Beijing"'],
  // Enough for the one run of the timer, but not for the calls of the other functions.
  [{ REQUESTS_PER_SECOND: '0.3' }, 'REQUESTS_PER_SECOND 0.3 shared out to MAX_CONCURRENT_RUNS 5'],
  [{ CALLBACK_SECRET_NAME: 'docjob/callback' }, 'set CALLBACK_SECRET to the secret itself'],
  [{ MAX_CONCURRENT_RUNS: '0' }, 'MAX_CONCURRENT_RUNS is "0"'],
  [{ MANIFEST_KEY: 'one.json' }, 'MANIFEST_KEY is "one.json": the manifest key must contain ${jobId}'],
  [
    {
      QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/a',
      DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/b',
    },
    'QUEUE_URL is a queue of SQS',
  ],
  [
    { NOTICE_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/notices' },
    'NOTICE_QUEUE_URL is a queue of SQS',
  ],
  [
    { SUBMIT_PREFIX: 'in/', CI_QUEUE_ID: 'p1', TENCENT_REGION: 'ap-guangzhou' },
    'COS calls functions of its own region only',
  ],
  // The function's own check: a manifest that is written would call the function that makes jobs.
  [{ SUBMIT_PREFIX: 'manifests/', CI_QUEUE_ID: 'p1' }, 'manifests/'],
])('%j is refused, and what to do is said', (env, problem) => {
  expect(read({ ...LEAST, ...env }).problems).toEqual([expect.stringContaining(problem)]);
});

test('what is wrong beyond the bucket is listed with what is missing', () => {
  const { problems } = read({ SUBMIT_PREFIX: 'in/', CALLBACK_SECRET: 'too-short' });
  expect(problems).toEqual([
    expect.stringContaining('CALLBACK_SECRET is not set, or is no secret'),
    expect.stringContaining('SOURCE_BUCKET is not set'),
    expect.stringContaining('SOURCE_REGION is not set'),
    expect.stringContaining('CI_QUEUE_ID is not set'),
  ]);
});

test('only a timer is held to the runs that are set, without retries, for one tick', () => {
  const functions = tencentFunctions(settingsOf({ MAX_CONCURRENT_RUNS: '3' }), [poll, submit]);
  expect(functions['poll']).toMatchObject({
    maximumInstances: 3,
    asynchronous: { retries: 0, maximumAgeSeconds: poll.trigger.everyMinutes * 60 },
    events: [{ timer: { name: 'tick', cron: '0 * * * * * *' } }],
  });
  // SCF's own retries stay: an event that failed is to come again.
  expect(functions['submit']).not.toHaveProperty('asynchronous');
  expect(functions['submit']?.events).toEqual([]);
});

test('the other functions are held to a number of calls, which share the request rate', () => {
  const settings = settingsOf({ MAX_CONCURRENT_RUNS: '3', CALLBACK_SECRET: 's'.repeat(32) });
  const functions = tencentFunctions(settings, [submit, callback]);
  const bounds = ['submit', 'callback'].map((name) => [
    functions[name]?.maximumInstances,
    functions[name]?.environment?.['MAX_CONCURRENT_RUNS'],
  ]);
  expect(bounds).toEqual([
    [4, '4'],
    [6, '6'],
  ]);
});

test('a prefix makes the bucket call the submit function', () => {
  const settings = settingsOf({ SUBMIT_PREFIX: 'in/', CI_QUEUE_ID: 'p1' });
  expect(tencentFunctions(settings, [submit])['submit']?.events).toEqual([
    { cos: { bucket: 'docs-1250000000', event: 'cos:ObjectCreated:*', prefix: 'in/' } },
  ]);
  // The function checks by itself what the trigger should have.
  expect(settings.variables).toMatchObject({ SUBMIT_PREFIX: 'in/', CI_QUEUE_ID: 'p1' });
});

test('a function with a URL is deployed only with its secret, which no other function gets', () => {
  expect(Object.keys(tencentFunctions(settingsOf(), [poll, callback]))).toEqual(['poll']);
  const settings = settingsOf({ CALLBACK_SECRET: 's'.repeat(32) });
  const functions = tencentFunctions(settings, [poll, callback]);
  expect(functions['callback']).toMatchObject({
    environment: { CALLBACK_SECRET: 's'.repeat(32) },
    maximumInstances: 6,
    events: [{ url: { name: 'url' } }],
  });
  expect(JSON.stringify([functions['poll'], settings.variables])).not.toContain('sss');
});

test('alarms go to the notice templates that are named, once each; the functions are not told', () => {
  const { alarmNoticeIds, variables } = settingsOf({
    ALARM_NOTICE_IDS: 'notice-f2svbu3w, notice-ops2,notice-f2svbu3w',
  });
  expect(alarmNoticeIds).toEqual(['notice-f2svbu3w', 'notice-ops2']);
  expect(variables).not.toHaveProperty('ALARM_NOTICE_IDS');
  expect(settingsOf().alarmNoticeIds).toEqual([]);
  expect(read({ ...LEAST, ALARM_NOTICE_IDS: 'the operators' }).problems).toEqual([
    expect.stringContaining('ALARM_NOTICE_IDS is "the operators": expected IDs of notice templates'),
  ]);
});
