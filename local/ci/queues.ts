import type { Exchange } from '../exchange.js';
import type { BucketFacts } from '../cos/bucket.js';
import { xmlAnswer, type Answer } from '../wire/answer.js';
import { invalidArgument, Refusal } from '../wire/refusal.js';
import { valueOf, type Field } from '../wire/request.js';
import { writeDocument, type XmlNode } from '../xml/write.js';
import { readNotifyConfig } from './callback-request.js';
import { writeCiTime } from './ci-time.js';
import { readBody, textOf } from './create-request.js';
import type { JobQueue } from './queue.js';

/** DescribeDocProcessQueues (1045/47935): a bucket has one queue. Asked by IDs, the answer has no counts but names those that do not exist. */
export function describeQueues(
  { request, requestId }: Exchange,
  bucket: BucketFacts,
  queue: JobQueue,
): Answer {
  const ids = (valueOf(request.query, 'queueIds') ?? '').split(',').filter((id) => id !== '');
  const state = valueOf(request.query, 'state') ?? '';
  if (!/^(?:|Active|Paused)$/.test(state)) throw invalidArgument('state must be Active or Paused.');
  const isWanted = (ids.length === 0 || ids.includes(queue.id)) && (state === '' || state === stateOf(queue));
  const list: XmlNode[] = isWanted ? [['QueueList', describe(queue, bucket)]] : [];
  if (ids.length > 0) {
    const missing = ids.filter((id) => id !== queue.id).map((id): XmlNode => ['QueueID', id]);
    const unknown: XmlNode[] = missing.length === 0 ? [] : [['NonExistPIDs', missing]];
    return xmlAnswer(writeDocument(['Response', [['RequestId', requestId], ...list, ...unknown]]));
  }
  return pageAnswer(request.query, requestId, list);
}

/** A page of a list in the form that queues and buckets share. */
export function pageAnswer(query: readonly Field[], requestId: string, entries: readonly XmlNode[]): Answer {
  const pageNumber = pageParameter(query, 'pageNumber', 1);
  const pageSize = pageParameter(query, 'pageSize', 10);
  const first = (pageNumber - 1) * pageSize;
  return xmlAnswer(
    writeDocument([
      'Response',
      [
        ['TotalCount', String(entries.length)],
        ['RequestId', requestId],
        ['PageNumber', String(pageNumber)],
        ['PageSize', String(pageSize)],
        ...entries.slice(first, first + pageSize),
      ],
    ]),
  );
}

/** UpdateDocProcessQueue, in the form of UpdateMediaQueue: takes a name, `Active` or `Paused`, and who is told of jobs that have ended. */
export function updateQueue(exchange: Exchange, bucket: BucketFacts, queue: JobQueue): Answer {
  const { request, operation, requestId, now } = exchange;
  if (operation.subject !== queue.id) throw queueNotFound();
  const root = readBody(request.body, 'Request');
  const name = textOf(root, 'Name');
  const state = textOf(root, 'State');
  if (name === undefined) throw invalidArgument('Name is missing.');
  if (state !== 'Active' && state !== 'Paused') throw invalidArgument('State must be Active or Paused.');
  queue.notification = readNotifyConfig(root) ?? queue.notification;
  queue.name = name;
  queue.setPaused(state === 'Paused', now);
  return xmlAnswer(
    writeDocument([
      'Response',
      [
        ['RequestId', requestId],
        ['Queue', describe(queue, bucket)],
      ],
    ]),
  );
}

/** For a queue ID that is none of the bucket's; CI's table of numbers has it as 1106. */
export function queueNotFound(): Refusal {
  return new Refusal(400, 'QueueNotFound', 'The bucket has no queue of that ID.');
}

function stateOf(queue: JobQueue): string {
  return queue.isPaused ? 'Paused' : 'Active';
}

function describe(queue: JobQueue, bucket: BucketFacts): readonly XmlNode[] {
  const { notification } = queue;
  return [
    ['QueueId', queue.id],
    ['Name', queue.name],
    ['State', stateOf(queue)],
    [
      'NotifyConfig',
      [
        ['Url', notification.url],
        ['Event', notification.event],
        ['Type', notification.type],
        ['State', notification.state],
        ...(notification.state === 'On' ? [['ResultFormat', notification.format] as const] : []),
      ],
    ],
    ['MaxSize', String(queue.limits.maxSize)],
    ['MaxConcurrent', String(queue.limits.maxConcurrent)],
    ['CreateTime', writeCiTime(queue.createdAt)],
    ['UpdateTime', writeCiTime(queue.updatedAt)],
    ['BucketId', bucket.name],
    ['Category', 'DocProcessing'],
  ];
}

function pageParameter(query: readonly Field[], name: string, fallback: number): number {
  const text = valueOf(query, name) ?? '';
  if (text === '') return fallback;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw invalidArgument(`${name} must be a whole number from 1.`);
  return Number(text);
}
