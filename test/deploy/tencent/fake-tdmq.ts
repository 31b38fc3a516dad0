import * as v from 'valibot';
import { ApiRefusal, checked } from './refusal.js';

const seconds = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** tdmq API, CreateCmqQueue. */
const CreateCmqQueue = v.strictObject({
  // At most 64 letters, digits and hyphens, a letter first; not the endings that the service makes queues of its own with.
  QueueName: v.pipe(v.string(), v.regex(/^(?!.*-(?:retry|dlq)$)[A-Za-z][A-Za-z0-9-]{0,63}$/)),
  PollingWaitSeconds: v.optional(seconds(0, 30), 0),
  VisibilityTimeout: v.optional(seconds(1, 43_200), 30),
  MsgRetentionSeconds: v.optional(seconds(30, 43_200), 3_600),
  RewindSeconds: v.optional(seconds(0, 1_296_000), 0),
  RetentionSizeInMB: v.optional(v.union([v.literal(0), seconds(10_240, 512_000)]), 0),
});

/** tdmq API, DescribeCmqQueues. */
const DescribeCmqQueues = v.strictObject({
  Offset: v.optional(v.number(), 0),
  Limit: v.optional(v.pipe(v.number(), v.maxValue(100)), 20),
  QueueName: v.optional(v.string(), ''),
});

type Queue = v.InferOutput<typeof CreateCmqQueue>;

/** The control plane of TDMQ for CMQ. */
export class FakeTdmq {
  readonly queues = new Map<string, Queue>();
  /** Whether its answers tell queues' IDs and namespaces, which its document lets be null. */
  tellsIds = true;

  /** Puts a queue there, with the service's defaults for what is not given. */
  put(queue: v.InferInput<typeof CreateCmqQueue>): void {
    this.queues.set(queue.QueueName, checked(CreateCmqQueue, queue));
  }

  call(action: string, parameters: unknown): object {
    switch (action) {
      case 'CreateCmqQueue': {
        const queue = checked(CreateCmqQueue, parameters);
        if (this.queues.has(queue.QueueName))
          throw new ApiRefusal('ResourceInUse', 'The queue is there already.');
        if (queue.RewindSeconds > 0 && queue.RetentionSizeInMB === 0)
          throw new ApiRefusal('InvalidParameterValue', 'Rewind needs room: RetentionSizeInMB.');
        this.queues.set(queue.QueueName, queue);
        return { QueueId: `cmqq-${queue.QueueName}` };
      }
      case 'DescribeCmqQueues': {
        const { QueueName, Offset, Limit } = checked(DescribeCmqQueues, parameters);
        const all = [...this.queues.values()].filter((queue) => queue.QueueName.includes(QueueName));
        const described = all.map((queue) => ({
          ...queue,
          QueueId: this.tellsIds ? `cmqq-${queue.QueueName}` : null,
          NamespaceName: this.tellsIds ? `CMQ_QUEUE-${queue.QueueName}` : null,
        }));
        return { TotalCount: all.length, QueueList: described.slice(Offset, Offset + Limit) };
      }
      default:
        throw new ApiRefusal('InvalidAction', `The action ${action} is not known.`);
    }
  }
}
