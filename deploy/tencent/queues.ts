import * as v from 'valibot';
import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import { CosClient } from '../../lib/cos/client.js';
import type { CredentialsProvider } from '../../lib/cos/credentials.js';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { openTransport } from '../../lib/cos/transport.js';
import type { Clock, RandomSource } from '../../lib/domain/effects.js';
import { after, minutes, seconds } from '../../lib/domain/units.js';
import type { BucketQueueAddress, CmqAddress } from '../../lib/queue/queue-url.js';
import type { QueueAddress } from '../../lib/queue/open-queue.js';
import { readAnswer, type Api } from './api.js';
import { DeployError } from './deploy-error.js';
import { MAX_UNACKNOWLEDGED_SECONDS } from './cmq-queue.js';
import type { ApiRequest } from './requests.js';

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
  if (queues.queue.kind === 'cmq') effects.say(alarmStep(queues.queue));
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

/** What of a queue's settings we rely on (tdmq API, CmqQueue); null where the service does not say. */
const CmqQueue = v.object({
  QueueName: v.string(),
  VisibilityTimeout: v.nullish(v.number()),
  MsgRetentionSeconds: v.nullish(v.number()),
  RewindSeconds: v.nullish(v.number()),
});

const CmqQueues = v.object({ QueueList: v.nullish(v.array(CmqQueue), []) });

/** The longest that what was acknowledged, by us or by the service itself, can be brought back (the same: up to 1296000 seconds). */
const REWIND_SECONDS = 1_296_000;

/** The least room for it (the same: 10240 to 512000 MB). */
const REWIND_MB = 10_240;

async function checkCmq(
  address: CmqAddress,
  runSeconds: number,
  { api, region, say }: QueueCheckEffects,
): Promise<void> {
  const { queueName } = address;
  const list = tdmqRequest(region, 'DescribeCmqQueues', { QueueName: queueName, Limit: 100, Offset: 0 });
  const { QueueList } = readAnswer(list.action, CmqQueues, await api.call(list));
  // The name is matched loosely.
  const queue = QueueList.find(({ QueueName }) => QueueName === queueName);
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

function cmqProblems(queue: v.InferOutput<typeof CmqQueue>, runSeconds: number): readonly string[] {
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

function tdmqRequest(region: string, action: string, parameters: object): ApiRequest {
  return { product: 'tdmq', action, version: '2020-02-17', region, parameters };
}

/** The request that creates a queue of TDMQ-CMQ as the poller needs it. */
export function createCmqQueue({ queueName }: CmqAddress, runSeconds: number, region: string): ApiRequest {
  return tdmqRequest(region, 'CreateCmqQueue', {
    QueueName: queueName,
    // More than three seconds brings more duplicates (the API's own advice).
    PollingWaitSeconds: 1,
    VisibilityTimeout: runSeconds,
    MsgRetentionSeconds: MAX_UNACKNOWLEDGED_SECONDS,
    RewindSeconds: REWIND_SECONDS,
    RetentionSizeInMB: REWIND_MB,
  });
}

/**
 * The alarm that must be set by hand. Cloud Monitor documents no metric for the age of a CMQ message, and for its alarm policies no name of CMQ's kind
 * nor whether two conditions together can last for hours: a request for one would be a guess that looks like an alarm.
 */
function alarmStep({ queueName }: CmqAddress): string {
  const quarterHours = MAX_UNACKNOWLEDGED_SECONDS / 4 / 3_600;
  return [
    `${queueName}: one step is left to you. CMQ drops what nobody acknowledged for ${MAX_UNACKNOWLEDGED_SECONDS / 3_600} hours, so set an alarm at a quarter of that:`,
    `  Cloud Monitor, Alarm policy, TDMQ for CMQ, queue ${queueName}: message backlog above 0 and consumption rate at 0, both for ${quarterHours} hours.`,
    `  When it rings, mend the poller within ${quarterHours * 3} hours, or bring the messages back with the queue's rewind within 15 days.`,
  ].join('\n');
}
