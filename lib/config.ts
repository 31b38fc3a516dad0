import { ConfigError } from './config-error.js';
import { DEFAULT_BACKOFF } from './cos/backoff.js';
import type { CosClientPolicy } from './cos/client.js';
import type { EndpointOverrides } from './cos/hosts.js';
import { DEFAULT_RETRY_BUDGET } from './cos/retry-budget.js';
import { MAX_ANSWER_BYTES } from './doc-jobs/decode.js';
import {
  appIdOf,
  parseAwsRegion,
  parseBucketName,
  parseRegion,
  type BucketName,
  type Region,
} from './domain/names.js';
import { millis, seconds, type Millis } from './domain/units.js';
import { EnvReader, shown, type Environment } from './env-reader.js';
import { parseKeyTemplate, type KeyTemplate } from './manifest/location.js';
import {
  DEFAULT_MAX_AGE,
  DEFAULT_UNKNOWN_JOB_GRACE,
  LONGEST_MAX_AGE,
  OUTAGE_GRACE,
  type DecisionPolicy,
} from './poller/decide.js';
import { nextLookTime } from './poller/look-times.js';
import { timeForALook } from './poller/budget.js';
import type { RunPolicy } from './poller/run-policy.js';
import { DEFAULT_SCHEDULE, MAX_LOOKS, worstCaseLooks, type SchedulePolicy } from './poller/schedule.js';
import { DEFAULT_SWEEP } from './poller/sweep-plan.js';
import { DEFAULT_CMQ_SETTINGS, LEASE_SLACK, longestDelay } from './queue/cmq-times.js';
import {
  parseQueueUrl,
  type CmqQueueConfig,
  type QueueAddress,
  type QueueConfig,
  type QueueKind,
} from './queue/open-queue.js';
import { LOG_LEVELS, type LogLevel } from './telemetry/log.js';
import { METRIC_FORMATS, type MetricFormat } from './telemetry/metrics.js';

/** What is set from outside, checked as a whole. */
export interface Config {
  readonly queue: QueueConfig;
  readonly run: RunPolicy;
  /** Runs that may overlap, which `REQUESTS_PER_SECOND` is shared out to. */
  readonly maxConcurrentRuns: number;
  readonly logLevel: LogLevel;
  /** As the platform reads them where it is not set. */
  readonly metrics: MetricFormat | undefined;
}

/** What is set about COS and CI alone: for those who work without a queue. */
export type ServiceConfig = Pick<RunPolicy, 'client' | 'source' | 'isAllowedBucket' | 'keyTemplate'>;

/** SQS answers in some ten milliseconds; what is kept free for settling at the end of a run must hold several calls. */
const QUEUE_REQUEST_TIMEOUT: Millis = seconds(1);

/** Requests a second: at fewer, a run of a minute would hardly get past its probe. */
const LEAST_PACE = 0.1;

/** Takes `*-<APPID>` for all buckets of an account. */
const ALL_OF_APP_ID = /^\*-(\d{5,15})$/;

/**
 * Reads the configuration from the environment. `docs/configuration.md` lists every variable with its default and why.
 *
 * @throws ConfigError listing everything that is wrong, each with what to do about it.
 */
export function parseConfig(env: Environment): Config {
  const read = new EnvReader(env);
  const config = readConfig(read);
  if (config === undefined) throw new ConfigError(read.problems);
  return config;
}

/**
 * Reads from the same environment what COS and CI are asked with: no queue needs to be set.
 *
 * @throws ConfigError as {@link parseConfig} does, about the variables that it reads.
 */
export function parseServiceConfig(env: Environment): ServiceConfig {
  const read = new EnvReader(env);
  const { bucket, region } = readSource(read);
  const keyTemplate = readKeyTemplate(read);
  const isAllowedBucket = readAllowedBuckets(read, bucket);
  const client = readClient(read, readConcurrentRuns(read));
  const isWhole = bucket && region && keyTemplate;
  if (read.problems.length > 0 || !isWhole) throw new ConfigError(read.problems);
  return { client, source: { bucket, region }, isAllowedBucket, keyTemplate };
}

/** As {@link parseConfig}, for those who read more than it does; undefined, with the problems noted, when it is not usable. */
export function readConfig(read: EnvReader): Config | undefined {
  const { bucket, region } = readSource(read);
  const kind = read.optional('QUEUE_KIND', '"sqs" or nothing', (text) => (text === 'sqs' ? text : undefined));
  const queue = readQueue(read, 'QUEUE_URL', 'the URL of the queue of pending jobs', kind);
  const deadLetters = readQueue(
    read,
    'DEAD_LETTER_QUEUE_URL',
    'the URL of the queue for jobs that were given up',
    kind,
  );
  if (queue && deadLetters && queue.kind !== deadLetters.kind) {
    read.problem(
      `QUEUE_URL is a ${queue.kind} queue and DEAD_LETTER_QUEUE_URL a ${deadLetters.kind} one: use two of a kind`,
    );
  }
  const awsEndpoint = read.origin('AWS_ENDPOINT_URL_SQS') ?? read.origin('AWS_ENDPOINT_URL');
  const awsRegion = read.optional('AWS_REGION', 'an AWS region such as eu-central-1', parseAwsRegion);
  const keyTemplate = readKeyTemplate(read);
  checkManifestKey(keyTemplate, [queue, deadLetters], read);
  const isAllowedBucket = readAllowedBuckets(read, bucket);
  const maxConcurrentRuns = readConcurrentRuns(read);
  const client = readClient(read, maxConcurrentRuns);
  const decisions = readDecisions(read);
  const logLevel = read.oneOf('LOG_LEVEL', LOG_LEVELS, 'info');
  const metrics = read.optional('METRICS', `one of ${METRIC_FORMATS.join(', ')}`, (text) =>
    METRIC_FORMATS.find((format) => format === text),
  );
  const concurrency = read.integer('CONCURRENCY', 16, { min: 1, max: 256 });
  const maxLeases = read.integer('MAX_LEASES_PER_RUN', 2_000, { min: 1, max: 100_000 });
  const sweep = read.oneOf('SWEEP', ['on', 'off'], 'on') === 'on' ? { sweep: DEFAULT_SWEEP } : {};
  const queueWait = read.seconds('QUEUE_WAIT_SECONDS', seconds(1), { min: 0, max: 20 });
  const cmq = readCmq(read);
  if (queue?.kind === 'cmq') checkCmq(cmq, { decisions, client, queueWait }, read);

  const isWhole = bucket && region && queue && deadLetters && keyTemplate;
  if (read.problems.length > 0 || !isWhole) return undefined;
  const source = { bucket, region };
  return {
    queue: {
      queue,
      deadLetters,
      defaults: source,
      requestTimeout: QUEUE_REQUEST_TIMEOUT,
      awsRegion,
      awsEndpoint: awsEndpoint?.origin,
      client,
      nextLook: (waiting, since) => nextLookTime(waiting, since, decisions.schedule),
      cmq,
    },
    maxConcurrentRuns,
    logLevel,
    metrics,
    run: {
      client,
      decisions,
      source,
      isAllowedBucket,
      keyTemplate,
      concurrency,
      maxLeases,
      queueWait,
      ...sweep,
    },
  };
}

/** The bucket of bare job IDs, and of the probe. */
function readSource(read: EnvReader): { bucket: BucketName | undefined; region: Region | undefined } {
  return {
    bucket: read.required(
      'SOURCE_BUCKET',
      'a bucket name with its APPID, such as docs-1250000000',
      parseBucketName,
    ),
    region: read.required('SOURCE_REGION', 'a region such as ap-beijing', parseRegion),
  };
}

function readConcurrentRuns(read: EnvReader): number {
  return read.integer('MAX_CONCURRENT_RUNS', 1, { min: 1, max: 1_000 });
}

function readClient(read: EnvReader, maxConcurrentRuns: number): CosClientPolicy {
  const requestsPerSecond = read.number('REQUESTS_PER_SECOND', 50, { min: LEAST_PACE, max: 10_000 });
  if (requestsPerSecond / maxConcurrentRuns < LEAST_PACE) {
    read.problem(
      `REQUESTS_PER_SECOND ${requestsPerSecond} shared out to MAX_CONCURRENT_RUNS ${maxConcurrentRuns} leaves a run less than ` +
        `${LEAST_PACE} requests a second: raise the first or lower the second`,
    );
  }
  return {
    endpoints: readEndpoints(read),
    attemptTimeout: millis(read.integer('REQUEST_TIMEOUT_MS', 5_000, { min: 100, max: 60_000 })),
    retries: read.integer('REQUEST_RETRIES', 3, { min: 0, max: 10 }),
    backoff: DEFAULT_BACKOFF,
    retryBudget: DEFAULT_RETRY_BUDGET,
    requestsPerSecond: requestsPerSecond / maxConcurrentRuns,
    maxBodyBytes: MAX_ANSWER_BYTES,
  };
}

function readDecisions(read: EnvReader): DecisionPolicy {
  const schedule: SchedulePolicy = {
    share: read.number('DELAY_SHARE', DEFAULT_SCHEDULE.share, { min: 0.01, max: 1 }),
    floor: read.seconds('DELAY_FLOOR_SECONDS', DEFAULT_SCHEDULE.floor, { min: 1, max: 3_600 }),
    ceiling: read.seconds('DELAY_CEILING_SECONDS', DEFAULT_SCHEDULE.ceiling, { min: 1, max: 43_200 }),
    jitter: read.number('DELAY_JITTER', DEFAULT_SCHEDULE.jitter, { min: 0.05, max: 0.9 }),
  };
  const longest = LONGEST_MAX_AGE / 1_000;
  const maxAge = read.seconds('MAX_AGE_SECONDS', DEFAULT_MAX_AGE, { min: 1, max: longest });
  const unknownJobGrace = read.seconds('UNKNOWN_JOB_GRACE_SECONDS', DEFAULT_UNKNOWN_JOB_GRACE, {
    min: 0,
    max: longest,
  });
  checkLooks(schedule, millis(Math.max(maxAge + OUTAGE_GRACE, unknownJobGrace)), read);
  return { schedule, maxAge, unknownJobGrace };
}

function readCmq(read: EnvReader): CmqQueueConfig {
  const { maxUnacked, visibility } = DEFAULT_CMQ_SETTINGS;
  return {
    maxUnacked: read.seconds('CMQ_MAX_UNACKED_SECONDS', maxUnacked, { min: 30, max: 43_200 }),
    visibility: read.seconds('CMQ_VISIBILITY_SECONDS', visibility, { min: 1, max: 43_200 }),
    endpoint: read.origin('CMQ_ENDPOINT'),
  };
}

/** A message of CMQ is lost some time after it was sent: every delay and every lease must leave it time to be looked at (docs/adr/0002-cmq.md). */
function checkCmq(
  { maxUnacked, visibility }: CmqQueueConfig,
  { decisions, client, queueWait }: Pick<RunPolicy, 'decisions' | 'client' | 'queueWait'>,
  read: EnvReader,
): void {
  const longest = longestDelay({ maxUnacked });
  const { ceiling } = decisions.schedule;
  if (ceiling > longest) {
    read.problem(
      `DELAY_CEILING_SECONDS is ${ceiling / 1_000}, but a message that CMQ drops after ${maxUnacked / 1_000} seconds unacknowledged may wait for ` +
        `${longest / 1_000} at most: give the queue a longer time and set CMQ_MAX_UNACKED_SECONDS to it, or lower DELAY_CEILING_SECONDS`,
    );
  }
  if (visibility > maxUnacked / 4) {
    read.problem(
      `CMQ_VISIBILITY_SECONDS is ${visibility / 1_000}, more than a quarter of CMQ_MAX_UNACKED_SECONDS (${maxUnacked / 1_000}): ` +
        'a message that a killed run held would hardly be looked at again before CMQ drops it',
    );
  }
  const shortest = timeForALook(client.attemptTimeout) + queueWait + LEASE_SLACK;
  if (visibility < shortest) {
    read.problem(
      `CMQ_VISIBILITY_SECONDS is ${visibility / 1_000}, but a look needs a lease of ${shortest / 1_000} seconds: ` +
        'give the queue a longer visibility timeout, or lower REQUEST_TIMEOUT_MS',
    );
  }
}

/** @param longest how old a pending job can become under any rule */
function checkLooks(schedule: SchedulePolicy, longest: Millis, read: EnvReader): void {
  if (schedule.floor > schedule.ceiling) {
    read.problem('DELAY_FLOOR_SECONDS is greater than DELAY_CEILING_SECONDS: no delay can be both');
    return;
  }
  const looks = worstCaseLooks(schedule, longest);
  if (looks >= MAX_LOOKS) {
    read.problem(
      `a job could be looked at ${looks} times, but a queue gives it up after about ${MAX_LOOKS}: ` +
        'raise DELAY_CEILING_SECONDS or DELAY_SHARE, or lower MAX_AGE_SECONDS and UNKNOWN_JOB_GRACE_SECONDS',
    );
  }
}

function readEndpoints(read: EnvReader): EndpointOverrides {
  const cos = read.origin('COS_ENDPOINT');
  const ci = read.origin('CI_ENDPOINT');
  return { ...(cos === undefined ? {} : { cos }), ...(ci === undefined ? {} : { ci }) };
}

/** By default the buckets of the source bucket's own account: another one's need to be named. */
function readAllowedBuckets(
  read: EnvReader,
  source: BucketName | undefined,
): (bucket: BucketName) => boolean {
  const names = new Set<string>();
  const appIds = new Set<string>();
  const byDefault = source === undefined ? undefined : `*-${appIdOf(source)}`;
  for (const entry of (read.text('ALLOWED_BUCKETS') ?? byDefault ?? '')
    .split(',')
    .map((part) => part.trim())) {
    const appId = ALL_OF_APP_ID.exec(entry)?.[1];
    if (appId !== undefined) appIds.add(appId);
    else if (parseBucketName(entry) !== undefined) names.add(entry);
    else if (entry !== '')
      read.problem(
        `ALLOWED_BUCKETS has the entry ${shown(entry)}: expected a bucket name or *-<APPID>, separated by commas`,
      );
  }
  const isAllowed = (bucket: BucketName): boolean => names.has(bucket) || appIds.has(appIdOf(bucket));
  if (source !== undefined && !isAllowed(source)) {
    read.problem(
      `ALLOWED_BUCKETS does not allow SOURCE_BUCKET ${source}, whose jobs would all be given up: add it`,
    );
  }
  return isAllowed;
}

function readQueue(
  read: EnvReader,
  name: string,
  what: string,
  kind: QueueKind | undefined,
): QueueAddress | undefined {
  const text = read.required(name, what, (value) => value);
  if (text === undefined) return undefined;
  const address = parseQueueUrl(text, kind);
  if (address.kind !== 'refused') return address;
  read.problem(`${name}: ${address.problem}`);
  return undefined;
}

/** A manifest among the pending jobs would be taken for a message, and buried. */
function checkManifestKey(
  template: KeyTemplate | undefined,
  queues: readonly (QueueAddress | undefined)[],
  read: EnvReader,
): void {
  for (const queue of queues) {
    if (queue?.kind === 'cos' && template?.startsWith(queue.prefix) === true) {
      read.problem(
        `MANIFEST_KEY puts manifests into the folder of the queue ${queue.url}: use another folder`,
      );
    }
  }
}

function readKeyTemplate(read: EnvReader): KeyTemplate | undefined {
  const text = read.text('MANIFEST_KEY') ?? 'manifests/${jobId}.json';
  try {
    return parseKeyTemplate(text);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    read.problem(`MANIFEST_KEY is ${shown(text)}: ${error.message}`);
    return undefined;
  }
}
