import { SQSClient } from '@aws-sdk/client-sqs';
import COS from 'cos-nodejs-sdk-v5';
import pMap from 'p-map';
import { Consumer } from 'sqs-consumer';
import type { Contestant } from './contestant.js';
import { concurrency, setting, source } from './env.js';
import { clientOptions, finishJob } from './peer-job.js';
import { serve } from './serve.js';

/** The same loop with the official SDK and sqs-consumer: batches of ten, acknowledged by one DeleteMessageBatch each; no log, no checks. */

/** SQS hands out ten messages at a time at most, so more jobs at a time take more consumers, as sqs-consumer advises. */
const MAX_BATCH = 10;

serve(peer());

function peer(): Contestant {
  const sqs = new SQSClient({ region: setting('AWS_REGION'), endpoint: setting('AWS_ENDPOINT_URL') });
  const cos = new COS(
    clientOptions(
      new URL(setting('COS_ENDPOINT')),
      setting('TENCENTCLOUD_SECRET_ID'),
      setting('TENCENTCLOUD_SECRET_KEY'),
    ),
  );
  const consumers = Math.ceil(concurrency() / MAX_BATCH);
  // One at a time out of a batch of ten costs less than one message a call.
  const batchSize = consumers === 1 ? MAX_BATCH : Math.ceil(concurrency() / consumers);
  return {
    finish: (jobIds) =>
      new Promise((resolve, reject) => {
        let left = jobIds.length;
        const running = Array.from({ length: consumers }, () =>
          Consumer.create({
            queueUrl: setting('QUEUE_URL'),
            sqs,
            batchSize,
            handleMessageBatch: async (messages) => {
              const ended = await pMap(
                messages,
                async (message) => {
                  const { jobId } = JSON.parse(message.Body ?? '') as { jobId: string };
                  return (await finishJob(cos, jobId, source())) ? [message] : [];
                },
                { concurrency: concurrency() },
              );
              return ended.flat();
            },
          }),
        );
        const stop = (): void => {
          for (const consumer of running) consumer.stop({ abort: true });
        };
        for (const consumer of running) {
          // Acknowledged.
          consumer.on('message_processed', () => {
            left -= 1;
            if (left > 0) return;
            stop();
            resolve();
          });
          consumer.on('error', (error) => {
            // What is aborted at the end is the wait for messages that will not come.
            if (left === 0) return;
            stop();
            reject(error);
          });
          consumer.start();
        }
      }),
  };
}
