import { epochMs, type EpochMs } from '../../lib/domain/units.js';
import type { Bucket, BucketFacts } from '../cos/bucket.js';
import type { Exchange } from '../exchange.js';
import { emptyAnswer, xmlAnswer, type Answer } from '../wire/answer.js';
import { Refusal } from '../wire/refusal.js';
import { valueOf } from '../wire/request.js';
import { writeElement, type XmlNode } from '../xml/write.js';
import type { CiBehaviour } from './behaviour.js';
import { targetOf } from './callback-request.js';
import type { Callbacks } from './callbacks.js';
import { writeCiTime } from './ci-time.js';
import { checkTemplate, readCreateRequest } from './create-request.js';
import type { JobTable } from './job-table.js';
import { documentedAnswerOf, jobIdIn, writeJobsDetail, writeWithoutResult } from './job-xml.js';
import { isKept, viewOf, type Job, type JobView } from './job.js';
import { pageOfJobs, readJobFilter } from './list-jobs.js';
import { describeQueues, pageAnswer, queueNotFound, updateQueue } from './queues.js';
import { readScript } from './script.js';

/** What the CI side of the cloud works with. */
export interface CiService {
  readonly table: JobTable;
  readonly behaviour: CiBehaviour;
  readonly callbacks: Callbacks;
}

/**
 * Answers a CI request about one bucket that is signed and allowed.
 *
 * @throws Refusal for what CI refuses.
 */
export function answerCi(ci: CiService, exchange: Exchange, bucket: Bucket): Answer {
  try {
    return perform(ci, exchange, bucket);
  } finally {
    ci.callbacks.arm();
  }
}

function perform(ci: CiService, exchange: Exchange, bucket: Bucket): Answer {
  const { facts } = bucket;
  if (!bucket.hasDocProcessing) throw notBound();
  const queue = ci.table.queueOf(facts);
  switch (exchange.operation.name) {
    case 'CreateDocProcessJobs':
      return createJob(ci, exchange, bucket);
    case 'DescribeDocProcessJob':
      return describeJob(ci, exchange, facts);
    case 'DescribeDocProcessJobs':
      return listJobs(ci, exchange, facts);
    case 'CancelDocProcessJob':
      return cancelJob(ci, exchange, facts);
    case 'DescribeDocProcessQueues':
      return describeQueues(exchange, facts, queue);
    case 'UpdateDocProcessQueue':
      return updateQueue(exchange, facts, queue);
    default:
      throw unknownUrl();
  }
}

/** 404 `InvalidUrl`, for a path that CI does not have. */
export function unknownUrl(): Refusal {
  return new Refusal(404, 'InvalidUrl', 'There is no such API.');
}

/** For a bucket that CI is not bound to. The words are CI's own; with which status and code they come, no document says: the code is that of its table of numbers. */
function notBound(): Refusal {
  return new Refusal(403, 'MediaBucketUnBinded', "doc bucket unbinded, bucket's host is unavailable");
}

/** DescribeDocProcessBuckets: the buckets for which the service is open. */
export function describeBuckets({ request, requestId }: Exchange, buckets: readonly BucketFacts[]): Answer {
  const wanted = (name: string): string[] =>
    (valueOf(request.query, name) ?? '').split(',').filter((one) => one !== '' && one !== 'All');
  const regions = wanted('regions');
  const names = wanted('bucketNames');
  const prefix = valueOf(request.query, 'bucketName') ?? '';
  const entries = buckets
    .filter(
      ({ name, region }) =>
        (regions.length === 0 || regions.includes(region)) &&
        (names.length === 0 || names.includes(name)) &&
        name.startsWith(prefix),
    )
    .map(({ name, region, createdAt }): XmlNode => [
      'DocBucketList',
      [
        ['Name', name],
        ['CreateTime', writeCiTime(createdAt)],
        ['Region', region],
        ['AliasBucketId', ''],
        ['BucketId', name],
      ],
    ]);
  return pageAnswer(request.query, requestId, entries);
}

function createJob(
  { table, behaviour, callbacks }: CiService,
  { request, now }: Exchange,
  bucket: Bucket,
): Answer {
  const { queueId, callback: choice, ...asked } = readCreateRequest(request.body);
  const queue = table.queueOf(bucket.facts);
  if (queueId !== undefined && queueId !== queue.id) throw queueNotFound();
  const source = bucket.find(asked.request.object);
  if (source === undefined) throw new Refusal(400, 'ResourceNotFound', 'The input object does not exist.');
  const script = readScript(source.headers);
  checkTemplate(asked.request, script.sheets !== undefined);
  const callback = choice === 'no' ? undefined : (choice ?? targetOf(queue.notification));
  const job = table.create(bucket.facts, { ...asked, script, callback }, now);
  callbacks.created(job);
  // Even with a place free: CI's own answer to a create says so.
  const view: JobView = { state: 'Submitted', startedAt: undefined, endedAt: undefined, shownPages: 0 };
  const waiting = queue.isPaused ? behaviour.waitingInPausedQueue : 'Submitted';
  return jobsAnswer(writeJobsDetail(job, { ...view, state: waiting }));
}

function describeJob(ci: CiService, { operation, now }: Exchange, bucket: BucketFacts): Answer {
  const id = jobIdIn(operation.subject);
  const job = id === undefined ? undefined : ci.table.find(bucket.name, id);
  if (job === undefined || !isKept(job, now)) return unknownJob(ci.behaviour, operation.subject ?? '');
  const view = lookAt(ci, bucket, job, now);
  const documented = documentedAnswerOf(job, view);
  return documented === undefined ? jobsAnswer(writeJobsDetail(job, view)) : xmlAnswer(documented.body);
}

function unknownJob({ unknownJob: manner }: CiBehaviour, id: string): Answer {
  if (manner === 'not-found') throw new Refusal(404, 'ResourceNotFound', 'There is no such job.');
  return jobsAnswer(writeElement(['NonExistJobIds', id]));
}

function listJobs(ci: CiService, { request, now }: Exchange, bucket: BucketFacts): Answer {
  const { behaviour } = ci;
  const filter = readJobFilter(request.query, behaviour.listNeedsQueueId);
  if (filter.queueId !== undefined && filter.queueId !== ci.table.queueOf(bucket).id) throw queueNotFound();
  const then = epochMs(now - behaviour.listLagMs);
  const jobs = ci.table.jobsOf(bucket.name).filter((job) => isKept(job, now) && job.createdAt <= then);
  const page = pageOfJobs(jobs, filter, behaviour, (job) => lookAt(ci, bucket, job, then));
  const details = page.entries.map(({ job, view }) =>
    behaviour.listLacksResults ? writeWithoutResult(job, view) : writeJobsDetail(job, view),
  );
  return jobsAnswer(...details, writeElement(['NextToken', page.nextToken]));
}

/** CancelDocProcessJob: only what waits can be cancelled, and the answer has no body (as CancelMediaJob, 1045/43702). */
function cancelJob(ci: CiService, { operation, now }: Exchange, bucket: BucketFacts): Answer {
  const id = jobIdIn(operation.subject);
  const job = id === undefined ? undefined : ci.table.find(bucket.name, id);
  if (job === undefined || !isKept(job, now)) {
    throw new Refusal(400, 'InvalidArgument', 'There is no such job.');
  }
  if (!ci.table.queueOf(bucket).cancel(job, now)) {
    throw new Refusal(400, 'InvalidArgument', 'The job provided can not be modified.');
  }
  return emptyAnswer(200);
}

/** A job as it is at `now`. */
export function lookAt(
  { table, behaviour }: CiService,
  bucket: BucketFacts,
  job: Job,
  now: EpochMs,
): JobView {
  return viewOf(job, now, table.queueOf(bucket).isPaused ? behaviour.waitingInPausedQueue : 'Submitted');
}

function jobsAnswer(...elements: readonly string[]): Answer {
  return xmlAnswer(`<?xml version="1.0" encoding="utf-8"?>\n<Response>\n${elements.join('\n')}\n</Response>`);
}
