import type { CosRequest, CosRequester, CosResponse } from '../../lib/cos/requester.js';
import { parseBucketName, parseRegion } from '../../lib/domain/names.js';
import type { JobSource } from '../../lib/doc-jobs/describe.js';

/** The bucket that is asked. */
export const SOURCE: JobSource = sourceOf('examplebucket-1250000000', 'ap-beijing');

/** A bucket and region known to be ones. */
export function sourceOf(bucketText: string, regionText: string): JobSource {
  const bucket = parseBucketName(bucketText);
  const region = parseRegion(regionText);
  if (bucket === undefined || region === undefined)
    throw new Error(`${bucketText}.${regionText} is no bucket`);
  return { bucket, region };
}

/** Remembers what it was asked. */
export interface RecordingRequester extends CosRequester {
  readonly requests: readonly CosRequest[];
}

/** Answers every request with `response`, decoded as the contract says. */
export function answering(response: CosResponse): RecordingRequester {
  const requests: CosRequest[] = [];
  return {
    requests,
    // A decoder that throws makes a rejection, as with a real requester.
    send: (request, decode) =>
      new Promise((resolve) => {
        requests.push(request);
        resolve(decode(response));
      }),
  };
}

/** Refuses every request with `error`. */
export function refusing(error: Error): CosRequester {
  return { send: () => Promise.reject(error) };
}
