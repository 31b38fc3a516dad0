import { ServiceError } from '../cos/errors/service-error.js';
import type { CosRequester } from '../cos/requester.js';
import type { JobSource } from '../doc-jobs/describe.js';
import type { NewObject } from './cos-event.js';
import { SubmitError } from './submit-error.js';

/**
 * The keys that `written` can stand for. No document says whether COS events URL-encode keys: as they are, with `%xx` resolved, or as forms are
 * encoded, where `+` is a space. One, unless it holds `%` or `+`.
 */
export function readingsOf(written: string): readonly string[] {
  const readings = new Set([written]);
  for (const text of [written, written.replaceAll('+', ' ')]) {
    try {
      readings.add(decodeURIComponent(text));
    } catch (error) {
      // No encoder writes a stray "%": then the key is as it is written.
      if (!(error instanceof URIError)) throw error;
    }
  }
  return [...readings];
}

/**
 * The key of the object that an event is about: the only reading that `isWanted`, or else the only one of which there is such an object, of the size and
 * ETag that the event names. Undefined when no reading is wanted.
 *
 * @throws SubmitError `object-not-found` or `ambiguous-key`, and whatever `requester` throws.
 */
export async function keyOf(
  requester: CosRequester,
  source: JobSource,
  object: NewObject,
  isWanted: (key: string) => boolean,
): Promise<string | undefined> {
  const readings = readingsOf(object.writtenKey).filter(isWanted);
  if (readings.length <= 1) return readings[0];
  const found: string[] = [];
  for (const key of readings) if (await isThere(requester, source, key, object)) found.push(key);
  const [key, second] = found;
  const written = JSON.stringify(object.writtenKey.slice(0, 200));
  if (key === undefined) {
    const problem = `there is no object in ${source.bucket} that the event's key ${written} can stand for`;
    throw new SubmitError('object-not-found', `${problem}: it may have been deleted since`);
  }
  if (second === undefined) return key;
  throw new SubmitError(
    'ambiguous-key',
    `the event's key ${written} can stand for ${found.length} objects of ${source.bucket} with the same bytes: submit the right one by a call`,
  );
}

async function isThere(
  requester: CosRequester,
  { bucket, region }: JobSource,
  key: string,
  { size, etag }: NewObject,
): Promise<boolean> {
  try {
    const { headers } = await requester.send(
      { family: 'cos', bucket, region, method: 'HEAD', path: `/${key}` },
      (response) => response,
    );
    const isSameSize = size === undefined || headers['content-length'] === String(size);
    const isSameBody = etag === undefined || (headers['etag'] ?? etag).replaceAll('"', '') === etag;
    return isSameSize && isSameBody;
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return false;
    throw error;
  }
}
