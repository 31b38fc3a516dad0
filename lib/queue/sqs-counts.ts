import * as v from 'valibot';
import type { QueueCounts } from './queue-contents.js';
import { SqsClient, type SqsConnection, type SqsEffects } from './sqs-client.js';

/** How the attributes give numbers. */
const number = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));

const Answer = v.object({
  Attributes: v.object({
    ApproximateNumberOfMessages: number,
    ApproximateNumberOfMessagesNotVisible: number,
    ApproximateNumberOfMessagesDelayed: number,
  }),
});

/** How many messages a queue of SQS holds, about: its counts are a minute old at times (SQS API Reference, GetQueueAttributes). @throws QueueError */
export async function countSqsMessages(
  queueUrl: string,
  connection: SqsConnection,
  effects: SqsEffects,
  signal: AbortSignal,
): Promise<QueueCounts> {
  const client = new SqsClient(connection, effects);
  const { value } = await client.call<QueueCounts>({
    action: 'GetQueueAttributes',
    queueUrl,
    input: { AttributeNames: Object.keys(Answer.entries.Attributes.entries) },
    read: (answer) => {
      const read = v.safeParse(Answer, answer);
      if (!read.success)
        return { ok: false, problem: `it has no right ${v.getDotPath(read.issues[0]) ?? 'form'}` };
      const { Attributes } = read.output;
      return {
        ok: true,
        value: {
          visible: Attributes.ApproximateNumberOfMessages,
          inFlight: Attributes.ApproximateNumberOfMessagesNotVisible,
          delayed: Attributes.ApproximateNumberOfMessagesDelayed,
        },
      };
    },
    signal,
  });
  return value;
}
