import { createHash } from 'node:crypto';
import type { CosClient } from '../../lib/cos/client.js';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { deleteObject, type BucketAddress } from '../../lib/cos/objects.js';
import { findingsOf, isNotGranted, type Finding } from './finding.js';

const { ok, problem, failed } = findingsOf('permission');

/** Something that a policy grants, and a way to find out whether it does. */
export interface Attempt {
  /** As policies have it: `name/cos:PutObject`. */
  readonly action: string;
  /** On what, in words. */
  readonly on: string;
  readonly run: () => Promise<unknown>;
  /** What it means that it is not granted; a problem unless said otherwise. */
  readonly notGranted?: (found: string) => Finding;
}

/** Codes of a request that was let in and then did not find what it was about, or was not what it said: what it needs is granted. */
const LET_IN: ReadonlySet<string> = new Set(['NoSuchKey', 'BadDigest', 'InvalidDigest']);

/** Tries it. @throws ServiceError `NoSuchBucket`: what is not there shows no grant */
export async function tried({ action, on, run, notGranted }: Attempt): Promise<Finding> {
  try {
    await run();
    return ok(`${action} is granted on ${on}`);
  } catch (error) {
    if (isLetIn(error)) return ok(`${action} is granted on ${on}`);
    if (error instanceof ServiceError && error.serviceCode === 'NoSuchBucket') throw error;
    if (!isNotGranted(error)) return failed(error);
    const found = `${action} is not granted on ${on}: ${error.message}`;
    if (notGranted !== undefined) return notGranted(found);
    return problem(
      found,
      `grant ${action} to the key (docs/deploy-tencent.md); a change of policies takes about a minute`,
    );
  }
}

/** The answer to a HEAD has no code: there a 404 must do. */
function isLetIn(error: unknown): boolean {
  return (
    error instanceof ServiceError &&
    (LET_IN.has(error.serviceCode ?? '') || (error.serviceCode === undefined && error.status === 404))
  );
}

/** HEAD Object (436/7745). */
export function headObject(
  client: CosClient,
  { bucket, region }: BucketAddress,
  key: string,
): Promise<unknown> {
  return client.send({ family: 'cos', bucket, region, method: 'HEAD', path: `/${key}` }, () => undefined);
}

/**
 * A PUT that leaves nothing behind: its Content-MD5 is not that of its body, so that COS refuses it once it has let it in (436/7749; that grants are looked
 * at first is inferred). Should it be stored all the same, it is removed again.
 */
export async function dryPut(client: CosClient, address: BucketAddress, key: string): Promise<void> {
  const { bucket, region } = address;
  const headers = {
    'content-type': 'application/json',
    'content-md5': createHash('md5').update('another body').digest('base64'),
  };
  await client.send(
    { family: 'cos', bucket, region, method: 'PUT', path: `/${key}`, headers, body: Buffer.from('{}') },
    () => undefined,
  );
  await deleteObject(client, address, key);
}
