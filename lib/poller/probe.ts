import type { CosRequester } from '../cos/requester.js';
import { describeDocJob } from '../doc-jobs/describe.js';
import { DocjobError } from '../domain/docjob-error.js';
import { parseJobId, type BucketName, type JobId, type Region } from '../domain/names.js';

/** A job that does not exist: a safe ID of no form that CI gives out. */
const PROBE_JOB: JobId | undefined = parseJobId('docjobprobe');

/**
 * Asks CI one signed question before the first lease, so that a wrong key or a service that is down costs one request and no receive of any
 * job. Whether the answer is a missing job or a missing grant does not matter here: our identity was accepted, and a closed bucket is the
 * looks' business.
 *
 * @throws DocjobError when no look could fare better: `credentials`, `skewed`, `throttled` or `transient`.
 */
export async function probe(
  requester: CosRequester,
  source: { readonly bucket: BucketName; readonly region: Region },
): Promise<void> {
  if (PROBE_JOB === undefined) return;
  try {
    await describeDocJob(requester, source, PROBE_JOB);
  } catch (error) {
    const accepted =
      error instanceof DocjobError && (error.disposition === 'configuration' || error.disposition === 'job');
    if (!accepted) throw error;
  }
}
