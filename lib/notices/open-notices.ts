import type { AwsCredentials } from '../aws/credentials.js';
import type { Millis } from '../domain/units.js';
import { regionOf, type QueueEffects } from '../queue/open-queue.js';
import type { CmqAddress, SqsAddress } from '../queue/queue-url.js';
import type { NoticeQueue } from './notice-queue.js';

/** Where notices can go. */
export type NoticeAddress = SqsAddress | CmqAddress;

/** What is set about notices. */
export interface NoticeConfig {
  /** `NOTICE_QUEUE_URL`, parsed. */
  readonly queue: NoticeAddress;
  /** How long one attempt of a call may take. */
  readonly requestTimeout: Millis;
  /** `AWS_REGION`, `AWS_ENDPOINT_URL`, the AWS key and `CMQ_ENDPOINT`, as for the queue of pending jobs. */
  readonly awsRegion: string | undefined;
  readonly awsEndpoint: string | undefined;
  readonly awsCredentials: () => AwsCredentials;
  readonly cmqEndpoint: URL | undefined;
}

/**
 * Opens the queue that notices go to, for one run. Its adapter is loaded only now.
 *
 * @throws QueueError when its region is not known; CredentialsError when there is no key for SQS.
 */
export async function openNotices(config: NoticeConfig, effects: QueueEffects): Promise<NoticeQueue> {
  const { queue, requestTimeout, awsRegion, awsEndpoint, awsCredentials, cmqEndpoint } = config;
  switch (queue.kind) {
    case 'sqs': {
      const region = regionOf(queue, awsRegion, awsEndpoint);
      const { openSqsNotices } = await import('./sqs-notices.js');
      const options = { queueUrl: queue.url, region, endpoint: awsEndpoint ?? queue.origin, requestTimeout };
      return openSqsNotices(options, { ...effects, credentials: awsCredentials() });
    }
    case 'cmq': {
      const { openCmqNotices } = await import('./cmq-notices.js');
      return openCmqNotices({ queue, endpoint: cmqEndpoint, requestTimeout }, effects);
    }
  }
}
