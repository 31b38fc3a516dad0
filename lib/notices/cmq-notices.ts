import pMap from 'p-map';
import { DocjobError } from '../domain/docjob-error.js';
import { before, type EpochMs } from '../domain/units.js';
import { splitIntoBatches } from '../queue/batches.js';
import { CLOSING_TIME } from '../queue/closing-time.js';
import { CmqClient, type CmqConnection, type CmqEffects } from '../queue/cmq-client.js';
import { CONCURRENT_CALLS, SEND_BATCH, sendMessages } from '../queue/cmq-messages.js';
import type { CmqAddress } from '../queue/queue-url.js';
import { noticeText, type Notice } from './notice.js';
import type { NoticeQueue } from './notice-queue.js';

/** Which queue, and how to reach it. */
export interface CmqNoticeOptions extends CmqConnection {
  readonly queue: CmqAddress;
}

/** The adapter for TDMQ-CMQ, opened for one run. The connections are the caller's. */
export function openCmqNotices(options: CmqNoticeOptions, effects: CmqEffects): NoticeQueue {
  return new CmqNotices(options, effects);
}

class CmqNotices implements NoticeQueue {
  readonly #queue: CmqAddress;
  readonly #client: CmqClient;

  constructor(options: CmqNoticeOptions, effects: CmqEffects) {
    this.#queue = options.queue;
    this.#client = new CmqClient(options, { ...effects, deadline: before(effects.deadline, CLOSING_TIME) });
  }

  async send(notices: readonly Notice[], until: EpochMs): Promise<readonly (DocjobError | undefined)[]> {
    const batches = splitIntoBatches(notices.map(noticeText), (body) => Buffer.byteLength(body), SEND_BATCH);
    const errors = await pMap(
      batches,
      async (bodies) => {
        const error = await this.#sendBatch(bodies, until);
        return bodies.map(() => error);
      },
      { concurrency: CONCURRENT_CALLS },
    );
    return errors.flat();
  }

  async #sendBatch(bodies: readonly string[], deadline: EpochMs): Promise<DocjobError | undefined> {
    try {
      await sendMessages(this.#client, bodies, { queue: this.#queue, delaySeconds: 0, deadline });
      return undefined;
    } catch (error) {
      if (error instanceof DocjobError) return error;
      throw error;
    }
  }

  close(): Promise<void> {
    return Promise.resolve(); // holds nothing
  }
}
