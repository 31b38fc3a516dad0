import { seconds, hours, type Millis } from '../../lib/domain/units.js';
import { CmqClient } from '../../lib/queue/cmq-client.js';
import { deleteMessages } from '../../lib/queue/cmq-messages.js';
import type { CmqSettings } from '../../lib/queue/cmq-times.js';
import type { CmqQueueConfig } from '../../lib/queue/open-queue.js';
import type { CmqAddress } from '../../lib/queue/queue-url.js';
import type { Examination } from './examination.js';
import { findingsOf, type Finding } from './finding.js';

/** More than a function waits: this machine may be far from the queue. */
const REQUEST_TIMEOUT = seconds(5);

/** The most that a queue of CMQ can be set to (CreateCmqQueue, `MsgRetentionSeconds`). */
const LONGEST_UNACKED = hours(12);

/** No queue has handed it out. */
const MADE_UP_HANDLE = 'docjob-doctor';

const queueFindings = findingsOf('queue');
const permission = findingsOf('permission');

/** Two queues of TDMQ-CMQ: that they are there, as far as its data plane tells, and what is said of them in the settings. */
export async function checkCmq(
  examination: Examination,
  settings: CmqQueueConfig,
  { queue, deadLetters }: { readonly queue: CmqAddress; readonly deadLetters: CmqAddress },
): Promise<readonly Finding[]> {
  const client = clientOf(examination, settings.endpoint);
  return [
    ...(await checkQueue(client, 'QUEUE_URL', queue)),
    ...judgeCmqSettings(settings, examination.functionTimeout),
    await checkSentTo(client, 'DEAD_LETTER_QUEUE_URL', deadLetters),
    permission.skipped(
      'cmqqueue:ReceiveMessage and cmqqueue:SendMessage were not tried: a receive would hide messages, and only one that is sent would show the other',
    ),
    queueFindings.skipped(
      'how the queues are set, rewind among it, is not asked here: npm run deploy:tencent checks it',
    ),
  ];
}

/** Whether the queue of CMQ that manifests are told of is there. */
export async function checkCmqNotices(
  examination: Examination,
  endpoint: URL | undefined,
  queue: CmqAddress,
): Promise<readonly Finding[]> {
  return [await checkSentTo(clientOf(examination, endpoint), 'NOTICE_QUEUE_URL', queue)];
}

function clientOf({ effects, deadline }: Examination, endpoint: URL | undefined): CmqClient {
  return new CmqClient({ endpoint, requestTimeout: REQUEST_TIMEOUT }, { ...effects, deadline });
}

/** Deletes a message that there is not: only who may delete hears that there is none, and only of a queue that is there. */
async function checkQueue(client: CmqClient, name: string, queue: CmqAddress): Promise<readonly Finding[]> {
  const [error] = await deleteMessages(client, queue, [MADE_UP_HANDLE]);
  if (error === undefined || error.disposition === 'job') {
    return [
      queueFindings.ok(`${name} ${queue.url} is there`),
      permission.ok(`cmqqueue:BatchDeleteMessage is granted on ${name}`),
    ];
  }
  if (error.code === 'queue-access-denied') {
    return [permission.problem(error.message, 'grant cmqqueue:BatchDeleteMessage to the key')];
  }
  return [queueFindings.failed(error)];
}

/** A queue that functions only send to: a key that may not delete there is as it should be. */
async function checkSentTo(client: CmqClient, name: string, queue: CmqAddress): Promise<Finding> {
  const [error] = await deleteMessages(client, queue, [MADE_UP_HANDLE]);
  if (error === undefined || error.disposition === 'job')
    return queueFindings.ok(`${name} ${queue.url} is there`);
  if (error.code !== 'queue-access-denied') return queueFindings.failed(error);
  return queueFindings.skipped(
    `whether ${name} is there was not told: the key may not delete from it, and need not`,
  );
}

/** What the settings say of the queue; that they say what is so, nobody asks the control plane here. */
export function judgeCmqSettings(
  { maxUnacked, visibility }: CmqSettings,
  functionTimeout: Millis,
): readonly Finding[] {
  const findings: Finding[] = [];
  if (visibility < functionTimeout) {
    findings.push(
      queueFindings.warning(
        `CMQ_VISIBILITY_SECONDS is ${visibility / 1_000}, less than the ${functionTimeout / 1_000} s of the function: two runs may take the same message`,
        "set the queue's visibility timeout and this variable to the function's timeout and ten seconds",
      ),
    );
  }
  if (maxUnacked < LONGEST_UNACKED) {
    findings.push(
      queueFindings.warning(
        `CMQ_MAX_UNACKED_SECONDS is ${maxUnacked / 1_000}: messages that nobody takes are dropped after that time`,
        `set the queue's MsgRetentionSeconds and this variable to ${LONGEST_UNACKED / 1_000}, the most there is`,
      ),
    );
  }
  if (findings.length > 0) return findings;
  return [queueFindings.ok("the settings give the queue's leases and messages the time that they need")];
}
