import pMap from 'p-map';
import { BareJobs } from './bare-job.js';
import { BareSqs } from './bare-sqs.js';
import { concurrency, setting } from './env.js';
import { serve } from './serve.js';

/** The floor with the least that a queue takes: ten messages a receive, ten acknowledgements a call. */

interface Received {
  readonly Messages?: readonly {
    readonly MessageId: string;
    readonly ReceiptHandle: string;
    readonly Body: string;
  }[];
}

const MAX_BATCH = 10;
const jobs = new BareJobs(concurrency());
const sqs = new BareSqs();
const QueueUrl = setting('QUEUE_URL');

serve({
  finish: async () => {
    const lanes = Math.ceil(concurrency() / MAX_BATCH);
    await Promise.all(Array.from({ length: lanes }, () => work(Math.ceil(concurrency() / lanes))));
  },
});

/** Takes batches until there are none. */
async function work(atATime: number): Promise<void> {
  for (;;) {
    const { Messages = [] } = (await sqs.call('ReceiveMessage', {
      QueueUrl,
      MaxNumberOfMessages: MAX_BATCH,
    })) as Received; // SQS API Reference
    if (Messages.length === 0) return;
    await pMap(Messages, ({ Body }) => jobs.finish((JSON.parse(Body) as { jobId: string }).jobId), {
      concurrency: atATime,
    });
    const Entries = Messages.map(({ MessageId, ReceiptHandle }) => ({ Id: MessageId, ReceiptHandle }));
    await sqs.call('DeleteMessageBatch', { QueueUrl, Entries });
  }
}
