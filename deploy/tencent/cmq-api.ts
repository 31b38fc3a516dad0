import * as v from 'valibot';
import type { CmqAddress } from '../../lib/queue/queue-url.js';
import { readAnswer, type Api } from './api.js';
import { MAX_UNACKNOWLEDGED_SECONDS } from './cmq-queue.js';
import type { ApiRequest } from './requests.js';

/** What of a queue we rely on (tdmq API, CmqQueue); null where the service does not say. */
const CmqQueue = v.object({
  QueueName: v.string(),
  QueueId: v.nullish(v.string(), ''),
  NamespaceName: v.nullish(v.string(), ''),
  VisibilityTimeout: v.nullish(v.number()),
  MsgRetentionSeconds: v.nullish(v.number()),
  RewindSeconds: v.nullish(v.number()),
});

const CmqQueues = v.object({ QueueList: v.nullish(v.array(CmqQueue), []) });

/** A queue of TDMQ-CMQ as the service describes it. */
export type CmqQueueState = v.InferOutput<typeof CmqQueue>;

/** The longest that what was acknowledged, by us or by the service itself, can be brought back (CreateCmqQueue: up to 1296000 seconds). */
export const REWIND_SECONDS = 1_296_000;

/** The least room for it (the same: 10240 to 512000 MB). */
const REWIND_MB = 10_240;

function tdmqRequest(region: string, action: string, parameters: object): ApiRequest {
  return { product: 'tdmq', action, version: '2020-02-17', region, parameters };
}

/** What the service says of a queue; undefined when there is none of that name. */
export async function describeCmqQueue(
  api: Api,
  region: string,
  queueName: string,
): Promise<CmqQueueState | undefined> {
  const list = tdmqRequest(region, 'DescribeCmqQueues', { QueueName: queueName, Limit: 100, Offset: 0 });
  const { QueueList } = readAnswer(list.action, CmqQueues, await api.call(list));
  // The name is matched loosely.
  return QueueList.find(({ QueueName }) => QueueName === queueName);
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
