import type { DocjobError } from '../domain/docjob-error.js';
import { between, epochMs, type EpochMs } from '../domain/units.js';
import { LEAST_ATTEMPT } from '../queue/attempts.js';
import { QueueError } from '../queue/queue-error.js';
import { sendInBatches } from '../queue/sqs-batches.js';
import { SqsClient, type SqsConnection, type SqsEffects } from '../queue/sqs-client.js';
import { noticeText, type Notice } from './notice.js';
import type { NoticeQueue } from './notice-queue.js';

/** Which queue, and how to reach it. */
export interface SqsNoticeOptions extends SqsConnection {
  readonly queueUrl: string;
}

const ACTION = 'SendMessageBatch';

/** The adapter for Amazon SQS, a standard queue. */
export function openSqsNotices(options: SqsNoticeOptions, effects: SqsEffects): NoticeQueue {
  return new SqsNotices(options, effects);
}

class SqsNotices implements NoticeQueue {
  readonly #options: SqsNoticeOptions;
  readonly #effects: SqsEffects;

  constructor(options: SqsNoticeOptions, effects: SqsEffects) {
    this.#options = options;
    this.#effects = effects;
  }

  async send(notices: readonly Notice[], until: EpochMs): Promise<readonly (DocjobError | undefined)[]> {
    const { queueUrl } = this.#options;
    const deadline = epochMs(Math.min(until, this.#effects.deadline));
    if (between(this.#effects.clock.now(), deadline) < LEAST_ATTEMPT) {
      const words = `${ACTION} on ${queueUrl} was not sent: there is no time left for it`;
      return notices.map(() => new QueueError('queue-unavailable', words));
    }
    // One for each sending, since each has a time of its own.
    const client = new SqsClient(this.#options, { ...this.#effects, deadline });
    return sendInBatches(notices.map(noticeText), {
      action: ACTION,
      queueUrl,
      sizeOf: (body) => Buffer.byteLength(body),
      send: (entries) =>
        client.send(
          queueUrl,
          entries.map(({ Id, item }) => ({ Id, body: item })),
        ),
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
