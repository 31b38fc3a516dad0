import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import { CosClient } from '../../lib/cos/client.js';
import type { CredentialsProvider } from '../../lib/cos/credentials.js';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { openTransport } from '../../lib/cos/transport.js';
import type { Clock, RandomSource } from '../../lib/domain/effects.js';
import { after, minutes, seconds } from '../../lib/domain/units.js';
import type { BucketQueueAddress, CmqAddress } from '../../lib/queue/queue-url.js';
import type { QueueAddress } from '../../lib/queue/open-queue.js';
import type { Api } from './api.js';
import { createCmqQueue, describeCmqQueue, REWIND_SECONDS, type CmqQueueState } from './cmq-api.js';
import { MAX_UNACKNOWLEDGED_SECONDS } from './cmq-queue.js';
import { DeployError } from './deploy-error.js';

/** What checking queues works through. */
export interface QueueCheckEffects {
  readonly api: Api;
  readonly region: string;
  readonly credentials: CredentialsProvider;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Connect to COS there instead: for the embedded cloud and tests. */
  readonly cosEndpoint?: URL | undefined;
  readonly say: (line: string) => void;
}

/**
 * Sees to it that the queues of a deployment are there and will do: a bucket must exist; queues of TDMQ-CMQ are created, or found to be set so that no
 * message is lost unseen.
 *
 * @param runSeconds the longest that a run holds a message
 * @throws DeployError saying what is wrong with which queue and how to set it.
 */
export async function checkQueues(
  queues: { readonly queue: QueueAddress; readonly deadLetters: QueueAddress },
  runSeconds: number,
  effects: QueueCheckEffects,
): Promise<void> {
  for (const address of [queues.queue, queues.deadLetters]) {
    switch (address.kind) {
      case 'cos':
        await checkBucket(address, effects);
        break;
      case 'cmq':
        await checkCmq(address, runSeconds, effects);
        break;
      case 'sqs':
        effects.say(`${address.url}: a queue of SQS, which is not looked at from here`);
        break;
    }
  }
}

async function checkBucket(address: BucketQueueAddress, effects: QueueCheckEffects): Promise<void> {
  const { bucket, region } = address;
  const transport = openTransport({ maxSockets: 1 });
  const client = new CosClient(
    {
      endpoints: effects.cosEndpoint === undefined ? {} : { cos: effects.cosEndpoint },
      attemptTimeout: seconds(10),
      retries: 2,
      backoff: DEFAULT_BACKOFF,
      retryBudget: { share: 0, initial: 2 },
      requestsPerSecond: 10,
      maxBodyBytes: 64 * 1_024,
    },
    { ...effects, transport },
    { deadline: after(effects.clock.now(), minutes(1)), signal: new AbortController().signal },
  );
  try {
    await client.send({ family: 'cos', bucket, region, method: 'HEAD', path: '/' }, () => undefined);
    effects.say(`${address.url}: the bucket is there`);
  } catch (error) {
    throw bucketProblem(address, error);
  } finally {
    transport.close();
  }
}

function bucketProblem({ url, bucket, region }: BucketQueueAddress, error: unknown): unknown {
  if (!(error instanceof ServiceError)) return error;
  const remedy =
    error.status === 404
      ? `Create the bucket ${bucket} in ${region}, or set SOURCE_BUCKET or QUEUE_URL to another.`
      : `Give your user name/cos:HeadBucket on ${bucket} (.serverless/policies/deployer.json).`;
  return new DeployError('queue-unusable', `${url}: ${error.message}\n${remedy}`, {
    ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
    cause: error,
  });
}

async function checkCmq(
  address: CmqAddress,
  runSeconds: number,
  { api, region, say }: QueueCheckEffects,
): Promise<void> {
  const { queueName } = address;
  const queue = await describeCmqQueue(api, region, queueName);
  if (queue === undefined) {
    await api.call(createCmqQueue(address, runSeconds, region));
    say(`${address.url}: created, rewind on for ${REWIND_SECONDS / 86_400} days`);
    return;
  }
  const problems = cmqProblems(queue, runSeconds);
  if (problems.length > 0) {
    throw new DeployError(
      'queue-unusable',
      `${address.url} would lose jobs:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\nChange it in the TDMQ console, then deploy again.`,
    );
  }
  say(`${address.url}: is set as it should be`);
}

function cmqProblems(queue: CmqQueueState, runSeconds: number): readonly string[] {
  const { VisibilityTimeout: visibility, MsgRetentionSeconds: unacknowledged, RewindSeconds: rewind } = queue;
  const problems: string[] = [];
  if ((rewind ?? 0) < MAX_UNACKNOWLEDGED_SECONDS) {
    problems.push(
      `rewind is ${rewind ?? 0} seconds: turn it on, for ${REWIND_SECONDS}, or a message that grew too old is gone for good`,
    );
  }
  if ((unacknowledged ?? 0) < MAX_UNACKNOWLEDGED_SECONDS) {
    problems.push(
      `the maximum unacknowledged time is ${unacknowledged ?? 0} seconds: set ${MAX_UNACKNOWLEDGED_SECONDS}, the most there is`,
    );
  }
  if ((visibility ?? 0) < runSeconds) {
    problems.push(
      `the visibility timeout is ${visibility ?? 0} seconds: set at least the ${runSeconds} of a run, or two runs take the same message`,
    );
  }
  return problems;
}
