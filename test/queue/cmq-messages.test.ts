import { describe, expect, test } from '@jest/globals';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { seconds } from '../../lib/domain/units.js';
import { deleteMessages, receiveMessages, sendMessages } from '../../lib/queue/cmq-messages.js';
import { START } from '../support/virtual-clock.js';
import { QUEUE, ScriptedCmq, type ScriptedAnswer, type SeenCall } from './scripted-cmq.js';

const SEND = { queue: QUEUE, delaySeconds: 7 };
const HANDLES = ['h1', 'h2', 'h3'];
const OK = { fields: { code: 0 } };
const BUG = new TypeError('a bug');

const entry = (receiptHandle: string, code = 6000, message?: string): object => ({
  code,
  receiptHandle,
  ...(message === undefined ? {} : { message }),
});
const failed = (code: number, ...errorList: readonly object[]): ScriptedAnswer => ({
  fields: { code, requestId: 'r-1', errorList },
});

/** The handles of a delete. */
function handlesOf({ form }: SeenCall): readonly string[] {
  expect(form).toMatchObject({ Action: 'BatchDeleteMessage', queueName: 'jobs' });
  const handles = Object.entries(form).filter(([name]) => name.startsWith('receiptHandle'));
  expect(handles.map(([name]) => name)).toEqual(handles.map((_, index) => `receiptHandle.${index}`));
  return handles.map(([, handle]) => handle);
}

describe('sending to CMQ', () => {
  test.each([
    [['d1'], { Action: 'SendMessage', msgBody: 'd1' }, { msgId: 'm1' }],
    [
      ['d1', 'd2'],
      { Action: 'BatchSendMessage', 'msgBody.0': 'd1', 'msgBody.1': 'd2' },
      { msgList: [{ msgId: 'm1' }, { msgId: 'm2' }] },
    ],
  ])('puts %j into one call', async (bodies, form, answer) => {
    const cmq = new ScriptedCmq([{ fields: { code: 0, ...answer } }]);
    await sendMessages(cmq.client(), bodies, SEND);
    expect(cmq.calls.map((call) => call.form)).toMatchObject([
      { queueName: 'jobs', delaySeconds: '7', ...form },
    ]);
  });

  test.each([
    [
      'of another code',
      ['d1'],
      { code: 7000, msgId: 'm1' },
      /SendMessage .*other messages \(request ID r-1\)/,
    ],
    [
      'about fewer',
      ['d1', 'd2'],
      { code: 0, msgList: [{ msgId: 'm1' }] },
      /BatchSendMessage .*other messages/,
    ],
    ['without IDs', ['d1', 'd2'], { code: 0, msgList: [{}, {}] }, /BatchSendMessage .*msgId/],
    ['without an ID', ['d1'], { code: 0 }, /SendMessage .*msgId/],
    ['about a batch', ['d1'], { code: 0, msgList: [{ msgId: 'm1' }] }, /SendMessage .*msgId/],
  ])('is not known to have worked by an answer %s', async (_what, bodies, fields, words) => {
    const cmq = new ScriptedCmq([{ fields: { requestId: 'r-1', ...fields } }]);
    const sent = sendMessages(cmq.client(), bodies, SEND);
    await expect(sent).rejects.toMatchObject({ code: 'queue-unavailable', requestId: 'r-1' });
    await expect(sent).rejects.toThrow(words);
  });
});

describe('deleting from CMQ', () => {
  test.each([
    [0, []],
    [1, [1]],
    [16, [16]],
    [17, [16, 1]],
    [32, [16, 16]],
  ])('%d messages takes calls of %j', async (count, sizes) => {
    const cmq = new ScriptedCmq([OK]);
    const handles = Array.from({ length: count }, (_, index) => `h${index}`);
    expect(await deleteMessages(cmq.client(), QUEUE, handles)).toEqual(handles.map(() => undefined));
    expect(cmq.calls.map((call) => handlesOf(call).length)).toEqual(sizes);
    expect(cmq.calls.flatMap(handlesOf)).toEqual(handles);
  });

  test('is done in no more than eight calls at a time', async () => {
    const cmq = new ScriptedCmq([OK]);
    await deleteMessages(
      cmq.client(),
      QUEUE,
      Array.from({ length: 160 }, (_, index) => `h${index}`),
    );
    expect(cmq.calls).toHaveLength(10);
    expect(cmq.peak).toBe(8);
  });

  const ALL_UNAVAILABLE = HANDLES.map(() => 'queue-unavailable');
  test.each([
    [
      'an entry that may pass is tried once more, by itself',
      [failed(6010, entry('h2')), OK],
      [undefined, undefined, undefined],
      [['h2']],
    ],
    [
      'all that may pass are tried once more',
      [failed(6020, entry('h1'), entry('h2'), entry('h3')), OK],
      [undefined, undefined, undefined],
      [HANDLES],
    ],
    [
      'an entry that fails twice is told',
      [failed(6010, entry('h2')), failed(6020, entry('h2'))],
      [undefined, 'queue-unavailable', undefined],
      [['h2']],
    ],
    [
      'an entry that fails in another way then is told by that',
      [failed(6010, entry('h2')), failed(6020, entry('h2', 4430))],
      [undefined, 'lease-lost', undefined],
      [['h2']],
    ],
    [
      'an entry whose lease is lost is not tried again',
      [failed(6010, entry('h2', 4430))],
      [undefined, 'lease-lost', undefined],
      [],
    ],
    [
      'an entry with code 0 has not failed',
      [failed(6010, entry('h1', 0), entry('h2', 4430))],
      [undefined, 'lease-lost', undefined],
      [],
    ],
    [
      'an entry that is none of ours says nothing',
      [failed(6010, entry('h9', 4430), entry('h2', 4430))],
      [undefined, 'lease-lost', undefined],
      [],
    ],
    [
      'of a failure of all each has failed, named or not',
      [failed(6020, entry('h2', 4430)), OK],
      [undefined, 'lease-lost', undefined],
      [['h1', 'h3']],
    ],
    [
      'a failure in part that names none is one of all',
      [failed(6010, entry('h9'))],
      ALL_UNAVAILABLE,
      [HANDLES],
    ],
    [
      'an entry that failed counts, whatever the code of all',
      [failed(0, entry('h2', 4430))],
      [undefined, 'lease-lost', undefined],
      [],
    ],
    [
      'an entry whose code is no number is not believed, and the call is tried as often as any',
      [failed(6010, entry('h2', 0.5))],
      ALL_UNAVAILABLE,
      [HANDLES, HANDLES],
    ],
  ])('tells of each message what became of it: %s', async (_what, answers, expected, again) => {
    const cmq = new ScriptedCmq(answers);
    const errors = await deleteMessages(cmq.client(), QUEUE, HANDLES);
    expect(errors.map((error) => error?.code)).toEqual(expected);
    expect(cmq.calls.map(handlesOf)).toEqual([HANDLES, ...again]);
  });

  test.each([
    ['in the words of the service', 'no longer there', /code 4999: no longer there \(request ID r-1\)/],
    ['by its code where there are none', undefined, /code 4999: ? ?\(request ID r-1\)/],
  ])('tells a failed entry %s', async (_how, said, words) => {
    const cmq = new ScriptedCmq([failed(6020, entry('h1', 4999, said))]);
    const [error] = await deleteMessages(cmq.client(), QUEUE, ['h1']);
    expect(error).toMatchObject({ code: 'message-refused', requestId: 'r-1' });
    expect(error?.message).toMatch(words);
  });

  test('that fails without saying for which message is told by its code and its request', async () => {
    const cmq = new ScriptedCmq([failed(6020)]);
    const [error] = await deleteMessages(cmq.client(), QUEUE, ['h1']);
    expect(error).toMatchObject({ code: 'queue-unavailable', requestId: 'r-1' });
    expect(error?.message).toMatch(/BatchDeleteMessage on cmq:.* code 6020 without this message/);
  });

  test('that fails as a whole is told of each message, after the attempts of any call', async () => {
    const cmq = new ScriptedCmq([{ fields: { code: 6000, requestId: 'r-1' } }]);
    const errors = await deleteMessages(cmq.client(), QUEUE, HANDLES);
    expect(errors.map((error) => error?.code)).toEqual(HANDLES.map(() => 'queue-unavailable'));
    expect(cmq.calls).toHaveLength(3);
  });

  test('does not take a bug for a failure', async () => {
    const cmq = new ScriptedCmq([BUG]);
    await expect(deleteMessages(cmq.client(), QUEUE, HANDLES)).rejects.toBe(BUG);
  });
});

describe('receiving from CMQ', () => {
  const receive = (cmq: ScriptedCmq) =>
    receiveMessages(cmq.client(), { queue: QUEUE, wait: seconds(3), parameters: { numOfMsg: '5' } });
  const message = { msgId: 'm1', msgBody: 'd1', receiptHandle: 'h1' };
  const answering = (fields: object) =>
    new ScriptedCmq([{ fields: { code: 0, requestId: 'r-1', ...fields } }]);

  test('brings messages with when they were asked for', async () => {
    const cmq = answering({ msgInfoList: [message] });
    const receipt = await receive(cmq);
    expect(receipt).toEqual({ messages: [message], sentAt: START, serverDate: undefined });
    expect(cmq.calls.map(({ form, limits }) => [form['Action'], form['numOfMsg'], limits.timeout])).toEqual([
      ['BatchReceiveMessage', '5', 4_000],
    ]);
  });

  test('brings nothing where there is nothing', async () => {
    const cmq = new ScriptedCmq([{ fields: { code: 7000, message: '(10200)no message' } }]);
    expect(await receive(cmq)).toEqual({ messages: [], sentAt: START, serverDate: undefined });
  });

  test.each([
    [0, undefined],
    [1, 1],
    [1_767_225_600, 1_767_225_600],
    [99_999_999_999, 99_999_999_999],
    [100_000_000_000, undefined],
    [1_767_225_600.5, undefined],
    ['1767225600', undefined],
  ])('believes a time of %j only as one in seconds: %j', async (told, believed) => {
    const { messages } = await receive(
      answering({ msgInfoList: [{ ...message, enqueueTime: told, nextVisibleTime: told }] }),
    );
    expect(messages).toEqual([{ ...message, enqueueTime: believed, nextVisibleTime: believed }]);
  });

  test.each(['msgId', 'msgBody', 'receiptHandle'])(
    'takes a message without its %s for no answer',
    async (name) => {
      const received = receive(answering({ msgInfoList: [message, { ...message, [name]: undefined }] }));
      await expect(received).rejects.toBeInstanceOf(DocjobError);
      await expect(received).rejects.toThrow(`BatchReceiveMessage on ${QUEUE.url} failed`);
      await expect(received).rejects.toThrow(`msgInfoList.1.${name}`);
    },
  );

  test('takes a message with an empty handle, which nothing could delete, for no answer', async () => {
    const received = receive(answering({ msgInfoList: [{ ...message, receiptHandle: '' }] }));
    await expect(received).rejects.toThrow('receiptHandle');
  });
});
