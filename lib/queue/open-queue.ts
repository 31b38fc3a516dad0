import type { AwsCredentials } from '../aws/credentials.js';
import type { CosClientPolicy } from '../cos/client.js';
import type { CredentialsProvider } from '../cos/credentials.js';
import type { Transport } from '../cos/transport.js';
import type { Clock, RandomSource } from '../domain/effects.js';
import type { EpochMs, Millis } from '../domain/units.js';
import type { Log } from '../telemetry/log.js';
import type { BatchQueue, DeliveredMessage } from './batch.js';
import type { NextLook } from './bucket-reader.js';
import { DEFAULT_CMQ_SETTINGS, type CmqSettings } from './cmq-times.js';
import type { JobDefaults } from './message.js';
import type { PendingQueue } from './pending-queue.js';
import { QueueError } from './queue-error.js';
import type { BucketQueueAddress, CmqAddress, QueueAddress, SqsAddress } from './queue-url.js';
import type { SqsOptions, SqsQueue } from './sqs.js';

export { parseQueueUrl, type QueueAddress, type QueueKind } from './queue-url.js';

/** What is set about queues. */
export interface QueueConfig {
  /** `QUEUE_URL`, parsed. */
  readonly queue: QueueAddress;
  /** `DEAD_LETTER_QUEUE_URL`, parsed. */
  readonly deadLetters: QueueAddress;
  /** For messages that hold a bare job ID. */
  readonly defaults: JobDefaults;
  /** How long one attempt of a call may take, a long poll's wait not counted. */
  readonly requestTimeout: Millis;
  /** `AWS_REGION`, for queue URLs that do not tell theirs. */
  readonly awsRegion?: string | undefined;
  /** `AWS_ENDPOINT_URL_SQS` or `AWS_ENDPOINT_URL`: all requests go there, whatever the queue URLs say. */
  readonly awsEndpoint?: string | undefined;
  /** The key that SQS is asked with, read anew for each queue that is opened. Throws a CredentialsError where there is none. */
  readonly awsCredentials: () => AwsCredentials;
  /** How a queue in a bucket makes its requests to COS: by itself, beside the run's. */
  readonly client: CosClientPolicy;
  /** When a job is due on a queue that stores no due times. */
  readonly nextLook: NextLook;
  /** What is set about queues of CMQ; their own defaults where it is not given. */
  readonly cmq?: CmqQueueConfig | undefined;
}

/** What is set about queues of CMQ. */
export interface CmqQueueConfig extends CmqSettings {
  /** `CMQ_ENDPOINT`: connect there instead. */
  readonly endpoint?: URL | undefined;
}

/** What queues work through, each with what it needs of it. */
export interface QueueEffects {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly transport: Transport;
  /** The Tencent key pair, of which SQS knows nothing. */
  readonly credentials: CredentialsProvider;
  readonly log: Log;
  /** Nothing that a queue sends outlives this moment: the end of the run. */
  readonly deadline: EpochMs;
}

/** Hosts of this machine, where a region is a formality. */
const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Opens the queue that the configuration names. Its adapter is loaded only now, the others not at all.
 *
 * @throws QueueError when the two queues cannot work together, or no region is known; CredentialsError when there is no key for SQS.
 */
export async function openQueue(config: QueueConfig, effects: QueueEffects): Promise<PendingQueue> {
  const { queue, deadLetters } = twoQueues(config);
  switch (queue.kind) {
    case 'sqs':
      if (deadLetters.kind === 'sqs') return openSqs(config, { queue, deadLetters }, effects);
      break;
    case 'cos':
      if (deadLetters.kind === 'cos') return openBucket(config, { queue, deadLetters }, effects);
      break;
    case 'cmq':
      if (deadLetters.kind === 'cmq') return openCmq(config, { queue, deadLetters }, effects);
      break;
  }
  throw new QueueError(
    'queue-unusable',
    `QUEUE_URL is a ${queue.kind}: queue and DEAD_LETTER_QUEUE_URL a ${deadLetters.kind}: one: use two of a kind`,
  );
}

/**
 * Opens the messages that SQS handed to Lambda, which come from the queue that the configuration names. They are ours until `holdUntil`.
 *
 * @throws QueueError and CredentialsError as {@link openQueue} does.
 */
export async function openBatch(
  config: QueueConfig,
  messages: readonly DeliveredMessage[],
  holdUntil: EpochMs,
  effects: QueueEffects,
): Promise<BatchQueue> {
  const { queue, deadLetters } = twoQueues(config);
  if (queue.kind !== 'sqs' || deadLetters.kind !== 'sqs') {
    throw new QueueError(
      'queue-unusable',
      `the call brought messages of SQS, but QUEUE_URL is ${queue.url}: set it to the queue of the event source`,
    );
  }
  const { openBatchQueue } = await import('./batch.js');
  return openBatchQueue(await openSqs(config, { queue, deadLetters }, effects), messages, holdUntil, effects);
}

/** Given up must not mean pending again. */
function twoQueues({ queue, deadLetters }: QueueConfig): Pick<QueueConfig, 'queue' | 'deadLetters'> {
  if (queue.url !== deadLetters.url) return { queue, deadLetters };
  throw new QueueError(
    'queue-unusable',
    `QUEUE_URL and DEAD_LETTER_QUEUE_URL are both ${queue.url}: use two queues`,
  );
}

/** A queue below the other would list the other's objects as its own. */
async function openBucket(
  config: QueueConfig,
  pair: { readonly queue: BucketQueueAddress; readonly deadLetters: BucketQueueAddress },
  effects: QueueEffects,
): Promise<PendingQueue> {
  const { queue, deadLetters } = pair;
  const isNested = queue.prefix.startsWith(deadLetters.prefix) || deadLetters.prefix.startsWith(queue.prefix);
  if (queue.bucket === deadLetters.bucket && isNested) {
    throw new QueueError(
      'queue-unusable',
      `QUEUE_URL ${queue.url} and DEAD_LETTER_QUEUE_URL ${deadLetters.url} lie inside each other: use two folders side by side`,
    );
  }
  const { openBucketQueue } = await import('./bucket.js');
  const { defaults, client, nextLook } = config;
  return openBucketQueue({ ...pair, defaults, client, nextLook }, effects);
}

async function openCmq(
  { cmq = DEFAULT_CMQ_SETTINGS, defaults, requestTimeout }: QueueConfig,
  pair: { readonly queue: CmqAddress; readonly deadLetters: CmqAddress },
  effects: QueueEffects,
): Promise<PendingQueue> {
  // Names are case-insensitive, and a queue has two hosts: the URLs may differ and mean the same queue.
  if (pair.queue.queueName.toLowerCase() === pair.deadLetters.queueName.toLowerCase()) {
    throw new QueueError(
      'queue-unusable',
      `QUEUE_URL and DEAD_LETTER_QUEUE_URL both name ${pair.queue.queueName}: use queues of two names`,
    );
  }
  const { openCmqQueue } = await import('./cmq.js');
  return openCmqQueue({ ...pair, ...cmq, settings: cmq, defaults, requestTimeout }, effects);
}

interface SqsPair {
  readonly queue: SqsAddress;
  readonly deadLetters: SqsAddress;
}

async function openSqs(config: QueueConfig, pair: SqsPair, effects: QueueEffects): Promise<SqsQueue> {
  const options = sqsOptions(config, pair);
  const credentials = config.awsCredentials();
  const { openSqsQueue } = await import('./sqs.js');
  return openSqsQueue(options, { ...effects, credentials });
}

function sqsOptions(config: QueueConfig, { queue, deadLetters }: SqsPair): SqsOptions {
  const { awsEndpoint, awsRegion } = config;
  if (
    queue.region !== deadLetters.region ||
    (awsEndpoint === undefined && queue.origin !== deadLetters.origin)
  ) {
    throw new QueueError(
      'queue-unusable',
      `QUEUE_URL and DEAD_LETTER_QUEUE_URL are at ${queue.origin} and ${deadLetters.origin}: use queues of one region`,
    );
  }
  return {
    queueUrl: queue.url,
    deadLetterQueueUrl: deadLetters.url,
    region: regionOf(queue, awsRegion, awsEndpoint),
    endpoint: awsEndpoint ?? queue.origin,
    defaults: config.defaults,
    requestTimeout: config.requestTimeout,
  };
}

/**
 * The region to sign for.
 *
 * @throws QueueError when neither the URL nor the environment tells it.
 */
export function regionOf(
  queue: SqsAddress,
  awsRegion: string | undefined,
  awsEndpoint: string | undefined,
): string {
  const region = queue.region ?? awsRegion;
  if (region !== undefined) return region;
  if (LOOPBACK.test(new URL(awsEndpoint ?? queue.origin).hostname)) return 'us-east-1';
  throw new QueueError('queue-unusable', `the region of ${queue.url} is not known: set AWS_REGION`);
}
