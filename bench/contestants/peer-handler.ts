import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import COS from 'cos-nodejs-sdk-v5';
import { setting, source } from './env.js';
import { clientOptions, finishJob } from './peer-job.js';

/** The peer as a function on a timer: the official SDK, and the AWS client for the queue. It is built for its cold start alone. */

const QueueUrl = setting('QUEUE_URL');
const sqs = new SQSClient({ region: setting('AWS_REGION'), endpoint: setting('AWS_ENDPOINT_URL') });
const cos = new COS(
  clientOptions(
    new URL(setting('COS_ENDPOINT')),
    setting('TENCENTCLOUD_SECRET_ID'),
    setting('TENCENTCLOUD_SECRET_KEY'),
  ),
);

/** Finishes ten jobs. */
export async function handler(): Promise<void> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  const ended = await Promise.all(
    Messages.map(async ({ Body, MessageId, ReceiptHandle }) => {
      const { jobId } = JSON.parse(Body ?? '') as { jobId: string };
      return (await finishJob(cos, jobId, source())) ? [{ Id: MessageId, ReceiptHandle }] : [];
    }),
  );
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: ended.flat() }));
}
