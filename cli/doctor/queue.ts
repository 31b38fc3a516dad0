import { openQueue } from '../../lib/queue/open-queue.js';
import type { NoticeConfig } from '../../lib/notices/open-notices.js';
import { DEFAULT_CMQ_SETTINGS } from '../../lib/queue/cmq-times.js';
import { checkBucketQueue } from './bucket-queue.js';
import { checkCmq, checkCmqNotices } from './cmq.js';
import type { Examination } from './examination.js';
import { findingsOf, type Finding } from './finding.js';
import { checkSqs, checkSqsNotices } from './sqs.js';

/** The queue of pending jobs and that of dead letters: that they are two that go together, are there, and are set as docjob needs them. */
export async function checkQueues(examination: Examination): Promise<readonly Finding[]> {
  const { config, effects, deadline } = examination;
  const { ok, skipped, failed } = findingsOf('queue');
  if (config === undefined) return [skipped('the settings name no queue that could be asked')];
  const { queue, deadLetters, cmq = DEFAULT_CMQ_SETTINGS } = config.queue;
  try {
    const opened = await openQueue(config.queue, { ...effects, deadline });
    await opened.close();
  } catch (error) {
    return [failed(error)];
  }
  const pair = ok(`QUEUE_URL and DEAD_LETTER_QUEUE_URL are two queues of ${KINDS[queue.kind]}`);
  const notices = await checkNotices(examination, config.notices);
  try {
    if (queue.kind === 'sqs' && deadLetters.kind === 'sqs')
      return [pair, ...(await checkSqs(examination, config, { queue, deadLetters })), ...notices];
    if (queue.kind === 'cmq' && deadLetters.kind === 'cmq')
      return [pair, ...(await checkCmq(examination, cmq, { queue, deadLetters })), ...notices];
    if (queue.kind === 'cos' && deadLetters.kind === 'cos')
      return [pair, ...(await checkBucketQueue(examination, queue, deadLetters)), ...notices];
  } catch (error) {
    return [failed(error)];
  }
  // Opened above, so it is a pair.
  return [pair];
}

/** The queue that manifests are told of, where there is one. */
async function checkNotices(
  examination: Examination,
  notices: NoticeConfig | undefined,
): Promise<readonly Finding[]> {
  if (notices === undefined) return [];
  const { queue, cmqEndpoint } = notices;
  try {
    switch (queue.kind) {
      case 'sqs':
        return await checkSqsNotices(examination, notices, queue);
      case 'cmq':
        return await checkCmqNotices(examination, cmqEndpoint, queue);
    }
  } catch (error) {
    return [findingsOf('queue').failed(error)];
  }
}

const KINDS = { sqs: 'SQS', cmq: 'TDMQ-CMQ', cos: 'objects in a bucket' } as const;
