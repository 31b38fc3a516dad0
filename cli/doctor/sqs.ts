import type { Config } from '../../lib/config.js';
import { regionOf, type QueueConfig } from '../../lib/queue/open-queue.js';
import { QueueError } from '../../lib/queue/queue-error.js';
import type { SqsAddress } from '../../lib/queue/queue-url.js';
import { SqsClient } from '../../lib/queue/sqs-client.js';
import { entryError } from '../../lib/queue/sqs-errors.js';
import { millis, seconds } from '../../lib/domain/units.js';
import { OUTAGE_GRACE } from '../../lib/poller/decide.js';
import type { Examination } from './examination.js';
import { findingsOf, type Finding } from './finding.js';
import { judgePendingQueue, readSqsFacts, type SqsFacts } from './sqs-queue.js';

/** More than a function waits: this machine may be far from the queue. */
const REQUEST_TIMEOUT = seconds(5);

/** No queue has handed it out. */
const MADE_UP_HANDLE = 'docjob-doctor';

/** Two queues of SQS. */
export interface SqsPair {
  readonly queue: SqsAddress;
  readonly deadLetters: SqsAddress;
}

/** Two queues of SQS: that they are there and set as they must be, and what our key may do with them. */
export async function checkSqs(
  examination: Examination,
  { queue: config, run }: Config,
  { queue, deadLetters }: SqsPair,
): Promise<readonly Finding[]> {
  const { functionTimeout } = examination;
  const longestAge = millis(run.decisions.maxAge + OUTAGE_GRACE);
  const client = clientOf(examination, config, queue);
  const dead = await attributesOf(client, 'DEAD_LETTER_QUEUE_URL', deadLetters);
  const pending = await attributesOf(client, 'QUEUE_URL', queue);
  const needs = { functionTimeout, longestAge };
  const isThere = pending.finding.outcome !== 'problem';
  return [
    pending.finding,
    ...(pending.facts === undefined
      ? []
      : judgePendingQueue('QUEUE_URL', pending.facts, dead.facts?.arn, needs)),
    dead.finding,
    ...(isThere ? await checkGrants(client, queue, examination) : []),
  ];
}

/** Whether the queue of SQS that manifests are told of is there. */
export async function checkSqsNotices(
  examination: Examination,
  config: AwsConfig,
  queue: SqsAddress,
): Promise<readonly Finding[]> {
  return [(await attributesOf(clientOf(examination, config, queue), 'NOTICE_QUEUE_URL', queue)).finding];
}

/** How SQS is reached; of the queue's settings and of those of notices alike. */
type AwsConfig = Pick<QueueConfig, 'awsRegion' | 'awsEndpoint' | 'awsCredentials'>;

function clientOf({ effects, deadline }: Examination, config: AwsConfig, queue: SqsAddress): SqsClient {
  const { awsRegion, awsEndpoint } = config;
  return new SqsClient(
    {
      region: regionOf(queue, awsRegion, awsEndpoint),
      endpoint: awsEndpoint ?? queue.origin,
      requestTimeout: REQUEST_TIMEOUT,
    },
    { ...effects, credentials: config.awsCredentials(), deadline },
  );
}

interface Attributes {
  readonly finding: Finding;
  readonly facts?: SqsFacts;
}

async function attributesOf(client: SqsClient, name: string, { url }: SqsAddress): Promise<Attributes> {
  const { ok, skipped, failed } = findingsOf('queue');
  try {
    const facts = readSqsFacts(await client.attributes(url));
    return { finding: ok(`${name} ${url} is there`), facts };
  } catch (error) {
    if (isNotGranted(error)) {
      return {
        finding: skipped(
          `the attributes of ${name} were not told: sqs:GetQueueAttributes is not granted, and docjob does without it`,
        ),
      };
    }
    return { finding: failed(error, `correct ${name}, or create the queue`) };
  }
}

/** What the poll function's role may do with the queue of pending jobs (`deploy/aws/roles.ts`). */
async function checkGrants(
  client: SqsClient,
  { url }: SqsAddress,
  { isWriting }: Examination,
): Promise<readonly Finding[]> {
  const { ok, skipped, problem, failed } = findingsOf('permission');
  const entry = { Id: '1', receiptHandle: MADE_UP_HANDLE };
  const attempt = async (action: string, run: () => Promise<unknown>): Promise<Finding> => {
    try {
      await run();
      return ok(`sqs:${action} is granted on QUEUE_URL`);
    } catch (error) {
      if (error instanceof QueueError && error.disposition === 'job')
        return ok(`sqs:${action} is granted on QUEUE_URL`);
      return isNotGranted(error)
        ? problem(error.message, `grant sqs:${action} to the key on ${url}`)
        : failed(error);
    }
  };
  /** A batch is answered as a whole where one of its entries is not granted. */
  const batch = async (action: string, answer: ReturnType<SqsClient['delete']>): Promise<void> => {
    const { failed: failures, requestId } = await answer;
    for (const failure of failures.values()) throw entryError(failure, { action, queueUrl: url }, requestId);
  };
  const receive = (): Promise<unknown> =>
    client.receive({ queueUrl: url, max: 1, visibilitySeconds: 0, waitSeconds: 0 });
  return [
    isWriting
      ? await attempt('ReceiveMessage', receive)
      : skipped('sqs:ReceiveMessage was not tried: --no-write, and it counts as one of a message’s receives'),
    await attempt('DeleteMessage', () => batch('DeleteMessageBatch', client.delete(url, [entry]))),
    await attempt('ChangeMessageVisibility', () =>
      batch(
        'ChangeMessageVisibilityBatch',
        client.changeVisibility(url, [{ ...entry, visibilitySeconds: 0 }]),
      ),
    ),
    skipped('sqs:SendMessage was not tried: only a message that is sent would show it'),
  ];
}

function isNotGranted(error: unknown): error is QueueError {
  return error instanceof QueueError && error.code === 'queue-access-denied';
}
