import { describe, expect, test } from '@jest/globals';
import { readAttributes, readBatch, readReceived } from '../../lib/queue/sqs-answers.js';
import type { FailedEntry } from '../../lib/queue/sqs-errors.js';

const MD5_OF_D1 = '9948c645c094247794f4c7acdbeb2bb6';
const WHOLE = {
  MessageId: 'm1',
  ReceiptHandle: 'h1',
  Body: 'd1',
  MD5OfBody: MD5_OF_D1,
  Attributes: { SentTimestamp: '1700000000000' },
};

describe("the answer about a queue's attributes", () => {
  test.each([
    [{ Attributes: { VisibilityTimeout: '30' } }, { VisibilityTimeout: '30' }],
    [{}, {}],
    [{ Attributes: null }, {}],
  ])('%j tells them', (answer, value) => {
    expect(readAttributes(answer)).toEqual({ ok: true, value });
  });

  test.each([
    ['text', 'it is no object'],
    [{ Attributes: { VisibilityTimeout: 30 } }, 'it has no right Attributes.VisibilityTimeout'],
  ])('is none where it is %j', (answer, problem) => {
    expect(readAttributes(answer)).toEqual({ ok: false, problem });
  });
});

describe('the answer to a receive', () => {
  test('tells the messages, and nothing of what else stands there', () => {
    const answer = { Messages: [{ ...WHOLE, More: 1 }], More: 2 };
    const attributes = { SentTimestamp: '1700000000000' };
    const messages = [{ messageId: 'm1', receiptHandle: 'h1', body: 'd1', attributes }];
    expect(readReceived(answer)).toEqual({ ok: true, value: { messages, damaged: [] } });
  });

  test.each([{}, { Messages: null }, { Messages: [] }])('may hold none: %j', (answer) => {
    expect(readReceived(answer)).toEqual({ ok: true, value: { messages: [], damaged: [] } });
  });

  test.each([
    [null, 'it is no object'],
    ['text', 'it is no object'],
    [{ Messages: 'm' }, 'it has no right Messages'],
    [{ Messages: {} }, 'it has no right Messages'],
  ])('is none where it is %j', (answer, problem) => {
    expect(readReceived(answer)).toEqual({ ok: false, problem });
  });

  test.each([
    ['no MD5', { MD5OfBody: undefined }],
    ['null for an MD5', { MD5OfBody: null }],
    ['an empty body', { Body: '', MD5OfBody: 'd41d8cd98f00b204e9800998ecf8427e' }],
    ['a body beyond ASCII', { Body: '你好', MD5OfBody: '7eca689f0d3389d9dea66ae112e5cfd7' }],
    ['an ID of a hundred characters', { MessageId: 'm'.repeat(100) }],
    ['a time of fifteen digits', { Attributes: { SentTimestamp: '9'.repeat(15) } }],
  ])('has a whole message with %s', (_what, change) => {
    const read = readReceived({ Messages: [{ ...WHOLE, ...change }] });
    expect(read).toMatchObject({ ok: true, value: { messages: [{ receiptHandle: 'h1' }], damaged: [] } });
  });

  test.each([
    ['without an ID', { MessageId: undefined }, undefined, 'MessageId'],
    ['with an empty ID', { MessageId: '' }, undefined, 'MessageId'],
    ['with an endless ID', { MessageId: 'm'.repeat(101) }, undefined, 'MessageId'],
    ['without a receipt handle', { ReceiptHandle: undefined }, 'm1', 'ReceiptHandle'],
    ['with an empty receipt handle', { ReceiptHandle: '' }, 'm1', 'ReceiptHandle'],
    ['without a body', { Body: null }, 'm1', 'Body'],
    ['without attributes', { Attributes: undefined }, 'm1', 'Attributes'],
    ['without the time it was sent', { Attributes: {} }, 'm1', 'Attributes.SentTimestamp'],
    ['sent at no time', { Attributes: { SentTimestamp: '' } }, 'm1', 'Attributes.SentTimestamp'],
    [
      'sent at what begins as a time',
      { Attributes: { SentTimestamp: '1e3' } },
      'm1',
      'Attributes.SentTimestamp',
    ],
    [
      'sent at what ends as a time',
      { Attributes: { SentTimestamp: '-1' } },
      'm1',
      'Attributes.SentTimestamp',
    ],
    [
      'sent in an endless future',
      { Attributes: { SentTimestamp: '9'.repeat(16) } },
      'm1',
      'Attributes.SentTimestamp',
    ],
    ['with an MD5 that is no text', { MD5OfBody: 7 }, 'm1', 'MD5OfBody'],
  ])('tells of a message %s, and of the others', (_what, change, messageId, field) => {
    const read = readReceived({
      Messages: [
        { ...WHOLE, ...change },
        { ...WHOLE, MessageId: 'm2' },
      ],
    });
    expect(read).toMatchObject({
      ok: true,
      value: {
        messages: [{ messageId: 'm2' }],
        damaged: [{ messageId, problem: `it has no right ${field}` }],
      },
    });
  });

  test('tells of a message whose body was damaged on the way, and of what is none at all', () => {
    expect(readReceived({ Messages: [{ ...WHOLE, Body: 'd2' }, 7] })).toEqual({
      ok: true,
      value: {
        messages: [],
        damaged: [
          { messageId: 'm1', problem: 'its body is not what its MD5 was made of' },
          { messageId: undefined, problem: 'it is no object' },
        ],
      },
    });
  });
});

describe('the answer to a batch', () => {
  const NONE = new Map<string, string>();

  test('tells which entries succeeded and which failed, and how', () => {
    const answer = {
      Successful: [{ Id: '0' }, { Id: '1', MD5OfMessageBody: null }],
      Failed: [
        { Id: '2', Code: 'Odd', Message: 'so it is', SenderFault: true },
        { Id: '3', Code: 'Even', SenderFault: false },
        { Id: '4', Code: null, Message: null, SenderFault: null },
        { Id: '5' },
      ],
    };
    const nothing = { code: 'no code', message: undefined, isOurs: undefined };
    expect(readBatch(answer, NONE)).toEqual({
      ok: true,
      value: {
        succeeded: new Set(['0', '1']),
        failed: new Map<string, FailedEntry>([
          ['2', { code: 'Odd', message: 'so it is', isOurs: true }],
          ['3', { code: 'Even', message: undefined, isOurs: false }],
          ['4', nothing],
          ['5', nothing],
        ]),
      },
    });
  });

  test.each([{}, { Successful: null, Failed: null }])('may tell nothing: %j', (answer) => {
    expect(readBatch(answer, NONE)).toEqual({ ok: true, value: { succeeded: new Set(), failed: new Map() } });
  });

  test.each([
    [7, 'it is no object'],
    [null, 'it is no object'],
    [{ Successful: {} }, 'it has no right Successful'],
    [{ Successful: [{}] }, 'it has no right Successful.0.Id'],
    [{ Successful: [{ Id: '0', MD5OfMessageBody: 7 }] }, 'it has no right Successful.0.MD5OfMessageBody'],
    [{ Failed: [{ Id: '0' }, { Id: 1 }] }, 'it has no right Failed.1.Id'],
    [{ Failed: [{ Id: '0', SenderFault: 'true' }] }, 'it has no right Failed.0.SenderFault'],
  ])('is none where it is %j: then nothing in it is believed', (answer, problem) => {
    expect(readBatch(answer, NONE)).toEqual({ ok: false, problem });
  });

  test.each([
    ['d1', MD5_OF_D1, true],
    ['d1', undefined, true],
    ['d2', MD5_OF_D1, false],
    ['d1', '', false],
    [undefined, MD5_OF_D1, true],
  ])('about the body %j with the MD5 %j counts as success: %j', (body, md5, expected) => {
    const bodies = body === undefined ? NONE : new Map([['0', body]]);
    const read = readBatch({ Successful: [{ Id: '0', MD5OfMessageBody: md5 }] }, bodies);
    const damaged = { code: 'damaged', message: 'SQS took another body than was sent', isOurs: false };
    expect(read).toEqual({
      ok: true,
      value: expected
        ? { succeeded: new Set(['0']), failed: new Map() }
        : { succeeded: new Set(), failed: new Map([['0', damaged]]) },
    });
  });
});
