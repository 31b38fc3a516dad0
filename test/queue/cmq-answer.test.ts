import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { readAnswer, readFields, type CmqAnswer } from '../../lib/queue/cmq-answer.js';
import { START } from '../support/virtual-clock.js';

const ASKED = { action: 'SendMessage', queueUrl: 'cmq://cmq-bj.public.tencenttdmq.com/jobs' };
const TIMES = { sentAt: START, serverDate: undefined };

function read(status: number, body: unknown, token?: string): CmqAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readAnswer({ status, headers: {}, body: Buffer.from(text) }, ASKED, TIMES, token);
}

describe('an answer of CMQ', () => {
  test.each([0, 7000, 6010, 6020])('with code %d is one, with all its fields', (code) => {
    const fields = { code, message: 'said', requestId: 'r-1', msgId: 'm-1' };
    expect(read(200, fields)).toEqual({ code, fields, requestId: 'r-1', ...TIMES });
  });

  test('need not have a message or a request ID, and may come under any status of success', () => {
    expect(read(299, { code: 0 })).toMatchObject({ code: 0, requestId: undefined });
  });

  test.each([7000, 6010, 6020])('counts by its code %d, whatever its status', (code) => {
    expect(read(500, { code })).toMatchObject({ code });
  });

  test.each([
    [299, 'nonsense', 'queue-unavailable', 'not JSON with a code'],
    [200, 'null', 'queue-unavailable', 'not JSON with a code'],
    [200, [0], 'queue-unavailable', 'not JSON with a code'],
    [200, { code: 0.5 }, 'queue-unavailable', 'not JSON with a code'],
    [200, { code: 0, requestId: 7 }, 'queue-unavailable', 'not JSON with a code'],
    [300, 'nonsense', 'queue-call-refused', 'status 300'],
    [300, { code: 0 }, 'queue-call-refused', 'status 300'],
    [500, { code: 4440 }, 'queue-not-found', 'code 4440'],
    [200, { code: 6070 }, 'queue-throttled', 'code 6070'],
  ])('is a failure under status %d as %j: %s', (status, body, code, words) => {
    expect(() => read(status, body)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    );
  });

  test('that failed without words is told by its code', () => {
    expect(() => read(200, { code: 6000 })).toThrow(/code 6000:? *$/);
  });

  test.each([
    ['t0ken', /cannot parse Token=…&undefined=…$/],
    [undefined, /cannot parse Token=t0ken&undefined=t0ken$/],
  ])('is quoted without the token that was sent: %s', (token, words) => {
    const message = '(10420)cannot parse Token=t0ken&undefined=t0ken';
    expect(() => read(200, { code: 4000, message }, token)).toThrow(words);
  });

  test('is not believed where a field is wrong, and the error names it', () => {
    const List = v.object({ msgList: v.array(v.object({ msgId: v.string() })) });
    const answer = read(200, { code: 0, requestId: 'r-1', msgList: [{ msgId: 'm-1' }, { msgId: 7 }] });
    expect(() => readFields(answer, List, ASKED)).toThrow(
      expect.objectContaining({
        code: 'queue-unavailable',
        requestId: 'r-1',
        message: expect.stringContaining('msgList.1.msgId'),
      }),
    );
  });
});
