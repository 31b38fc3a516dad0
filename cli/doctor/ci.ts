import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { parseXml } from '../../lib/cos/xml.js';
import type { Examination } from './examination.js';
import { findingsOf, isNotGranted, type Finding } from './finding.js';
import { getRegional } from './regional.js';

/** A page of queues or buckets has a hundred entries of some hundred bytes at most. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** What CI says about a bucket for which the service is not switched on: two sentences that documents tell, without the code and the status that they come with. */
const NOT_SWITCHED_ON = /unbinded|not activated/i;

const { ok, warning, problem, skipped, failed } = findingsOf('ci');

/** CI of the source bucket: that it is bound to the bucket, with document processing switched on, and that its queue gives out work. */
export async function checkCi(examination: Examination): Promise<readonly Finding[]> {
  return [await checkBinding(examination), await checkQueue(examination)];
}

/** A bucket for which document processing is switched on, as CI lists it. */
interface BoundBucket {
  readonly bucket: string;
  readonly region: string;
}

/** DescribeDocProcessBuckets: GET `/docbucket` on CI's regional host. */
async function checkBinding(examination: Examination): Promise<Finding> {
  const { bucket, region } = examination.service.source;
  try {
    const response = await getRegional(examination, '/docbucket', { bucketNames: bucket, pageSize: '100' });
    const bound = parseXml(response, 'Response', MAX_ANSWER_BYTES)
      .children('DocBucketList')
      .map((entry) => ({
        // The documented example has the name in both; which of them counts is not said.
        bucket: entry.text('BucketId') ?? entry.text('Name') ?? '',
        region: entry.text('Region') ?? '',
      }));
    return judgeBinding(bound, { bucket, region });
  } catch (error) {
    // First: it may well come as an AccessDenied.
    if (isNotSwitchedOn(error)) return notSwitchedOn(bucket, error.message);
    if (isNotGranted(error)) {
      return skipped(
        'whether CI is bound to the source bucket was not told: ci:DescribeDocProcessBuckets is not granted, and docjob does without it',
      );
    }
    return failed(error);
  }
}

/** What the list of buckets means for ours. That it has all of them, and those of all regions, is inferred. */
export function judgeBinding(bound: readonly BoundBucket[], { bucket, region }: BoundBucket): Finding {
  const ours = bound.filter((one) => one.bucket === bucket);
  if (ours.some((one) => one.region === region)) {
    return ok(`CI is bound to ${bucket} in ${region}, with document processing switched on`);
  }
  const [elsewhere] = ours;
  if (elsewhere !== undefined) {
    return problem(
      `CI knows ${bucket} in ${elsewhere.region}, not in ${region}`,
      'set SOURCE_REGION to its region',
    );
  }
  return notSwitchedOn(bucket, 'it is not among those that CI lists');
}

/** DescribeDocProcessQueues (1045/47935). */
async function checkQueue({ client, service, settings }: Examination): Promise<Finding> {
  const { bucket, region } = service.source;
  const queueId = settings['CI_QUEUE_ID']?.trim() ?? '';
  const query: Record<string, string> = queueId === '' ? { pageSize: '100' } : { queueIds: queueId };
  try {
    const queues = await client.send(
      { family: 'ci', bucket, region, method: 'GET', path: '/docqueue', query },
      (response) =>
        parseXml(response, 'Response', MAX_ANSWER_BYTES)
          .children('QueueList')
          .map((queue) => ({
            id: queue.requiredText('QueueId'),
            name: queue.text('Name') ?? '',
            state: queue.requiredText('State'),
          })),
    );
    return judgeQueues(queues, bucket, queueId === '' ? undefined : queueId);
  } catch (error) {
    // First: it may well come as an AccessDenied.
    if (isNotSwitchedOn(error)) return notSwitchedOn(bucket, error.message);
    if (isNotGranted(error)) {
      return skipped(
        "the state of CI's queue was not told: ci:DescribeDocProcessQueues is not granted, and docjob does without it",
      );
    }
    return failed(error);
  }
}

/** A queue as CI describes it. */
interface CiQueue {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

/**
 * What the queues of a bucket mean.
 *
 * @param wanted `CI_QUEUE_ID`
 */
export function judgeQueues(queues: readonly CiQueue[], bucket: string, wanted: string | undefined): Finding {
  if (wanted !== undefined && !queues.some(({ id }) => id === wanted)) {
    return problem(`${bucket} has no CI queue ${wanted}`, 'correct CI_QUEUE_ID, or unset it');
  }
  if (queues.length === 0)
    return notSwitchedOn(bucket, 'it has no queue of CI, which comes with the service');
  const named = queues.map(({ id, name, state }) => `${id} (${name}) is ${state}`).join(', ');
  const paused = queues.filter(({ state }) => state === 'Paused');
  if (paused.length === queues.length) {
    return problem(
      `the CI queue ${named}: no job begins`,
      "resume it in CI's console, or with UpdateDocProcessQueue",
    );
  }
  const isKnown = queues.every(({ state }) => state === 'Active' || state === 'Paused');
  if (isKnown && paused.length === 0) return ok(`the CI queue ${named}`);
  return warning(`of the CI queues, ${named}`, 'see that jobs go into one that is Active');
}

/** Whether CI says that document processing is not switched on, by its code or its words. */
export function isNotSwitchedOn(error: unknown): error is ServiceError {
  return (
    error instanceof ServiceError &&
    (error.serviceCode === 'MediaBucketUnBinded' || NOT_SWITCHED_ON.test(error.serviceMessage ?? ''))
  );
}

function notSwitchedOn(bucket: string, why: string): Finding {
  return problem(
    `document processing seems not to be switched on for ${bucket}: ${why} (how CI answers then is not documented)`,
    "bind CI to the bucket and switch document processing on in CI's console",
  );
}
