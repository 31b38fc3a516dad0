import { readSecrets } from '../../lib/callback/config.js';
import { parseBucketName, parseRegion } from '../../lib/domain/names.js';
import type { Environment, EnvReader } from '../../lib/env-reader.js';
import { parseQueueUrl } from '../../lib/queue/open-queue.js';
import { readRunTime, type RunTime } from '../run-time.js';
import type { CommonSettings } from '../settings.js';
import { CMQ_AS_DEPLOYED } from './cmq-queue.js';
import type { TencentProvider } from './service.js';

/** What is set about a deployment to Tencent Cloud. `docs/deploy-tencent.md` lists every variable with its default and why. */
export interface TencentSettings extends CommonSettings {
  readonly cloud: 'tencent';
  readonly region: string;
  readonly runtime: string;
  /** The CAM role of a function. */
  readonly roleOf: (functionName: string) => string;
  /** Runs of the poll function that may overlap. */
  readonly maxConcurrentRuns: number;
  readonly vpc: TencentProvider['vpc'];
  readonly logs: TencentProvider['logs'];
  /** Objects that are created in the source bucket below it go to the submit function; undefined where none do. */
  readonly submitPrefix: string | undefined;
  /** What the path of CI's callbacks must hold; undefined where no callback function is deployed. */
  readonly callbackSecret: string | undefined;
  /** Cloud Monitor's notice templates that alarms go to; none: the account's preset one. */
  readonly alarmNoticeIds: readonly string[];
  /** The run-time variables, checked as the functions will check them. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Stands in for what is not set, so that a missing bucket is one problem and not three. */
const STAND_IN = { bucket: 'bucket-1250000000', region: 'ap-beijing' };

/** Set by the platform, or meant for the tools of whoever deploys. */
const NEVER_PASSED = /^(?:AWS_|TENCENTCLOUD_|SCF_|QCLOUD_)/;

/** IDs of notice templates (DescribeAlarmNotices), separated by commas. */
const NOTICE_IDS = /^notice-[a-z0-9]+(?:,notice-[a-z0-9]+)*$/;

const ROLE = /^(?:[A-Za-z0-9+=,.@_-]|\$\{function\})+$/;

/**
 * Reads what is set about a deployment to Tencent Cloud; undefined with the problems noted in `read`. The queue is the bucket queue in the source bucket
 * unless `QUEUE_URL` says otherwise, and the allowed bucket is the source bucket alone, so that a policy can name it.
 */
export function readTencentSettings(
  env: Environment,
  read: EnvReader,
  { stage }: CommonSettings,
): TencentSettings | undefined {
  const source = parseRegion(read.text('SOURCE_REGION') ?? '') ?? STAND_IN.region;
  const region = read.optional('TENCENT_REGION', 'a region such as ap-beijing', parseRegion) ?? source;
  const runtime = read.optional('SCF_RUNTIME', 'a runtime such as Nodejs20.19', matching(/^Nodejs\d+\.\d+$/));
  const role = read.optional(
    'EXECUTION_ROLE',
    "a CAM role's name, perhaps with ${function} in it",
    matching(ROLE),
  );
  const submitPrefix = read.text('SUBMIT_PREFIX');
  if (submitPrefix !== undefined && region !== source) {
    read.problem(
      `SUBMIT_PREFIX is set, but TENCENT_REGION is ${region} and SOURCE_REGION ${source}: COS calls functions of its own region only`,
    );
  }
  const noticeIds = read.optional(
    'ALARM_NOTICE_IDS',
    'IDs of notice templates such as notice-f2svbu3w, separated by commas',
    parseNoticeIds,
  );
  const settings = {
    alarmNoticeIds: noticeIds ?? [],
    runtime: runtime ?? 'Nodejs20.19',
    roleOf: (functionName: string) => (role ?? 'docjob-${function}').replaceAll('${function}', functionName),
    vpc: readPair(read, ['VPC_ID', 'SUBNET_ID'], (vpcId, subnetId) => ({ vpcId, subnetId })),
    logs: readPair(read, ['CLS_LOGSET_ID', 'CLS_TOPIC_ID'], (logsetId, topicId) => ({ logsetId, topicId })),
    callbackSecret: read.text('CALLBACK_SECRET'),
  };
  if (settings.callbackSecret !== undefined) readSecrets(read);
  else if (read.text('CALLBACK_SECRET_NAME') !== undefined) {
    read.problem(
      'CALLBACK_SECRET_NAME is set, but names a secret of AWS: set CALLBACK_SECRET to the secret itself',
    );
  }
  const runTime = readVariables(env, read);
  if (runTime === undefined) return undefined;
  const { config, variables } = runTime;
  if (config.queue.queue.kind === 'sqs')
    read.problem('QUEUE_URL is a queue of SQS, for which SCF has no identity: use one of cos:// or cmq://');
  if (config.notices?.queue.kind === 'sqs')
    read.problem('NOTICE_QUEUE_URL is a queue of SQS, for which SCF has no identity: use one of cmq://');
  const { maxConcurrentRuns } = config;
  return { ...settings, cloud: 'tencent', stage, region, submitPrefix, maxConcurrentRuns, variables };
}

function readVariables(env: Environment, read: EnvReader): RunTime | undefined {
  const bucket = parseBucketName(read.text('SOURCE_BUCKET') ?? '') ?? STAND_IN.bucket;
  const region = parseRegion(read.text('SOURCE_REGION') ?? '') ?? STAND_IN.region;
  const defaults = {
    QUEUE_URL: `cos://${bucket}.${region}/docjob/pending/`,
    DEAD_LETTER_QUEUE_URL: `cos://${bucket}.${region}/docjob/dead/`,
    ALLOWED_BUCKETS: bucket,
    ...(parseQueueUrl(read.text('QUEUE_URL') ?? '').kind === 'cmq' ? CMQ_AS_DEPLOYED : {}),
  };
  return readRunTime(env, { defaults, neverPassed: NEVER_PASSED }, read);
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

function parseNoticeIds(text: string): readonly string[] | undefined {
  const ids = text.replaceAll(' ', '');
  return NOTICE_IDS.test(ids) ? [...new Set(ids.split(','))] : undefined;
}

function matching(pattern: RegExp): (text: string) => string | undefined {
  return (text) => (pattern.test(text) ? text : undefined);
}
