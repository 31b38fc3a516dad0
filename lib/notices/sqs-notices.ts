import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DocjobError } from '../domain/docjob-error.js';
import type { Clock } from '../domain/effects.js';
import { between, millis, type EpochMs } from '../domain/units.js';
import { QueueError } from '../queue/queue-error.js';
import { sendInBatches } from '../queue/sqs-batches.js';
import { createSqsClient, type SqsConnection } from '../queue/sqs-client.js';
import { noticeText, type Notice } from './notice.js';
import type { NoticeQueue } from './notice-queue.js';

/** Which queue, and how to reach it. */
export interface SqsNoticeOptions extends SqsConnection {
  readonly queueUrl: string;
}

/** Less time than this is not worth a call, as on CMQ. */
const LEAST_TIME = millis(100);

const ACTION = 'SendMessageBatch';

/** The adapter for Amazon SQS, a standard queue. It closes its client; another than the options say is for simulations. */
export function openSqsNotices(
  options: SqsNoticeOptions,
  effects: { readonly clock: Clock },
  client: SQSClient = createSqsClient(options),
): NoticeQueue {
  return new SqsNotices(options.queueUrl, effects.clock, client);
}

class SqsNotices implements NoticeQueue {
  readonly #queueUrl: string;
  readonly #clock: Clock;
  readonly #client: SQSClient;

  constructor(queueUrl: string, clock: Clock, client: SQSClient) {
    this.#queueUrl = queueUrl;
    this.#clock = clock;
    this.#client = client;
  }

  async send(notices: readonly Notice[], until: EpochMs): Promise<readonly (DocjobError | undefined)[]> {
    const queueUrl = this.#queueUrl;
    const left = between(this.#clock.now(), until);
    if (left < LEAST_TIME) {
      const words = `${ACTION} on ${queueUrl} was not sent: there is no time left for it`;
      return notices.map(() => new QueueError('queue-unavailable', words));
    }
    const [timeIsUp, done] = [new AbortController(), new AbortController()];
    this.#clock.sleep(left, done.signal).then(
      () => timeIsUp.abort(),
      () => undefined,
    );
    try {
      return await sendInBatches(notices.map(noticeText), {
        action: ACTION,
        queueUrl,
        sizeOf: (body) => Buffer.byteLength(body),
        send: (entries) =>
          this.#client.send(
            new SendMessageBatchCommand({
              QueueUrl: queueUrl,
              Entries: entries.map(({ Id, item }) => ({ Id, MessageBody: item })),
            }),
            { abortSignal: timeIsUp.signal },
          ),
      });
    } finally {
      done.abort();
    }
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }
}
