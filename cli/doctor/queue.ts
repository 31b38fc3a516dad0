import { openQueue } from '../../lib/queue/open-queue.js';
import { DEFAULT_CMQ_SETTINGS } from '../../lib/queue/cmq-times.js';
import { checkBucketQueue } from './bucket-queue.js';
import { checkCmq } from './cmq.js';
import type { Examination } from './examination.js';
import { findingsOf, type Finding } from './finding.js';
import { checkSqs } from './sqs.js';

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
  try {
    if (queue.kind === 'sqs' && deadLetters.kind === 'sqs')
      return [pair, ...(await checkSqs(examination, config.queue, { queue, deadLetters }))];
    if (queue.kind === 'cmq' && deadLetters.kind === 'cmq')
      return [pair, ...(await checkCmq(examination, cmq, { queue, deadLetters }))];
    if (queue.kind === 'cos' && deadLetters.kind === 'cos')
      return [pair, ...(await checkBucketQueue(examination, queue, deadLetters))];
  } catch (error) {
    return [failed(error)];
  }
  // Opened above, so it is a pair.
  return [pair];
}

const KINDS = { sqs: 'SQS', cmq: 'TDMQ-CMQ', cos: 'objects in a bucket' } as const;
