import type { Environment } from '../lib/env-reader.js';

/** The variables that the functions and the command read (docs/configuration.md), which is what a profile may set. A test holds the list to what lib/ reads. */

/** A key pair is taken whole from one place: half of one and half of another would be refused, and a token belongs to its own pair. */
export const KEY_GROUPS = [
  [
    'TENCENTCLOUD_SECRETID',
    'TENCENTCLOUD_SECRETKEY',
    'TENCENTCLOUD_SESSIONTOKEN',
    'TENCENTCLOUD_SECRET_ID',
    'TENCENTCLOUD_SECRET_KEY',
    'TENCENTCLOUD_SESSION_TOKEN',
    'TENCENT_CREDENTIALS_PARAMETER',
    'TENCENT_CREDENTIALS_SECRET',
  ],
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'],
] as const satisfies readonly (readonly string[])[];

/** What must not be seen: warned about in a file that everybody can read, and taken out of whatever is printed. */
export const SECRETS = [
  'TENCENTCLOUD_SECRETKEY',
  'TENCENTCLOUD_SESSIONTOKEN',
  'TENCENTCLOUD_SECRET_KEY',
  'TENCENTCLOUD_SESSION_TOKEN',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'CALLBACK_SECRET',
] as const;

const PLAIN = [
  'QUEUE_URL',
  'DEAD_LETTER_QUEUE_URL',
  'NOTICE_QUEUE_URL',
  'QUEUE_KIND',
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
  'MAX_CONCURRENT_RUNS',
  'REQUEST_TIMEOUT_MS',
  'REQUEST_RETRIES',
  'MAX_LEASES_PER_RUN',
  'SWEEP',
  'QUEUE_WAIT_SECONDS',
  'CMQ_MAX_UNACKED_SECONDS',
  'CMQ_VISIBILITY_SECONDS',
  'LOG_LEVEL',
  'METRICS',
  'CALLBACK_SECRET',
  'OUTPUT_BUCKET',
  'OUTPUT_REGION',
  'OUTPUT_OBJECT',
  'OUTPUT_OBJECT_SHEETS',
  'TARGET_TYPE',
  'CI_QUEUE_ID',
  'SUBMIT_PREFIX',
  'SUBMIT_SUFFIXES',
  'COS_ENDPOINT',
  'CI_ENDPOINT',
  'CMQ_ENDPOINT',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_SQS',
  'AWS_ENDPOINT_URL_SSM',
  'AWS_REGION',
] as const;

/** Every variable that a profile may set. */
export const VARIABLES: ReadonlySet<string> = new Set<string>([...PLAIN, ...KEY_GROUPS.flat()]);

/** Whether a variable says anything: white space is as good as nothing, as lib/ has it. */
export function isSet(env: Environment, name: string): boolean {
  return (env[name] ?? '').trim() !== '';
}

/** `text` without the secrets that are set, should a message ever repeat one. */
export function withoutSecrets(text: string, env: Environment): string {
  return SECRETS.map((name) => env[name]?.trim() ?? '')
    .filter((secret) => secret.length > 3)
    .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
}
