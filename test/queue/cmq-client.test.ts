import { describe, expect, test } from '@jest/globals';
import { TransportError } from '../../lib/cos/errors/transport-error.js';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import type { SigningCredentials } from '../../lib/cos-signer/index.js';
import { DocjobError, type Disposition } from '../../lib/domain/docjob-error.js';
import { after, hours, millis, minutes, seconds } from '../../lib/domain/units.js';
import type { CmqCall } from '../../lib/queue/cmq-client.js';
import { signCmq } from '../../lib/queue/cmq-signing.js';
import { START } from '../support/virtual-clock.js';
import { KEY, QUEUE, ScriptedCmq } from './scripted-cmq.js';

const CALL: CmqCall = { action: 'SendMessage', queue: QUEUE, parameters: { msgBody: 'd1' } };
const OK = { fields: { code: 0 } };
const UNAVAILABLE = { fields: { code: 6000 } };
const THROTTLED = { fields: { code: 4420 } };
const REFUSED = { fields: { code: 4100 } };
const NEVER = new Promise<SigningCredentials>(() => undefined);
const nothing = (): void => undefined;

describe('a call of CMQ', () => {
  test('is a signed form for the service, whatever it connects to', async () => {
    const cmq = new ScriptedCmq([OK]);
    const endpoint = new URL('http://127.0.0.1:8080');
    await cmq.client({}, { endpoint }).call({ ...CALL, parameters: { msgBody: '你好 &' } }, nothing);
    const [seen] = cmq.calls;
    expect(seen?.request).toMatchObject({
      method: 'POST',
      path: '/v2/index.php',
      target: { host: 'cmq-bj.public.tencenttdmq.com', hostname: '127.0.0.1', port: 8080 },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(seen?.request.headers['content-length']).toBe(String(seen?.request.body?.byteLength));
    const { Signature, ...signed } = seen?.form ?? {};
    expect(signed).toEqual({
      Action: 'SendMessage',
      queueName: 'jobs',
      msgBody: '你好 &',
      SecretId: KEY.secretId,
      SignatureMethod: 'HmacSHA256',
      Timestamp: String(START / 1_000),
      Nonce: String(2 ** 47 + 1),
    });
    expect(Signature).toBe(signCmq('cmq-bj.public.tencenttdmq.com', signed, KEY.secretKey));
  });

  test.each([
    [0, 1],
    [1 - Number.EPSILON / 2, 2 ** 48],
  ])('has a nonce that is a positive integer: by a chance of %d it is %d', async (chance, nonce) => {
    const cmq = new ScriptedCmq([OK]);
    await cmq.client({ random: () => chance }).call(CALL, nothing);
    expect(cmq.calls[0]?.form['Nonce']).toBe(String(nonce));
  });

  test('has the whole seconds of its time, and the token of a temporary key', async () => {
    const cmq = new ScriptedCmq([OK]);
    cmq.clock.advance(millis(1_999));
    await cmq.client({ credentials: () => ({ ...KEY, token: 't' }) }).call(CALL, nothing);
    expect(cmq.calls[0]?.form).toMatchObject({ Timestamp: String(START / 1_000 + 1), Token: 't' });
  });

  test.each([
    ['its own time and the wait', { wait: seconds(3) }, 4_000],
    ['its own time', {}, 1_000],
    ['what is left until the deadline', { wait: seconds(90) }, 60_000],
    ['what is left until its own deadline', { deadline: after(START, millis(700)) }, 700],
    [
      'what is left until the deadline, were its own later',
      { deadline: after(START, hours(1)), wait: hours(1) },
      60_000,
    ],
  ])('may take %s', async (_what, changes, timeout) => {
    const cmq = new ScriptedCmq([OK]);
    await cmq.client().call({ ...CALL, ...changes }, nothing);
    expect(cmq.calls[0]?.limits.timeout).toBe(timeout);
  });

  test('is made while a tenth of a second is left, and not any more with less', async () => {
    const cmq = new ScriptedCmq([OK]);
    const client = cmq.client({ deadline: after(START, millis(100)) });
    await client.call(CALL, nothing);
    cmq.clock.advance(millis(1));
    await expect(client.call(CALL, nothing)).rejects.toMatchObject({
      code: 'queue-unavailable',
      message: expect.stringMatching(/^SendMessage on cmq:.*\/jobs was not sent.*no time left/),
    });
    expect(cmq.calls).toHaveLength(1);
    expect(cmq.clock.sleeps).toEqual([]);
  });

  test('gives what is made of the answer, and when it was sent', async () => {
    const cmq = new ScriptedCmq([{ ...OK, headers: { date: 'Thu, 01 Jan 2026 03:00:00 GMT' } }]);
    expect(await cmq.client().call(CALL, (answer) => answer)).toMatchObject({
      sentAt: START,
      serverDate: after(START, hours(3)),
    });
  });
});

describe('a call of CMQ that fails', () => {
  test.each([
    ['is throttled', THROTTLED, [250, 500]],
    ['may do better', UNAVAILABLE, [50, 100]],
  ])('as it %s is tried three times, later and later', async (_why, answer, sleeps) => {
    const cmq = new ScriptedCmq([answer]);
    await expect(cmq.client().call(CALL, nothing)).rejects.toMatchObject({ name: 'QueueError' });
    expect(cmq.clock.sleeps).toEqual(sleeps);
    expect(cmq.calls).toHaveLength(3);
  });

  test.each([
    ['may have been', UNAVAILABLE, 1],
    ['was not', THROTTLED, 3],
  ])(
    'and must not be made twice is tried again only if it was not taken: it %s',
    async (_what, answer, times) => {
      const cmq = new ScriptedCmq([answer]);
      await expect(cmq.client().call({ ...CALL, once: true }, nothing)).rejects.toThrow('SendMessage');
      expect(cmq.calls).toHaveLength(times);
    },
  );

  test.each([
    [149, 1],
    [150, 2],
  ])(
    '%d ms before the deadline is made %d times: after the wait too little must not be left',
    async (left, times) => {
      const cmq = new ScriptedCmq([UNAVAILABLE]);
      const deadline = after(START, millis(left));
      await expect(cmq.client().call({ ...CALL, deadline }, nothing)).rejects.toThrow('code 6000');
      expect(cmq.calls).toHaveLength(times);
    },
  );

  test.each([
    ['without an answer', new TransportError('timeout', 'SendMessage had no answer')],
    ['with an answer too large', new UndecodableError('an answer of too many bytes')],
  ])('%s is told by what happened', async (_how, cause) => {
    const cmq = new ScriptedCmq([cause]);
    const called = cmq.client().call(CALL, nothing);
    await expect(called).rejects.toMatchObject({ code: 'queue-unavailable', cause });
    await expect(called).rejects.toHaveProperty('message', cause.message);
    expect(cmq.calls).toHaveLength(3);
    expect(cmq.calls[0]?.request.asked).toBe(`SendMessage on ${QUEUE.url}`);
  });

  test.each<Disposition>(['transient', 'throttled', 'credentials'])(
    'but not by the queue is neither repaired nor repeated, be it %s',
    async (disposition) => {
      const bug = new DocjobError('of-something-else', 'no failure of the queue', { disposition });
      const cmq = new ScriptedCmq([bug]);
      let asked = 0;
      const credentials = () => ({ ...KEY, secretKey: `key ${(asked += 1)}` });
      await expect(cmq.client({ credentials }).call(CALL, nothing)).rejects.toBe(bug);
      expect(cmq.calls).toHaveLength(1);
      expect(asked).toBe(1);
    },
  );

  test('asks for a key once in a run', async () => {
    const cmq = new ScriptedCmq([UNAVAILABLE, OK]);
    let asked = 0;
    const client = cmq.client({
      credentials: () => {
        asked += 1;
        return KEY;
      },
    });
    await client.call(CALL, nothing);
    await client.call(CALL, nothing);
    expect(cmq.calls).toHaveLength(3);
    expect(asked).toBe(1);
  });

  test.each([
    ['before the first call', () => NEVER, 0],
    ['once its key was refused', (refused?: SigningCredentials) => (refused === undefined ? KEY : NEVER), 1],
  ])('does not wait for a key beyond the deadline, %s', async (_when, credentials, calls) => {
    const cmq = new ScriptedCmq([REFUSED]);
    await expect(cmq.client({ credentials }).call(CALL, nothing)).rejects.toMatchObject({ code: 'deadline' });
    expect(cmq.clock.sleeps).toEqual([minutes(1)]);
    expect(cmq.calls).toHaveLength(calls);
  });

  const FAR_DATE = { date: 'Thu, 01 Jan 2026 03:00:00 GMT' };
  test.each([4100, 4200])(
    'with %d under another time is tried at once by that, with the same key',
    async (code) => {
      const cmq = new ScriptedCmq([{ fields: { code }, headers: FAR_DATE }, OK]);
      const refusals: unknown[] = [];
      const credentials = (refused?: SigningCredentials) => {
        refusals.push(refused);
        return KEY;
      };
      await cmq.client({ credentials }).call(CALL, nothing);
      const [first, second] = cmq.calls.map(({ form }) => Number(form['Timestamp']));
      expect(Number(second) - Number(first)).toBe(3 * 3_600);
      expect(cmq.clock.sleeps).toEqual([]);
      expect(refusals).toEqual([undefined]);
    },
  );

  test('for another reason leaves the clock as it is', async () => {
    const cmq = new ScriptedCmq([{ fields: { code: 4300 }, headers: FAR_DATE }]);
    await expect(cmq.client().call(CALL, nothing)).rejects.toMatchObject({ code: 'queue-access-denied' });
    expect(cmq.calls).toHaveLength(1);
  });

  test.each([
    ['ID', { secretId: 'AKIDtwo' }],
    ['secret', { secretKey: 'another key' }],
    ['token', { token: 'another token' }],
  ])('for its key is tried at once with one of another %s', async (_what, change) => {
    const old = { ...KEY, token: 'the token' };
    const fresh = { ...old, ...change };
    const cmq = new ScriptedCmq([REFUSED, OK]);
    await cmq.client({ credentials: (refused) => (refused === undefined ? old : fresh) }).call(CALL, nothing);
    const [, { Signature, ...signed } = {}] = cmq.calls.map(({ form }) => form);
    expect(signed).toMatchObject({
      SecretId: fresh.secretId,
      Token: fresh.token,
      Timestamp: String(START / 1_000),
    });
    expect(Signature).toBe(signCmq('cmq-bj.public.tencenttdmq.com', signed, fresh.secretKey));
    expect(cmq.clock.sleeps).toEqual([]);
  });

  test('for its key is not tried again with the same one', async () => {
    const cmq = new ScriptedCmq([REFUSED]);
    await expect(cmq.client().call(CALL, nothing)).rejects.toMatchObject({
      code: 'queue-credentials-refused',
    });
    expect(cmq.calls).toHaveLength(1);
  });

  test('for its key has the key read anew once in a run, and every call then takes that one', async () => {
    const cmq = new ScriptedCmq(({ form }) => (form['SecretId'] === 'AKID1' ? REFUSED : OK));
    let asked = 0;
    const client = cmq.client({ credentials: () => ({ ...KEY, secretId: `AKID${(asked += 1)}` }) });
    await Promise.all([client.call(CALL, nothing), client.call(CALL, nothing)]);
    await client.call(CALL, nothing);
    expect(asked).toBe(2);
    expect(cmq.calls).toHaveLength(5);
  });

  test('for its key keeps being refused when the new one is refused as well', async () => {
    const cmq = new ScriptedCmq([REFUSED]);
    let asked = 0;
    const client = cmq.client({ credentials: () => ({ ...KEY, secretId: `AKID${(asked += 1)}` }) });
    await expect(client.call(CALL, nothing)).rejects.toMatchObject({ code: 'queue-credentials-refused' });
    expect(cmq.calls).toHaveLength(2);
    expect(asked).toBe(2);
  });

  test('as it was aborted ends with the reason, not with what came of it', async () => {
    const reason = new Error('the run is over');
    const controller = new AbortController();
    const cmq = new ScriptedCmq(() => {
      controller.abort(reason);
      return UNAVAILABLE;
    });
    const called = cmq.client().call({ ...CALL, signal: controller.signal }, nothing);
    await expect(called).rejects.toBe(reason);
    expect(cmq.calls).toHaveLength(1);
    expect(cmq.calls[0]?.limits.signal).toBe(controller.signal);
  });

  test('as it was aborted in a wait ends with the reason', async () => {
    const reason = new Error('the run is over');
    const controller = new AbortController();
    const cmq = new ScriptedCmq([UNAVAILABLE]);
    const sleep = (_: unknown, signal?: AbortSignal): Promise<void> => {
      controller.abort(reason);
      return signal?.aborted === true ? Promise.reject(reason) : Promise.resolve();
    };
    const clock = { now: () => START, sleep };
    await expect(cmq.client({ clock }).call({ ...CALL, signal: controller.signal }, nothing)).rejects.toBe(
      reason,
    );
    expect(cmq.calls).toHaveLength(1);
  });
});
