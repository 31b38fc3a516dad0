import { ServiceError } from '../cos/errors/service-error.js';
import type { CosRequester } from '../cos/requester.js';
import type { BucketName, JobId, Region } from '../domain/names.js';
import { decodeDescribe } from './decode.js';
import type { DescribeAnswer } from './doc-job.js';

/** The bucket whose CI host knows the job: that of the source document. */
export interface JobSource {
  readonly bucket: BucketName;
  readonly region: Region;
}

/**
 * Asks CI about one job (DescribeDocProcessJob, 436/121093). A 404 that is about the job means the same as `NonExistJobIds`: the document promises
 * neither form. A 400 `ResourceNotFound` stays an error, for it may mean the queue or the bucket.
 *
 * @throws UndecodableError if the answer does not say what became of this job, and whatever `requester` throws.
 */
export async function describeDocJob(
  requester: CosRequester,
  { bucket, region }: JobSource,
  jobId: JobId,
): Promise<DescribeAnswer> {
  try {
    return await requester.send(
      { family: 'ci', bucket, region, method: 'GET', path: `/doc_jobs/${jobId}` },
      (response) => decodeDescribe(response, jobId),
    );
  } catch (error) {
    if (error instanceof ServiceError && isUnknownJob(error)) {
      return { kind: 'missing', jobId, requestId: error.requestId };
    }
    throw error;
  }
}

/** A 404 that CI itself said (it names a request ID or a code) and that is about the job: one of a proxy in between says nothing about it. */
function isUnknownJob({ status, disposition, serviceCode, requestId }: ServiceError): boolean {
  return status === 404 && disposition === 'job' && (serviceCode !== undefined || requestId !== undefined);
}
