import type { SigningCredentials } from '../../lib/cos-signer/index.js';
import { CredentialsError } from '../../lib/cos/errors/credentials-error.js';
import type { CredentialsProvider } from '../../lib/cos/credentials.js';
import type { Environment } from '../../lib/env-reader.js';
import type { QueueConfig } from '../../lib/queue/open-queue.js';
import { isSet } from '../variables.js';
import { findingsOf, type Finding } from './finding.js';

/** A secret ID of Tencent Cloud, long-lived or temporary: `AKID` and letters and digits (CAM; those of STS are longer and have a few more characters). */
const SECRET_ID = /^AKID[A-Za-z0-9_-]{12,}$/;

const { ok, warning, failed, skipped } = findingsOf('credentials');

/** The Tencent key pair: that it is there, where it is from and what it looks like. Never shows more than the ends of its ID. */
export async function checkTencentKey(
  settings: Environment,
  credentials: CredentialsProvider,
): Promise<readonly Finding[]> {
  const source = tencentSource(settings);
  try {
    return [judgeTencentKey(await credentials(), source)];
  } catch (error) {
    return [failed(error, `look at what ${source} holds; docs/configuration.md, "Credentials"`)];
  }
}

/** What a key pair that was found looks like. */
export function judgeTencentKey({ secretId, token }: SigningCredentials, source: string): Finding {
  const kind = token === undefined ? 'a long-lived key pair' : 'a temporary key pair with its token';
  const found = `${kind}, ${masked(secretId)}, from ${source}`;
  if (SECRET_ID.test(secretId)) return ok(found);
  return warning(
    `${found}: its ID does not begin with AKID as those of Tencent Cloud do`,
    'see that ID and key are not exchanged',
  );
}

/** The key that SQS is asked with, where that is the queue. */
export function checkAwsKey(queue: QueueConfig): readonly Finding[] {
  if (queue.queue.kind !== 'sqs') return [];
  try {
    const { accessKeyId, sessionToken } = queue.awsCredentials();
    const kind =
      sessionToken === undefined ? 'a long-lived AWS key' : 'a temporary AWS key with its session token';
    return [ok(`${kind}, ${masked(accessKeyId)}, from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`)];
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    return [failed(error, 'set the key that SQS is to be asked with')];
  }
}

/** What was not asked because there is no key to ask with. */
export function noKey(): Finding {
  return skipped('COS and CI were not asked: there is no usable key pair');
}

/** Which variables say the key pair, in the order in which they count. */
function tencentSource(settings: Environment): string {
  const names = [
    ['TENCENT_CREDENTIALS_PARAMETER'],
    ['TENCENT_CREDENTIALS_SECRET'],
    ['TENCENTCLOUD_SECRETID', 'TENCENTCLOUD_SECRETKEY'],
    ['TENCENTCLOUD_SECRET_ID', 'TENCENTCLOUD_SECRET_KEY'],
  ].find((group) => group.some((name) => isSet(settings, name)));
  return (names ?? ['the environment']).join(' and ');
}

/** Enough to know it again by. */
function masked(id: string): string {
  return id.length < 16 ? '…' : `${id.slice(0, 6)}…${id.slice(-4)}`;
}
