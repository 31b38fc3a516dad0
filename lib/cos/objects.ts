import { createHash } from 'node:crypto';
import type { BucketName, Region } from '../domain/names.js';
import { ServiceError } from './errors/service-error.js';
import type { CosRequester, CosResponse } from './requester.js';

/** A bucket, wherever it is. */
export interface BucketAddress {
  readonly bucket: BucketName;
  readonly region: Region;
}

/**
 * Stores an object over whatever was there (PUT Object, 436/7749). Content-MD5 keeps COS from storing anything but what was sent.
 *
 * @throws whatever the requester throws.
 */
export async function putObject(
  requester: CosRequester,
  { bucket, region }: BucketAddress,
  key: string,
  body: Uint8Array,
  contentType: string,
): Promise<void> {
  const headers = {
    'content-type': contentType,
    'content-md5': createHash('md5').update(body).digest('base64'),
  };
  await requester.send(
    { family: 'cos', bucket, region, method: 'PUT', path: `/${key}`, headers, body },
    () => undefined,
  );
}

/**
 * An object, whole (GET Object, 436/7753); undefined when there is none of that key.
 *
 * @throws whatever the requester throws.
 */
export async function getObject(
  requester: CosRequester,
  { bucket, region }: BucketAddress,
  key: string,
): Promise<CosResponse | undefined> {
  try {
    return await requester.send(
      { family: 'cos', bucket, region, method: 'GET', path: `/${key}` },
      (response) => response,
    );
  } catch (error) {
    if (isNoSuchKey(error)) return undefined;
    throw error;
  }
}

/**
 * Removes an object; one that is not there is as good as removed (DELETE Object, 436/7743: 204 either way).
 *
 * @throws whatever the requester throws.
 */
export async function deleteObject(
  requester: CosRequester,
  { bucket, region }: BucketAddress,
  key: string,
): Promise<void> {
  try {
    await requester.send(
      { family: 'cos', bucket, region, method: 'DELETE', path: `/${key}` },
      () => undefined,
    );
  } catch (error) {
    if (!isNoSuchKey(error)) throw error;
  }
}

/** Told by its code: a missing bucket is a 404 too. */
function isNoSuchKey(error: unknown): boolean {
  return error instanceof ServiceError && error.serviceCode === 'NoSuchKey';
}
