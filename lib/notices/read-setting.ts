import type { EnvReader } from '../env-reader.js';
import { parseQueueUrl, type QueueAddress, type QueueKind } from '../queue/open-queue.js';
import type { NoticeAddress } from './open-notices.js';

/** `NOTICE_QUEUE_URL`: a queue of its own, of any kind that messages can be taken from; undefined where it is not set, or with a problem noted. */
export function readNoticeQueue(
  read: EnvReader,
  others: {
    readonly queue: QueueAddress | undefined;
    readonly deadLetters: QueueAddress | undefined;
    readonly kind: QueueKind | undefined;
  },
): NoticeAddress | undefined {
  const text = read.text('NOTICE_QUEUE_URL');
  if (text === undefined) return undefined;
  const address = parseQueueUrl(text, others.kind);
  switch (address.kind) {
    case 'refused':
      read.problem(`NOTICE_QUEUE_URL: ${address.problem}`);
      return undefined;
    case 'cos':
      read.problem(
        `NOTICE_QUEUE_URL is ${address.url}, but a bucket hands out no messages, and a consumer would poll it as it would poll for manifests: use a ` +
          'queue of SQS or TDMQ-CMQ, or leave it out and have COS tell of new manifests',
      );
      return undefined;
    case 'sqs':
    case 'cmq':
      for (const name of ['queue', 'deadLetters'] as const) {
        if (!isSameQueue(address, others[name])) continue;
        const variable = name === 'queue' ? 'QUEUE_URL' : 'DEAD_LETTER_QUEUE_URL';
        read.problem(
          `NOTICE_QUEUE_URL and ${variable} are the same queue, where notices would be taken for jobs: use another queue`,
        );
      }
      return address;
  }
}

/** Names of CMQ are case-insensitive, and a queue of CMQ has two hosts. */
function isSameQueue(one: NoticeAddress, other: QueueAddress | undefined): boolean {
  if (one.kind === 'cmq' && other?.kind === 'cmq')
    return one.queueName.toLowerCase() === other.queueName.toLowerCase();
  return one.url === other?.url;
}
