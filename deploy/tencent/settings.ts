import { parseConfig } from '../../lib/config.js';
import { ConfigError } from '../../lib/config-error.js';
import { parseBucketName, parseRegion } from '../../lib/domain/names.js';
import { EnvReader, type Environment } from '../../lib/env-reader.js';
import type { TencentProvider } from './service.js';

/** What a deployment to Tencent Cloud is told by its environment. */
export interface TencentSettings {
  readonly region: string;
  readonly runtime: string;
  /** The CAM role of a function. */
  readonly roleOf: (functionName: string) => string;
  /** Runs of the poll function at a time. */
  readonly concurrentRuns: number;
  readonly vpc?: NonNullable<TencentProvider['vpc']>;
  readonly logs?: NonNullable<TencentProvider['logs']>;
  /** The run-time variables, checked as the functions will check them. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Run-time variables that are handed on as they are (docs/configuration.md). */
const HANDED_ON = [
  'QUEUE_URL',
  'DEAD_LETTER_QUEUE_URL',
  'SOURCE_BUCKET',
  'SOURCE_REGION',
  'ALLOWED_BUCKETS',
  'MANIFEST_KEY',
  'MAX_AGE_SECONDS',
  'UNKNOWN_JOB_GRACE_SECONDS',
  'DELAY_SHARE',
  'DELAY_FLOOR_SECONDS',
  'DELAY_CEILING_SECONDS',
  'DELAY_JITTER',
  'CONCURRENCY',
  'REQUESTS_PER_SECOND',
  'REQUEST_TIMEOUT_MS',
  'REQUEST_RETRIES',
  'MAX_LEASES_PER_RUN',
  'QUEUE_WAIT_SECONDS',
  'LOG_LEVEL',
] as const;

/** Stands in for what is not set, so that a missing bucket is one problem and not three. */
const STAND_IN = { bucket: 'bucket-1250000000', region: 'ap-beijing' };

/** SCF, product 583, page 11637, "Quota limits". */
const MAX_ENVIRONMENT_BYTES = 4_096;

/**
 * Reads the settings of a deployment. The queue is the bucket queue in the source bucket unless `QUEUE_URL` says otherwise, and the allowed bucket is
 * the source bucket alone, so that a policy can name it.
 *
 * @throws ConfigError listing everything that is missing or wrong, in the settings and in the run-time variables alike.
 */
export function readTencentSettings(env: Environment): TencentSettings {
  const read = new EnvReader(env);
  const region = read.optional('TENCENT_REGION', 'a region such as ap-beijing', parseRegion);
  const runtime = read.optional('SCF_RUNTIME', 'a runtime such as Nodejs20.19', matching(/^Nodejs\d+\.\d+$/));
  const role =
    read.optional(
      'EXECUTION_ROLE',
      "a CAM role's name, perhaps with ${function} in it",
      matching(/^(?:[\w+=,.@-]|\$\{function\})+$/),
    ) ?? 'docjob-${function}';
  const concurrentRuns = read.integer('CONCURRENT_RUNS', 1, { min: 1, max: 100 });
  const vpc = readPair(read, ['VPC_ID', 'SUBNET_ID'], (vpcId, subnetId) => ({ vpcId, subnetId }));
  const logs = readPair(read, ['CLS_LOGSET_ID', 'CLS_TOPIC_ID'], (logsetId, topicId) => ({
    logsetId,
    topicId,
  }));
  const variables = readVariables(read);
  if (read.problems.length > 0) throw withoutStack(new ConfigError(read.problems));
  return {
    region: region ?? read.text('SOURCE_REGION') ?? STAND_IN.region,
    runtime: runtime ?? 'Nodejs20.19',
    roleOf: (functionName) => role.replaceAll('${function}', functionName),
    concurrentRuns,
    ...(vpc === undefined ? {} : { vpc }),
    ...(logs === undefined ? {} : { logs }),
    variables,
  };
}

function readVariables(read: EnvReader): Readonly<Record<string, string>> {
  const given = Object.fromEntries(
    HANDED_ON.map((name) => [name, read.text(name)]).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  const bucket = parseBucketName(given['SOURCE_BUCKET'] ?? '') ?? STAND_IN.bucket;
  const region = parseRegion(given['SOURCE_REGION'] ?? '') ?? STAND_IN.region;
  const variables = {
    QUEUE_URL: `cos://${bucket}.${region}/docjob/pending/`,
    DEAD_LETTER_QUEUE_URL: `cos://${bucket}.${region}/docjob/dead/`,
    ALLOWED_BUCKETS: bucket,
    ...given,
  };
  try {
    parseConfig(variables);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) read.problem(problem);
  }
  return variables;
}

/** Two settings that make sense together only. */
function readPair<T>(
  read: EnvReader,
  [first, second]: readonly [string, string],
  make: (first: string, second: string) => T,
): T | undefined {
  const [one, other] = [read.text(first), read.text(second)];
  if (one !== undefined && other !== undefined) return make(one, other);
  if (one !== undefined) read.problem(`${first} is set but ${second} is not: set both or neither`);
  if (other !== undefined) read.problem(`${second} is set but ${first} is not: set both or neither`);
  return undefined;
}

/** The framework prints the stack of whatever `serverless.ts` throws; the list of problems says all there is to say. */
function withoutStack(error: ConfigError): ConfigError {
  error.stack = error.message;
  return error;
}

/** What is wrong with the environment of a function, in words that continue its name; undefined when nothing is. */
export function environmentProblem(variables: Readonly<Record<string, string>>): string | undefined {
  const bytes = Buffer.byteLength(
    Object.entries(variables)
      .map(([name, value]) => name + value)
      .join(''),
  );
  if (bytes <= MAX_ENVIRONMENT_BYTES) return undefined;
  return `has run-time variables of ${bytes} bytes, but SCF takes ${MAX_ENVIRONMENT_BYTES}: shorten ALLOWED_BUCKETS or other long values`;
}

function matching(pattern: RegExp): (text: string) => string | undefined {
  return (text) => (pattern.test(text) ? text : undefined);
}
