import { deleteObject, getObject } from '../../lib/cos/objects.js';
import { listObjects } from '../../lib/cos/list-objects.js';
import { checkpointKey } from '../../lib/queue/bucket-checkpoint.js';
import type { BucketQueueAddress } from '../../lib/queue/queue-url.js';
import { dryPut, tried, type Attempt } from './attempts.js';
import type { Examination } from './examination.js';
import { findingsOf, type Finding } from './finding.js';

/**
 * What the poll function's policy grants of a queue in a bucket, tried without leaving an object where a run might take it for a job: what is read or removed is
 * not there, what is written is refused after it was let in.
 */
export async function checkBucketQueue(
  { client, isWriting, nonce }: Examination,
  queue: BucketQueueAddress,
  deadLetters: BucketQueueAddress,
): Promise<readonly Finding[]> {
  const name = `docjob-doctor-${nonce}`;
  const checkpoint = checkpointKey(queue.prefix);
  const put = (address: BucketQueueAddress, key: string, on: string): Attempt => ({
    action: 'name/cos:PutObject',
    on,
    run: () => dryPut(client, address, key),
  });
  const pending = `${queue.prefix}* in ${queue.bucket}`;
  const reads: readonly Attempt[] = [
    {
      action: 'name/cos:GetBucket',
      on: pending,
      run: () => listObjects(client, queue, { prefix: queue.prefix, marker: '' }),
    },
    {
      action: 'name/cos:GetObject',
      on: pending,
      run: () => getObject(client, queue, queue.prefix + name),
    },
    {
      action: 'name/cos:DeleteObject',
      on: pending,
      run: () => deleteObject(client, queue, queue.prefix + name),
    },
    {
      action: 'name/cos:GetObject',
      on: `${checkpoint} in ${queue.bucket}`,
      run: () => getObject(client, queue, checkpoint),
    },
  ];
  const writes: readonly Attempt[] = [
    put(queue, queue.prefix + name, pending),
    put(queue, checkpoint, `${checkpoint} in ${queue.bucket}`),
    put(deadLetters, deadLetters.prefix + name, `${deadLetters.prefix}* in ${deadLetters.bucket}`),
  ];
  const findings: Finding[] = [];
  for (const attempt of isWriting ? [...reads, ...writes] : reads) findings.push(await tried(attempt));
  if (!isWriting)
    findings.push(
      findingsOf('permission').skipped(`name/cos:PutObject was not tried on ${pending}: --no-write`),
    );
  return findings;
}
