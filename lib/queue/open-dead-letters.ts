import type { DeadLetters } from './dead-letters.js';
import { regionOf, type QueueConfig, type QueueEffects } from './open-queue.js';

/**
 * Opens the dead letters that the configuration names. Their adapter is loaded only now, the others not at all.
 *
 * @throws QueueError when no region is known; CredentialsError when there is no key for SQS.
 */
export async function openDeadLetters(config: QueueConfig, effects: QueueEffects): Promise<DeadLetters> {
  const { deadLetters, defaults, requestTimeout, awsRegion, awsEndpoint, client } = config;
  switch (deadLetters.kind) {
    case 'sqs': {
      const options = {
        deadLetterQueueUrl: deadLetters.url,
        region: regionOf(deadLetters, awsRegion, awsEndpoint),
        endpoint: awsEndpoint ?? deadLetters.origin,
        defaults,
        requestTimeout,
      };
      const credentials = config.awsCredentials();
      const { openSqsDeadLetters } = await import('./sqs-dead-letters.js');
      return openSqsDeadLetters(options, { ...effects, credentials });
    }
    case 'cos': {
      const { openBucketDeadLetters } = await import('./bucket-dead-letters.js');
      return openBucketDeadLetters({ deadLetters, defaults, client }, effects);
    }
    case 'cmq': {
      const endpoint = config.cmq?.endpoint;
      const { openCmqDeadLetters } = await import('./cmq-dead-letters.js');
      return openCmqDeadLetters({ deadLetters, defaults, requestTimeout, endpoint }, effects);
    }
  }
}
