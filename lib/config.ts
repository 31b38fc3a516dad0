import { ConfigError } from './config-error.js';
import { DEFAULT_BACKOFF } from './cos/backoff.js';
import type { EndpointOverrides } from './cos/hosts.js';
import { DEFAULT_RETRY_BUDGET } from './cos/retry-budget.js';
import { appIdOf, parseBucketName, parseRegion, type BucketName, type Region } from './domain/names.js';
import { millis, seconds, type Millis } from './domain/units.js';
import { parseKeyTemplate, type KeyTemplate } from './manifest/index.js';
import { DEFAULT_MAX_AGE, DEFAULT_UNKNOWN_JOB_GRACE, LONGEST_MAX_AGE, OUTAGE_GRACE } from './poller/decide.js';
import type { RunPolicy } from './poller/run.js';
import { DEFAULT_SCHEDULE, MAX_LOOKS, worstCaseLooks, type SchedulePolicy } from './poller/schedule.js';
import { parseQueueUrl, type QueueAddress } from './queue/open-queue.js';
import { LOG_LEVELS, type LogLevel } from './telemetry/log.js';

/** Environment variables as the platform hands them over. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What is set from outside, checked as a whole. */
export interface Config {
  readonly queue: QueueAddress;
  readonly run: RunPolicy;
  readonly logLevel: LogLevel;
}

/** Takes `*-<APPID>` for all buckets of an account. */
const ALL_OF_APP_ID = /^\*-(\d{5,15})$/;

/**
 * Reads the configuration from the environment. `docs/configuration.md` lists every variable with its default and why.
 *
 * @throws ConfigError listing everything that is wrong, each with what to do about it.
 */
export function parseConfig(env: Environment): Config {
  const read = new Reader(env);
  const source = {
    bucket: read.required('SOURCE_BUCKET', 'a bucket name with its APPID, such as docs-1250000000', parseBucketName),
    region: read.required('SOURCE_REGION', 'a region such as ap-beijing', parseRegion),
  };
  const schedule: SchedulePolicy = {
    share: read.number('DELAY_SHARE', DEFAULT_SCHEDULE.share, { min: 0.01, max: 1 }),
    floor: read.seconds('DELAY_FLOOR_SECONDS', DEFAULT_SCHEDULE.floor, { min: 1, max: 3_600 }),
    ceiling: read.seconds('DELAY_CEILING_SECONDS', DEFAULT_SCHEDULE.ceiling, { min: 1, max: 43_200 }),
    jitter: read.number('DELAY_JITTER', DEFAULT_SCHEDULE.jitter, { min: 0.05, max: 0.9 }),
  };
  const maxAge = read.seconds('MAX_AGE_SECONDS', DEFAULT_MAX_AGE, { min: 1, max: LONGEST_MAX_AGE / 1_000 });
  checkLooks(schedule, maxAge, read);

  const config = {
    queue: readQueue(read, source),
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    run: {
      client: {
        endpoints: readEndpoints(read),
        attemptTimeout: millis(read.integer('REQUEST_TIMEOUT_MS', 5_000, { min: 100, max: 60_000 })),
        retries: read.integer('REQUEST_RETRIES', 3, { min: 0, max: 10 }),
        backoff: DEFAULT_BACKOFF,
        retryBudget: DEFAULT_RETRY_BUDGET,
        requestsPerSecond: read.number('REQUESTS_PER_SECOND', 50, { min: 0.1, max: 10_000 }),
        maxBodyBytes: read.integer('MAX_RESPONSE_BYTES', 16 * 1024 * 1024, { min: 64 * 1024, max: 256 * 1024 * 1024 }),
      },
      decisions: {
        schedule,
        maxAge,
        unknownJobGrace: read.seconds('UNKNOWN_JOB_GRACE_SECONDS', DEFAULT_UNKNOWN_JOB_GRACE, { min: 0, max: maxAge / 1_000 }),
      },
      source,
      isAllowedBucket: readAllowedBuckets(read, source.bucket),
      keyTemplate: readKeyTemplate(read),
      concurrency: read.integer('CONCURRENCY', 16, { min: 1, max: 256 }),
      maxLeases: read.integer('MAX_LEASES_PER_RUN', 2_000, { min: 1, max: 100_000 }),
      queueWait: read.seconds('QUEUE_WAIT_SECONDS', seconds(1), { min: 0, max: 20 }),
    },
  };
  read.finish();
  return config;
}

function checkLooks(schedule: SchedulePolicy, maxAge: Millis, read: Reader): void {
  if (schedule.floor > schedule.ceiling) {
    read.problem('DELAY_FLOOR_SECONDS is greater than DELAY_CEILING_SECONDS: no delay can be both');
    return;
  }
  const looks = worstCaseLooks(schedule, millis(maxAge + OUTAGE_GRACE));
  if (looks >= MAX_LOOKS) {
    read.problem(
      `a job could be looked at ${looks} times, but a queue gives it up after about ${MAX_LOOKS}: ` +
        'raise DELAY_CEILING_SECONDS or DELAY_SHARE, or lower MAX_AGE_SECONDS',
    );
  }
}

function readEndpoints(read: Reader): EndpointOverrides {
  const cos = read.optional('COS_ENDPOINT', 'an http or https origin such as http://127.0.0.1:9000', parseOrigin);
  const ci = read.optional('CI_ENDPOINT', 'an http or https origin such as http://127.0.0.1:9000', parseOrigin);
  return { ...(cos === undefined ? {} : { cos }), ...(ci === undefined ? {} : { ci }) };
}

/** By default the buckets of the source bucket's own account: another one's need to be named. */
function readAllowedBuckets(read: Reader, source: BucketName): (bucket: BucketName) => boolean {
  const names = new Set<string>();
  const appIds = new Set<string>();
  const text = read.text('ALLOWED_BUCKETS') ?? `*-${appIdOf(source)}`;
  for (const entry of text.split(',').map((part) => part.trim())) {
    const appId = ALL_OF_APP_ID.exec(entry)?.[1];
    if (appId !== undefined) appIds.add(appId);
    else if (parseBucketName(entry) !== undefined) names.add(entry);
    else read.problem(`ALLOWED_BUCKETS has the entry ${JSON.stringify(entry)}: expected a bucket name or *-<APPID>, separated by commas`);
  }
  return (bucket) => names.has(bucket) || appIds.has(appIdOf(bucket));
}

function parseOrigin(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search + url.hash + url.username === '';
  return isOrigin ? url : undefined;
}
