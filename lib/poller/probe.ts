import type { CosRequester } from '../cos/requester.js';
import { parseXml } from '../cos/xml.js';
import { DocjobError } from '../domain/docjob-error.js';
import type { BucketName, Region } from '../domain/names.js';

/** About a job that does not exist: a safe ID of no form that CI gives out. */
const PATH = '/doc_jobs/docjobprobe';

/** What CI says about a job that it does not know takes a few lines. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Asks CI one signed question before the first lease, so that a wrong key or a service that is down costs one request and no receive of any
 * job. No document says how CI answers about an unknown job, so any whole `Response` will do. Whether it is a missing job or a missing grant does
 * not matter either: our identity was accepted, and a closed bucket is the looks' business.
 *
 * @throws DocjobError when no look could fare better: `credentials`, `skewed`, `throttled` or `transient`.
 */
export async function probe(
  requester: CosRequester,
  { bucket, region }: { readonly bucket: BucketName; readonly region: Region },
): Promise<void> {
  try {
    await requester.send({ family: 'ci', bucket, region, method: 'GET', path: PATH }, (response) =>
      parseXml(response, 'Response', MAX_ANSWER_BYTES),
    );
  } catch (error) {
    const isAccepted =
      error instanceof DocjobError && (error.disposition === 'configuration' || error.disposition === 'job');
    if (!isAccepted) throw error;
  }
}
