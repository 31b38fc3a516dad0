import { ConfigError } from '../../lib/config-error.js';
import { parseConfig, type Config } from '../../lib/config.js';
import type { Environment } from '../../lib/env-reader.js';
import type { Target } from './campaign.js';
import { check, checkPrototypes } from './check.js';
import { HOSTILE_TEXTS } from './hostile-texts.js';
import { hostileName } from './hostile-names.js';
import type { Random } from './random.js';

/** A configuration that says everything. */
const WHOLE: Readonly<Record<string, string>> = {
  QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/pending',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead',
  QUEUE_KIND: 'sqs',
  SOURCE_BUCKET: 'docs-1250000000',
  SOURCE_REGION: 'ap-beijing',
  ALLOWED_BUCKETS: '*-1250000000,other-1250000001',
  MANIFEST_KEY: 'manifests/${jobId}.json',
  COS_ENDPOINT: 'http://127.0.0.1:9000',
  CI_ENDPOINT: 'http://127.0.0.1:9000',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9000',
  AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9000',
  AWS_REGION: 'eu-central-1',
  LOG_LEVEL: 'info',
  METRICS: 'emf',
  CONCURRENCY: '16',
  MAX_LEASES_PER_RUN: '2000',
  QUEUE_WAIT_SECONDS: '1',
  REQUEST_TIMEOUT_MS: '5000',
  REQUEST_RETRIES: '3',
  REQUESTS_PER_SECOND: '50',
  DELAY_SHARE: '0.25',
  DELAY_FLOOR_SECONDS: '10',
  DELAY_CEILING_SECONDS: '1800',
  DELAY_JITTER: '0.25',
  MAX_AGE_SECONDS: '259200',
  UNKNOWN_JOB_GRACE_SECONDS: '3600',
};

const NAMES = Object.keys(WHOLE) as [string, ...string[]]; // the literal above is not empty

/** Nobody else's text holds it. */
const PASSWORD = 'hunter2-Passw0rd';

/** Where a password stands in a URL, well written or not. */
const URLS_WITH_PASSWORD = [
  `https://user:${PASSWORD}@sqs.eu-central-1.amazonaws.com/123456789012/pending`,
  `http://user:${PASSWORD}@127.0.0.1:9000`,
  `http://:${PASSWORD}@127.0.0.1:9000/x`,
  `http://user:x/${PASSWORD}@127.0.0.1:9000`,
  `http://user:x?${PASSWORD}@127.0.0.1:9000`,
  `http://user:x#${PASSWORD}@127.0.0.1:9000`,
  `http://user:x@${PASSWORD}@127.0.0.1:9000`,
  `http:user:${PASSWORD}@127.0.0.1:9000`,
  `http:\\\\user:${PASSWORD}@127.0.0.1:9000`,
  `user:${PASSWORD}@127.0.0.1:9000`,
  `http://${PASSWORD}@127.0.0.1:9000`,
  `cos://user:${PASSWORD}@docs-1250000000.ap-beijing/docjob/pending/`,
  `cmq://user:${PASSWORD}@cmq-bj.public.tencenttdmq.com/jobs`,
  `ftp://user:${PASSWORD}@evil.example/`,
  `x,user:${PASSWORD}@127.0.0.1,y`,
  `http://127.0.0.1:9000/?password=${PASSWORD}`,
  `https://sqs.eu-central-1.amazonaws.com/123456789012/pending?token=${PASSWORD}`,
] as [string, ...string[]];

/** Environments: a configuration, or an error that lists what is wrong, and that never repeats a password. */
export function configurationTarget(parse: (env: Environment) => Config = parseConfig): Target {
  return {
    name: 'configuration',
    run: (random) => {
      const env = anEnvironment(random);
      const outcome = outcomeOf(env, parse);
      checkPrototypes();
      return { outcome, inputBytes: Buffer.byteLength(JSON.stringify(env)) };
    },
  };
}

function outcomeOf(env: Environment, parse: (env: Environment) => Config): string {
  let config: Config;
  try {
    config = parse(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    check(
      error.problems.length > 0 && error.problems.every((problem) => problem.length > 10),
      'each problem is a sentence',
    );
    check(!error.message.includes(PASSWORD), 'no password is repeated');
    return 'refused';
  }
  check(!JSON.stringify(config).includes(PASSWORD), 'no configuration holds a password');
  const { client, decisions, concurrency, maxLeases, queueWait, source } = config.run;
  const numbers = [
    concurrency,
    maxLeases,
    queueWait,
    client.attemptTimeout,
    client.retries,
    client.requestsPerSecond,
  ];
  const { schedule, maxAge, unknownJobGrace } = decisions;
  const { share, floor, ceiling, jitter } = schedule;
  const all = [...numbers, maxAge, unknownJobGrace, share, floor, ceiling, jitter];
  check(
    all.every((value) => Number.isFinite(value) && value >= 0),
    'every number is finite and positive',
  );
  check(floor <= ceiling && ceiling < 2 ** 31, 'a delay fits a timer');
  check(config.run.isAllowedBucket(source.bucket), 'the source bucket is allowed');
  for (const endpoint of Object.values(client.endpoints))
    check(endpoint.href === `${endpoint.origin}/`, 'an endpoint is an origin');
  return 'accepted';
}

function anEnvironment(random: Random): Environment {
  const env: Record<string, string | undefined> = { ...WHOLE };
  for (const name of NAMES) if (random.oneIn(6)) Reflect.deleteProperty(env, name);
  for (let changes = random.below(4); changes > 0; changes -= 1) {
    const name = random.pick(NAMES);
    env[name] = aValue(WHOLE[name] ?? '', random);
  }
  return env;
}

function aValue(usual: string, random: Random): string {
  switch (random.below(5)) {
    case 0:
      return random.pick(URLS_WITH_PASSWORD);
    case 1:
      return random.pick(HOSTILE_TEXTS);
    case 2:
      return WHOLE[random.pick(NAMES)] ?? '';
    case 3:
      return String(random.below(10 ** random.below(9)) / 10 ** random.below(4));
    default:
      return hostileName(usual, random);
  }
}
