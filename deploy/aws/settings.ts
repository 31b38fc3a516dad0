import type { EnvReader, Environment } from '../../lib/env-reader.js';
import {
  parseSecretName,
  readStoredCredentials,
  type StoredCredentials,
} from '../../lib/platform/credentials-place.js';
import { environmentProblem } from '../environment.js';
import { readRunTime, type RunTime } from '../run-time.js';
import type { CommonSettings } from '../settings.js';
import { physicalName } from './names.js';

/** Node versions that Lambda creates functions with; 20 is blocked since June 2026 (AWS Lambda documentation, "Lambda runtimes"). */
const RUNTIMES = ['nodejs22.x', 'nodejs24.x'] as const;

/** What CloudWatch Logs takes, up to two years (API Reference, PutRetentionPolicy). */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] as const;

export type LambdaRuntime = (typeof RUNTIMES)[number];
export type RetentionDays = (typeof RETENTION_DAYS)[number];

/** What calls the poll function. */
export type Mode =
  /** A schedule; each run leases what is due. */
  | { readonly kind: 'timer' }
  /** Lambda reads the queue itself, calls the function with batches, and scales it. */
  | { readonly kind: 'event-source'; readonly batchSize: number; readonly batchWindowSeconds: number };

/** Where the Tencent key pair is kept. */
export interface CredentialsPlace extends StoredCredentials {
  /** The key that encrypts it, where that is not AWS's own. */
  readonly kmsKeyArn: string | undefined;
}

/** What is told of alarms. */
export type AlarmTarget =
  | { readonly kind: 'none' }
  /** An SNS topic that is there already. */
  | { readonly kind: 'topic'; readonly arn: string }
  /** A topic of the deployment's own, with this subscriber. */
  | { readonly kind: 'email'; readonly address: string };

/** What is set about a deployment to AWS. `docs/deploy-aws.md` lists every variable with its default and why. */
export interface AwsSettings extends CommonSettings {
  readonly cloud: 'aws';
  readonly region: string;
  readonly runtime: LambdaRuntime;
  readonly mode: Mode;
  /** Runs that may overlap. */
  readonly maxConcurrentRuns: number;
  /** Whether Lambda holds them to that by reserved concurrency. */
  readonly reserveConcurrency: boolean;
  readonly credentials: CredentialsPlace;
  /** The secret of the Secrets Manager that holds `CALLBACK_SECRET`; undefined where no callback function is deployed. */
  readonly callbackSecret: string | undefined;
  /** The key for the queues, where that is not SQS's own. */
  readonly queueKmsKeyArn: string | undefined;
  readonly logRetentionDays: RetentionDays;
  readonly alarms: AlarmTarget;
  /** When the age of the oldest waiting job raises an alarm; undefined for what follows from the schedule. */
  readonly pendingAgeAlarmSeconds: number | undefined;
  readonly runTime: RunTime;
}

const CREDENTIALS_VARIABLES = ['TENCENT_CREDENTIALS_PARAMETER', 'TENCENT_CREDENTIALS_SECRET'] as const;

const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;
const KMS_KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;
const SECONDS = 'whole seconds, 60 or more';
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Reads what is set about a deployment to AWS; undefined with the problems noted in `read`. */
export function readAwsSettings(
  env: Environment,
  read: EnvReader,
  common: CommonSettings,
): AwsSettings | undefined {
  const region = read.required(
    'AWS_REGION',
    'the AWS region to deploy to, such as eu-central-1',
    matching(REGION),
  );
  const mode = readMode(read);
  const credentials = readCredentials(read);
  const settings = {
    runtime: readRuntime(read),
    reserveConcurrency: read.oneOf('RESERVE_CONCURRENCY', ['yes', 'no'], 'yes') === 'yes',
    queueKmsKeyArn: readArn(read, 'QUEUE_KMS_KEY_ARN', KMS_KEY_ARN, 'a KMS key'),
    logRetentionDays: readRetention(read),
    alarms: readAlarmTarget(read),
    callbackSecret: read.optional('CALLBACK_SECRET_NAME', "a secret's name", parseSecretName),
    pendingAgeAlarmSeconds: read.optional('PENDING_AGE_ALARM_SECONDS', SECONDS, parseSeconds),
  };
  const given = queueStandIns(region ?? 'us-east-1', common);
  const runTime = readRunTime(env, { given, neverPassed: /^AWS_/ }, read);
  if (runTime !== undefined) {
    checkMode(mode, runTime, read);
    const problem = environmentProblem({ ...runTime.variables, ...given }, 'Lambda');
    if (problem !== undefined) read.problem(`each function ${problem}`);
  }
  checkCallback(settings.callbackSecret, read);
  if (region === undefined || credentials === undefined || runTime === undefined) return undefined;
  const { maxConcurrentRuns } = runTime.config;
  return { ...common, ...settings, cloud: 'aws', region, mode, credentials, maxConcurrentRuns, runTime };
}

/** What the queues' URLs will look like, for the check: they exist only once they are deployed. */
function queueStandIns(region: string, { stage }: CommonSettings): Record<string, string> {
  const account = `https://sqs.${region}.amazonaws.com/000000000000`;
  return {
    QUEUE_URL: `${account}/${physicalName(stage, 'pending')}`,
    DEAD_LETTER_QUEUE_URL: `${account}/${physicalName(stage, 'dead-letters')}`,
  };
}

/** Whoever sets the secret itself, as for Tencent Cloud, would wait for a function that is not deployed. */
function checkCallback(secretName: string | undefined, read: EnvReader): void {
  if (secretName !== undefined || read.text('CALLBACK_SECRET') === undefined) return;
  read.problem(
    'CALLBACK_SECRET is set, but no template may hold it: store it in the Secrets Manager, and set CALLBACK_SECRET_NAME to its name',
  );
}

function readRuntime(read: EnvReader): LambdaRuntime {
  if (read.text('LAMBDA_RUNTIME') !== 'nodejs20.x')
    return read.oneOf('LAMBDA_RUNTIME', RUNTIMES, 'nodejs22.x');
  read.problem(
    `LAMBDA_RUNTIME is nodejs20.x, which Lambda takes no more since June 2026: use one of ${RUNTIMES.join(', ')}`,
  );
  return 'nodejs22.x';
}

function readMode(read: EnvReader): Mode {
  const kind = read.oneOf('MODE', ['timer', 'event-source'], 'timer');
  if (kind === 'timer') return { kind };
  const batchWindowSeconds = read.integer('BATCH_WINDOW_SECONDS', 5, { min: 0, max: 300 });
  const batchSize = read.integer('BATCH_SIZE', 10, { min: 1, max: 10_000 });
  if (batchSize > 10 && batchWindowSeconds === 0) {
    read.problem('BATCH_SIZE above 10 needs BATCH_WINDOW_SECONDS of 1 or more: AWS gathers no more at once');
  }
  return { kind, batchSize, batchWindowSeconds };
}

function checkMode(mode: Mode, { config }: RunTime, read: EnvReader): void {
  if (mode.kind === 'timer') return;
  if (config.maxConcurrentRuns < 2) {
    read.problem('MODE=event-source needs MAX_CONCURRENT_RUNS of 2 or more: AWS scales to no fewer');
  }
  if (mode.batchSize > config.run.maxLeases) {
    read.problem('BATCH_SIZE is above MAX_LEASES_PER_RUN: a run would leave the rest of its batch untouched');
  }
}

function readCredentials(read: EnvReader): CredentialsPlace | undefined {
  const stored = readStoredCredentials(read);
  const kmsKeyArn = readArn(read, 'TENCENT_CREDENTIALS_KMS_KEY_ARN', KMS_KEY_ARN, 'a KMS key');
  const isNamed = CREDENTIALS_VARIABLES.some((name) => read.text(name) !== undefined);
  if (!isNamed) {
    read.problem(
      `neither ${CREDENTIALS_VARIABLES.join(' nor ')} is set: store the Tencent key pair in the Parameter Store or in the ` +
        'Secrets Manager, and set one of them to its name',
    );
  }
  return stored === undefined ? undefined : { ...stored, kmsKeyArn };
}

function readAlarmTarget(read: EnvReader): AlarmTarget {
  const arn = readArn(read, 'ALARM_TOPIC_ARN', TOPIC_ARN, 'an SNS topic');
  const address = read.optional('ALARM_EMAIL', 'an e-mail address', matching(EMAIL));
  if (arn !== undefined && address !== undefined) {
    read.problem('ALARM_TOPIC_ARN and ALARM_EMAIL are both set: unset one');
  }
  if (arn !== undefined) return { kind: 'topic', arn };
  return address === undefined ? { kind: 'none' } : { kind: 'email', address };
}

function readRetention(read: EnvReader): RetentionDays {
  const days = RETENTION_DAYS.join(', ');
  const parse = (text: string) => RETENTION_DAYS.find((choice) => String(choice) === text);
  return read.optional('LOG_RETENTION_DAYS', `one of ${days}`, parse) ?? 30;
}

function readArn(read: EnvReader, name: string, pattern: RegExp, what: string): string | undefined {
  return read.optional(name, `the ARN of ${what}`, matching(pattern));
}

function matching(pattern: RegExp): (text: string) => string | undefined {
  return (text) => (pattern.test(text) ? text : undefined);
}

function parseSeconds(text: string): number | undefined {
  return /^\d{2,7}$/.test(text) && Number(text) >= 60 ? Number(text) : undefined;
}
