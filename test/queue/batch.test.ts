import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { after, hours, millis, minutes } from '../../lib/domain/units.js';
import { openBatchQueue, type BatchQueue, type DeliveredMessage } from '../../lib/queue/batch.js';
import type { Lease, Outcome } from '../../lib/queue/pending-queue.js';
import { aPendingJob } from '../support/pending-jobs.js';
import { EmbeddedSqs } from './embedded-sqs.js';

const NOW = millis(0);
const DONE: Outcome = { kind: 'done' };
const DEAD: Outcome = { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' };

let aws: EmbeddedSqs;
let batch: BatchQueue;

beforeEach(async () => {
  aws = await EmbeddedSqs.start();
});

afterEach(async () => {
  await batch.close();
  await aws.close();
});

const holdUntil = () => after(aws.clock.now(), minutes(1));
const request = (max = 10) => ({ max, holdUntil: holdUntil(), wait: NOW });

/** Puts bodies in, and receives them as Lambda would, for three minutes. */
async function deliver(...bodies: readonly string[]): Promise<readonly DeliveredMessage[]> {
  for (const body of bodies) aws.sqs.control.send('jobs', body);
  const { messages } = await aws.client().receive({
    queueUrl: aws.urlOf('jobs'),
    max: 10,
    visibilitySeconds: 180,
    waitSeconds: 0,
  });
  return messages;
}

async function open(...bodies: readonly string[]): Promise<readonly Lease[]> {
  batch = openBatchQueue(aws.open(), await deliver(...bodies), holdUntil(), { clock: aws.clock });
  return batch.lease(request());
}

const bodies = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => aPendingJob(index).jobId);

describe('messages that Lambda received for us', () => {
  test('are handed out once, until the end of the call, with the time that SQS saw them first', async () => {
    const sentAt = aws.clock.now();
    const messages = await deliver(...bodies(3));
    aws.advance(minutes(1));
    batch = openBatchQueue(aws.open(), messages, holdUntil(), { clock: aws.clock });
    expect(await batch.lease(request(2))).toMatchObject([
      { kind: 'job', job: aPendingJob(0), firstSeenAt: sentAt, until: holdUntil() },
      { kind: 'job', job: aPendingJob(1) },
    ]);
    expect(await batch.lease(request())).toMatchObject([{ job: aPendingJob(2) }]);
    expect(await batch.lease(request())).toEqual([]);
  });

  test('are all failures as long as nothing was settled', async () => {
    const leases = await open(...bodies(3));
    expect(batch.failures()).toEqual(leases.map(({ id }) => id));
  });

  test('are no failures once they are done or dead, and are gone from the queue', async () => {
    const [done, dead, notAJob] = await open(aPendingJob(1).jobId, aPendingJob(2).jobId, '{');
    if (done === undefined || dead === undefined || notAJob === undefined)
      throw new Error('three were delivered');
    const results = await batch.settle([
      { lease: done, outcome: DONE },
      { lease: dead, outcome: DEAD },
      { lease: notAJob, outcome: { kind: 'dead-letter', reason: 'not-a-job', detail: 'no JSON' } },
    ]);
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(batch.failures()).toEqual([]);
    expect(aws.deadLetters().map(({ reason }) => reason)).toEqual(['too-old', 'not-a-job']);
    expect(aws.sqs.control.messages('jobs')).toEqual([]);
  });

  test('are failures when they are to be looked at again: Lambda must not delete them, and the delay holds', async () => {
    const leases = await open(...bodies(1));
    const [result] = await batch.settle(
      leases.map((lease) => ({ lease, outcome: { kind: 'look-again', delay: minutes(10) } })),
    );
    expect(result?.ok).toBe(true);
    expect(batch.failures()).toEqual(leases.map(({ id }) => id));
    const queue = aws.open();
    aws.advance(millis(minutes(10) - 1));
    expect(await queue.lease(request())).toEqual([]);
    aws.advance(millis(1));
    expect(await queue.lease(request())).toHaveLength(1);
    await queue.close();
  });

  test('can be given the longest delay although nobody knows when Lambda received them', async () => {
    const messages = await deliver(...bodies(1));
    // Lambda may gather a batch for up to five minutes; its queue would hold the messages for longer than that.
    aws.advance(minutes(2));
    batch = openBatchQueue(aws.open(), messages, holdUntil(), { clock: aws.clock });
    const leases = await batch.lease(request());
    const outcome: Outcome = { kind: 'look-again', delay: hours(12) };
    expect((await batch.settle(leases.map((lease) => ({ lease, outcome })))).map(({ ok }) => ok)).toEqual([
      true,
    ]);
  });

  test('stay failures when their settling failed', async () => {
    const leases = await open(...bodies(2));
    aws.sqs.control.fail('DeleteMessageBatch', {
      kind: 'partial',
      entries: [1],
      as: 'ReceiptHandleIsInvalid',
    });
    await batch.settle(leases.map((lease) => ({ lease, outcome: DONE })));
    expect(batch.failures()).toEqual([leases[1]?.id]);
  });

  test('share the queue that further jobs are put into', async () => {
    await open(...bodies(1));
    expect(await batch.enqueue([aPendingJob(7)], NOW)).toMatchObject([{ ok: true }]);
    expect(aws.sqs.control.counts('jobs')).toEqual({ visible: 1, inFlight: 1, delayed: 0 });
  });

  test('close the queue that they are settled in', async () => {
    const queue = aws.open();
    const closed = jest.spyOn(queue, 'close');
    batch = openBatchQueue(queue, [], holdUntil(), { clock: aws.clock });
    await batch.close();
    expect(closed).toHaveBeenCalledTimes(1);
  });

  test('are not handed out to a run that is over', async () => {
    await open();
    const reason = new Error('over');
    await expect(batch.lease({ ...request(), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
