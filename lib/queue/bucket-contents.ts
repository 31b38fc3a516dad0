import { CosClient, type CosClientEffects, type CosClientPolicy } from '../cos/client.js';
import { epochMs, type EpochMs } from '../domain/units.js';
import { bucketError } from './bucket-errors.js';
import { parseName } from './bucket-name.js';
import { everyObject } from './every-object.js';
import type { JobDefaults } from './message.js';
import type { HeldJob } from './queue-contents.js';
import type { BucketQueueAddress } from './queue-url.js';

/** Which prefix, and how to reach and to read it. */
export interface BucketContentsOptions {
  readonly queue: BucketQueueAddress;
  readonly defaults: JobDefaults;
  readonly client: CosClientPolicy;
}

/** All jobs that a queue in a bucket holds, by a listing. @throws QueueError, and the signal's reason when that aborts */
export async function* heldJobs(
  { queue, defaults, client }: BucketContentsOptions,
  effects: CosClientEffects & { readonly deadline: EpochMs },
  signal: AbortSignal,
): AsyncGenerator<HeldJob, void, undefined> {
  const policy = { ...client, requestsPerSecond: Number.POSITIVE_INFINITY };
  const requester = new CosClient(policy, effects, { deadline: effects.deadline, signal });
  try {
    for await (const { key, lastModified } of everyObject(requester, queue)) {
      signal.throwIfAborted();
      const id = key.slice(queue.prefix.length);
      const content = parseName(id, defaults);
      const claimed = content.kind === 'job' ? content.job.firstSeenAt : undefined;
      // As the queue's own reader has it: a claim may make a job older, never younger.
      yield { id, content, firstSeenAt: epochMs(Math.min(claimed ?? lastModified, lastModified)) };
    }
  } catch (error) {
    signal.throwIfAborted();
    throw bucketError(error, `listing ${queue.url}`);
  }
}
