import { describe, expect, test } from '@jest/globals';
import { after, epochMs, hours, millis, minutes, seconds, type EpochMs } from '../../lib/domain/units.js';
import { parseCmqDeadLetter } from '../../lib/queue/cmq-dead-letter.js';
import { settleDeliveries, type Ending } from '../../lib/queue/cmq-settle.js';
import { Successors } from '../../lib/queue/cmq-successors.js';
import type { Lease, Outcome, PendingJob } from '../../lib/queue/pending-queue.js';
import { aPendingJob } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { cmqAddress } from './embedded-cmq.js';
import { QUEUE, ScriptedCmq, type ScriptedAnswer, type SeenCall } from './scripted-cmq.js';

const DEAD = cmqAddress('cmq://cmq-bj.public.tencenttdmq.com/dead');
const DONE: Outcome = { kind: 'done' };
const GIVEN_UP: Outcome = { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' };
const again = (delay = seconds(5)): Outcome => ({ kind: 'look-again', delay });

/** The bodies or handles of a call. */
const listed = ({ form }: SeenCall): readonly string[] =>
  Object.entries(form).flatMap(([name, value]) =>
    /^(msgBody|receiptHandle)(\.\d+)?$/.test(name) ? [value] : [],
  );

/** Takes all that it is sent, and deletes all that it is told to. */
const TAKES_ALL = (call: SeenCall): ScriptedAnswer => {
  const msgList = listed(call).map((_, index) => ({ msgId: `m${index}` }));
  return { fields: { code: 0, msgId: 'm', msgList } };
};

/** Settles deliveries of one run, the first of them received first; their handles are `h0`, `h1` and so on. */
async function settle(
  cmq: ScriptedCmq,
  endings: readonly (readonly [body: string | PendingJob, outcome: Outcome, until?: EpochMs])[],
): Promise<readonly (string | undefined)[]> {
  const successors = new Successors();
  const target = {
    client: cmq.client({}, { requestTimeout: seconds(10) }),
    queue: QUEUE,
    deadLetters: DEAD,
    successors,
    longestDelay: hours(1),
    deleteTime: seconds(1),
  };
  const errors = await settleDeliveries(
    endings.map(([of, outcome, until = after(START, minutes(1))], index): Ending => {
      const facts = { id: `id${index}`, firstSeenAt: epochMs(START - index), until };
      const lease: Lease =
        typeof of === 'string'
          ? { ...facts, kind: 'not-a-job', problem: 'no job' }
          : { ...facts, kind: 'job', job: of };
      const body = typeof of === 'string' ? of : JSON.stringify(of);
      return { delivery: { lease, body, receiptHandle: `h${index}`, order: successors.next() }, outcome };
    }),
    target,
  );
  return errors.map((error) => error?.code);
}

/** Action, queue, delay and list of each call. */
const told = (cmq: ScriptedCmq): readonly unknown[] =>
  cmq.calls.map((call) => [
    call.form['Action'],
    call.form['queueName'],
    call.form['delaySeconds'],
    listed(call),
  ]);

describe('settling on CMQ', () => {
  test('of nothing asks nothing', async () => {
    const cmq = new ScriptedCmq(TAKES_ALL);
    expect(await settle(cmq, [])).toEqual([]);
    expect(cmq.calls).toEqual([]);
  });

  test('of a message without a job sends it on as it is, each by itself, before it is deleted', async () => {
    const cmq = new ScriptedCmq(TAKES_ALL);
    expect(
      await settle(cmq, [
        ['no job', again()],
        ['no job', again()],
        ['none', DONE],
      ]),
    ).toEqual([undefined, undefined, undefined]);
    expect(told(cmq)).toEqual([
      ['BatchDeleteMessage', 'jobs', undefined, ['h2']],
      ['BatchSendMessage', 'jobs', '5', ['no job', 'no job']],
      ['BatchDeleteMessage', 'jobs', undefined, ['h0', 'h1']],
    ]);
  });

  test('of copies of a job sends one, due when the first would be, and deletes them all', async () => {
    const cmq = new ScriptedCmq(TAKES_ALL);
    const job = aPendingJob(1);
    await settle(cmq, [
      [job, again(seconds(9))],
      [job, again(seconds(4))],
      [aPendingJob(2), again(seconds(9))],
    ]);
    const copy = (of: PendingJob, index: number): string =>
      JSON.stringify({ ...of, firstSeenAt: START - index });
    expect(told(cmq)).toEqual([
      ['SendMessage', 'jobs', '4', [copy(job, 1)]],
      ['SendMessage', 'jobs', '9', [copy(aPendingJob(2), 2)]],
      ['BatchDeleteMessage', 'jobs', undefined, ['h0', 'h1', 'h2']],
    ]);
  });

  test('puts dead letters into one call, at once, and deletes what they are of', async () => {
    const cmq = new ScriptedCmq(TAKES_ALL);
    await settle(cmq, [
      [aPendingJob(1), GIVEN_UP],
      ['no job', GIVEN_UP],
    ]);
    expect(told(cmq)).toEqual([
      ['BatchSendMessage', 'dead', '0', [expect.anything(), expect.anything()]],
      ['BatchDeleteMessage', 'jobs', undefined, ['h0', 'h1']],
    ]);
    const [, letter] = cmq.calls.flatMap(listed);
    expect(parseCmqDeadLetter(letter ?? '')).toEqual({
      reason: 'too-old',
      detail: 'had its time',
      messageId: 'id1',
      firstSeenAt: START - 1,
      body: 'no job',
    });
  });

  test.each([
    ['a dead letter is sent again: twice is harmless', GIVEN_UP, [undefined], 'SendMessage'],
    ['a copy is not: its original comes back', again(), ['queue-unavailable'], undefined],
  ])('where it is not known whether it arrived, %s', async (_what, outcome, expected, second) => {
    const cmq = new ScriptedCmq((call, index) =>
      index === 0 ? { fields: { code: 6000 } } : TAKES_ALL(call),
    );
    expect(await settle(cmq, [[aPendingJob(1), outcome]])).toEqual(expected);
    expect(cmq.calls[1]?.form['Action']).toBe(second);
  });

  test('sends no more than a batch may have, in bytes', async () => {
    const cmq = new ScriptedCmq(TAKES_ALL);
    const half = 'ü'.repeat(16_384);
    await settle(cmq, [
      [half, again()],
      [half, again()],
      ['x', again()],
    ]);
    expect(told(cmq)).toEqual([
      ['BatchSendMessage', 'jobs', '5', [half, half]],
      ['SendMessage', 'jobs', '5', ['x']],
      ['BatchDeleteMessage', 'jobs', undefined, ['h0', 'h1', 'h2']],
    ]);
  });

  test('leaves time for a delete within the first lease that ends', async () => {
    const cmq = new ScriptedCmq(TAKES_ALL);
    const until = (left: number): EpochMs => after(START, millis(left));
    await settle(cmq, [
      [aPendingJob(1), again(), until(9_000)],
      [aPendingJob(2), again(), until(4_000)],
      [aPendingJob(3), GIVEN_UP, until(8_000)],
    ]);
    const timeouts = cmq.calls.map(({ form, limits }) => [form['Action'], limits.timeout]);
    expect(timeouts).toContainEqual(['BatchSendMessage', 3_000]);
    expect(timeouts).toContainEqual(['SendMessage', 7_000]);
  });

  test('makes no more than eight sends at a time', async () => {
    const cmq = new ScriptedCmq(TAKES_ALL);
    await settle(
      cmq,
      Array.from({ length: 10 }, (_, index) => [aPendingJob(index), again(seconds(index))] as const),
    );
    expect(cmq.calls).toHaveLength(11);
    expect(cmq.peak).toBe(8);
  });

  test.each([
    ['done', DONE],
    ['looked at again', again()],
    ['given up', GIVEN_UP],
  ])('does not take a bug for a failure of what is %s', async (_what, outcome) => {
    const bug = new TypeError('a bug');
    await expect(settle(new ScriptedCmq([bug]), [[aPendingJob(1), outcome]])).rejects.toBe(bug);
  });
});
