import type { Cloud } from '../local/cloud.js';

/** A kind of queue on the embedded cloud, and what it was asked. */
export interface QueueWorld {
  readonly name: string;
  /** Makes the queues, and says how functions find them. */
  create(cloud: Cloud, source: { readonly bucket: string; readonly region: string }): Record<string, string>;
  /** Pending jobs, in whatever state. */
  size(cloud: Cloud): Promise<number>;
  /** The requests to the queue, by action, as the service bills them: a batch is one. */
  calls(cloud: Cloud): Readonly<Record<string, number>>;
}

const SQS_ACTIONS = [
  'SendMessageBatch',
  'ReceiveMessage',
  'DeleteMessageBatch',
  'ChangeMessageVisibilityBatch',
] as const;

const sqs: QueueWorld = {
  name: 'SQS',
  create: (cloud) => ({
    QUEUE_URL: cloud.sqs.createQueue('pending'),
    DEAD_LETTER_QUEUE_URL: cloud.sqs.createQueue('dead'),
    QUEUE_KIND: 'sqs',
  }),
  size: (cloud) => Promise.resolve(cloud.sqs.messages('pending').length),
  calls: (cloud) => Object.fromEntries(SQS_ACTIONS.map((action) => [action, cloud.sqs.calls(action)])),
};

const PREFIX = 'docjob/pending/';

/** Its calls are among those to COS. */
const bucket: QueueWorld = {
  name: 'bucket',
  create: (_cloud, source) => ({
    QUEUE_URL: `cos://${source.bucket}.${source.region}/${PREFIX}`,
    DEAD_LETTER_QUEUE_URL: `cos://${source.bucket}.${source.region}/docjob/dead/`,
  }),
  size: async ({ control }) => {
    const [first] = control.buckets;
    return first === undefined ? 0 : (await control.listKeys(first.name, PREFIX)).length;
  },
  calls: () => ({}),
};

const CMQ_ACTIONS = ['BatchSendMessage', 'SendMessage', 'BatchReceiveMessage', 'BatchDeleteMessage'] as const;
const CMQ_SETTINGS = { visibilityTimeout: 70, msgRetentionSeconds: 43_200, rewindSeconds: 1_296_000 };

const cmq: QueueWorld = {
  name: 'CMQ',
  create: (cloud) => ({
    QUEUE_URL: cloud.cmq.createQueue('pending', CMQ_SETTINGS),
    DEAD_LETTER_QUEUE_URL: cloud.cmq.createQueue('dead', CMQ_SETTINGS),
    CMQ_MAX_UNACKED_SECONDS: '43200',
    CMQ_VISIBILITY_SECONDS: '70',
  }),
  size: (cloud) => Promise.resolve(cloud.cmq.messages('pending').length),
  calls: (cloud) => Object.fromEntries(CMQ_ACTIONS.map((action) => [action, cloud.cmq.calls(action)])),
};

export const QUEUE_WORLDS: readonly QueueWorld[] = [sqs, bucket, cmq];
