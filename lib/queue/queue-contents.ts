import type { EpochMs } from '../domain/units.js';
import type { ParsedMessage } from './message.js';
import { regionOf, type QueueConfig, type QueueEffects } from './open-queue.js';

/** A pending job in a queue that can be listed. */
export interface HeldJob {
  /** Names it in the queue. */
  readonly id: string;
  readonly content: ParsedMessage;
  readonly firstSeenAt: EpochMs;
}

/** How many messages a queue holds, about. */
export interface QueueCounts {
  /** Due, and with nobody. */
  readonly visible: number;
  /** With a run, or waiting for the next look. */
  readonly inFlight: number;
  /** Sent with a delay that is not over. */
  readonly delayed: number;
}

/** What can be told of a queue's contents without taking anything. */
export type QueueContents =
  | { readonly kind: 'jobs'; readonly jobs: AsyncIterable<HeldJob> }
  | { readonly kind: 'counts'; readonly counts: QueueCounts }
  /** The service's data plane tells nothing. */
  | { readonly kind: 'untold' };

/**
 * What can be told of the pending jobs, which stay where they are: in a bucket each of them, elsewhere how many there are, or nothing.
 *
 * @throws QueueError when the queue cannot be asked; CredentialsError when there is no key for SQS. `jobs` throws QueueErrors, too, and the signal's reason.
 */
export async function readContents(
  config: QueueConfig,
  effects: QueueEffects,
  signal: AbortSignal,
): Promise<QueueContents> {
  const { queue, defaults, requestTimeout, awsRegion, awsEndpoint, client } = config;
  switch (queue.kind) {
    case 'sqs': {
      const connection = {
        region: regionOf(queue, awsRegion, awsEndpoint),
        endpoint: awsEndpoint ?? queue.origin,
        requestTimeout,
      };
      const credentials = config.awsCredentials();
      const { countSqsMessages } = await import('./sqs-counts.js');
      const counts = await countSqsMessages(queue.url, connection, { ...effects, credentials }, signal);
      return { kind: 'counts', counts };
    }
    case 'cos': {
      const { heldJobs } = await import('./bucket-contents.js');
      return { kind: 'jobs', jobs: heldJobs({ queue, defaults, client }, effects, signal) };
    }
    case 'cmq':
      // GetQueueAttributes is a call of its control plane, which takes another key's permissions and another client.
      return { kind: 'untold' };
  }
}
