import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { KeyRing } from '../../local/auth/key-ring.js';
import { createCmq, type CmqRequest, type LocalCmq } from '../../local/cmq/index.js';
import { epochMs } from '../../lib/domain/units.js';
import { START } from './clouds.js';

let nowMs: number;
let keys: KeyRing;
let cmq: LocalCmq;
let nonce: number;

beforeEach(() => {
  nowMs = START;
  nonce = 0;
  keys = new KeyRing(() => epochMs(nowMs));
  cmq = createCmq({ now: () => nowMs, keys });
  cmq.control.createQueue('jobs');
});

afterEach(() => cmq.close());

const HOST = 'cmq-bj.public.tencenttdmq.com';

interface Changes {
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  readonly key?: { readonly secretId: string; readonly secretKey: string };
  readonly request?: Partial<CmqRequest>;
  /** Put into the body after signing. */
  readonly unsigned?: string;
}

/** The answer to a call that is signed as the document says, with changes. */
async function call(action: string, own: Readonly<Record<string, string>>, changes: Changes = {}) {
  const key = changes.key ?? keys.longLived;
  nonce += 1;
  const all: Record<string, string | undefined> = {
    ...{ Action: action, SecretId: key.secretId, SignatureMethod: 'HmacSHA256' },
    ...{ Timestamp: String(Math.floor(nowMs / 1_000)), Nonce: String(nonce) },
    ...own,
    ...changes.parameters,
  };
  const fields = Object.entries(all).filter((field): field is [string, string] => field[1] !== undefined);
  const text = fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const hash = all['SignatureMethod'] === 'HmacSHA256' ? 'sha256' : 'sha1';
  const signature = createHmac(hash, key.secretKey)
    .update(`POST${HOST}/v2/index.php?${text}`)
    .digest('base64');
  const form = new URLSearchParams([...fields, ['Signature', signature]]);
  const reply = await cmq.exchange({
    method: 'POST',
    host: HOST,
    target: '/v2/index.php',
    contentType: 'application/x-www-form-urlencoded',
    body: Buffer.from(form.toString() + (changes.unsigned ?? '')),
    abandoned: new AbortController().signal,
    ...changes.request,
  });
  return JSON.parse(reply?.body.toString() ?? '') as Record<string, unknown>; // the service's answers are objects
}

const SEND = { queueName: 'jobs', msgBody: 'd1' };
const receive = (numOfMsg = '16') =>
  call('BatchReceiveMessage', { queueName: 'jobs', numOfMsg, pollingWaitSeconds: '0' });

interface Info {
  readonly receiptHandle: string;
  readonly msgBody: string;
  readonly enqueueTime: number;
  readonly nextVisibleTime: number;
}

/** The one message that is there to be received. */
async function receiveOne(): Promise<Info> {
  const { msgInfoList } = await receive('1');
  const [one] = msgInfoList as readonly Info[]; // as the fake describes them
  if (one === undefined) throw new Error('there is nothing to receive');
  return one;
}

const remove = (receiptHandle: string) =>
  call('BatchDeleteMessage', { queueName: 'jobs', 'receiptHandle.0': receiptHandle });

describe("the embedded CMQ's door", () => {
  test('lets a signed call pass, with either hash', async () => {
    await expect(call('SendMessage', SEND)).resolves.toMatchObject({ code: 0 });
    const parameters = { SignatureMethod: undefined };
    await expect(call('SendMessage', SEND, { parameters })).resolves.toMatchObject({ code: 0 });
  });

  const stranger = { secretId: 'AKIDstranger', secretKey: 'x' };
  test.each<readonly [string, () => Changes, number]>([
    ['an unknown key', () => ({ key: stranger }), 4100],
    ['a wrong key', () => ({ key: { ...keys.longLived, secretKey: 'x' } }), 4100],
    ['a key that is none of Tencent', () => ({ key: { secretId: 'XYZ', secretKey: 'x' } }), 4000],
    ['a temporary key without its token', () => ({ key: keys.issueTemporary() }), 4100],
    ['an old time', () => ({ parameters: { Timestamp: String(START / 1_000 - 301) } }), 4100],
    ['a time to come', () => ({ parameters: { Timestamp: String(START / 1_000 + 301) } }), 4100],
    ['no time', () => ({ parameters: { Timestamp: undefined } }), 4000],
    ['no nonce', () => ({ parameters: { Nonce: undefined } }), 4000],
    ['a nonce of words', () => ({ parameters: { Nonce: 'once' } }), 4000],
    ['something that was not signed', () => ({ unsigned: '&delaySeconds=5' }), 4100],
    ['a parameter twice', () => ({ unsigned: '&msgBody=d2' }), 4000],
    ['a parameter of another call', () => ({ parameters: { numOfMsg: '1' } }), 4000],
    ['another method', () => ({ request: { method: 'PUT' } }), 4000],
    ['another path', () => ({ request: { target: '/' } }), 4000],
    ['another type', () => ({ request: { contentType: 'application/json' } }), 4000],
    ['a host that was not signed', () => ({ request: { host: 'cmq-gz.public.tencenttdmq.com' } }), 4100],
  ])('refuses %s', async (_what, changes, code) => {
    await expect(call('SendMessage', SEND, changes())).resolves.toMatchObject({ code });
    expect(cmq.control.messages('jobs')).toEqual([]);
  });

  test('takes a temporary key with its token, until it expires', async () => {
    const key = keys.issueTemporary(1_000);
    const changes = { key, parameters: { Token: key.token } };
    await expect(call('SendMessage', SEND, changes)).resolves.toMatchObject({ code: 0 });
    nowMs += 1_000;
    await expect(call('SendMessage', SEND, changes)).resolves.toMatchObject({ code: 4100 });
  });

  test('refuses a call that was there before', async () => {
    const changes = { parameters: { Nonce: '77' } };
    await expect(call('SendMessage', SEND, changes)).resolves.toMatchObject({ code: 0 });
    await expect(call('SendMessage', SEND, changes)).resolves.toMatchObject({ code: 4100 });
  });

  test.each<readonly [string, Record<string, string>, number]>([
    ['SendMessage', { ...SEND, queueName: 'none' }, 4440],
    ['SendMessage', { ...SEND, queueName: '1st' }, 4000],
    ['SendMessage', { ...SEND, msgBody: '' }, 4000],
    ['SendMessage', { ...SEND, msgBody: 'x'.repeat(65_537) }, 4400],
    ['SendMessage', { ...SEND, delaySeconds: '43201' }, 4000],
    ['SendMessage', { ...SEND, delaySeconds: '1.5' }, 4000],
    ['BatchSendMessage', { queueName: 'jobs' }, 4000],
    ['BatchSendMessage', { queueName: 'jobs', 'msgBody.0': 'a', 'msgBody.2': 'b' }, 4000],
    ['BatchSendMessage', { queueName: 'jobs', 'msgBody.2': 'a' }, 4000],
    ['BatchSendMessage', bodies(17, 1), 4000],
    ['BatchSendMessage', bodies(2, 32_769), 4470],
    ['BatchReceiveMessage', { queueName: 'jobs', numOfMsg: '17' }, 4000],
    ['BatchReceiveMessage', { queueName: 'jobs', numOfMsg: '1', pollingWaitSeconds: '31' }, 4000],
    ['BatchReceiveMessage', { queueName: 'jobs', numOfMsg: '1' }, 7000],
    ['BatchDeleteMessage', { queueName: 'jobs', 'receiptHandle.0': 'none' }, 6020],
    ['ChangeMessageVisibility', { queueName: 'jobs' }, 4000],
  ])('answers %s with %j as documented', async (action, own, code) => {
    await expect(call(action, own)).resolves.toMatchObject({
      code,
      message: expect.stringMatching(/^\(\d+\)/),
      requestId: expect.any(String),
    });
    expect(cmq.control.messages('jobs')).toEqual([]);
  });
});

/** So many bodies of one length. */
function bodies(count: number, length: number): Record<string, string> {
  const numbered = Array.from({ length: count }, (_, n) => [`msgBody.${n}`, 'x'.repeat(length)] as const);
  return { queueName: 'jobs', ...Object.fromEntries<string>(numbered) };
}

describe("the embedded CMQ's queue", () => {
  test('hides a message for its own visibility timeout, and tells until when in whole seconds', async () => {
    await call('SendMessage', SEND);
    nowMs += 1_500;
    const one = await receiveOne();
    expect(one).toMatchObject({
      enqueueTime: START / 1_000,
      nextVisibleTime: START / 1_000 + 31,
      msgBody: 'd1',
    });
    nowMs = one.nextVisibleTime * 1_000 - 1;
    await expect(receive()).resolves.toMatchObject({ code: 7000 });
    nowMs += 1;
    await expect(receive()).resolves.toMatchObject({ code: 0 });
  });

  test('lets a message be deleted by its latest handle, while that holds', async () => {
    await call('SendMessage', SEND);
    const first = await receiveOne();
    nowMs = first.nextVisibleTime * 1_000;
    await expect(remove(first.receiptHandle)).resolves.toMatchObject({
      code: 6020,
      errorList: [{ code: 4430, receiptHandle: first.receiptHandle }],
    });
    const second = await receiveOne();
    await expect(remove(first.receiptHandle)).resolves.toMatchObject({ code: 6020 });
    await expect(remove(second.receiptHandle)).resolves.toMatchObject({ code: 0 });
    await expect(remove(second.receiptHandle)).resolves.toMatchObject({ code: 6020 });
    expect(cmq.control.messages('jobs')).toEqual([]);
  });

  test('tells which of a batch it did not delete', async () => {
    await call('SendMessage', SEND);
    const { receiptHandle } = await receiveOne();
    const handles = { 'receiptHandle.0': 'none', 'receiptHandle.1': receiptHandle };
    await expect(call('BatchDeleteMessage', { queueName: 'jobs', ...handles })).resolves.toMatchObject({
      code: 6010,
      errorList: [{ code: 4430, receiptHandle: 'none' }],
    });
    expect(cmq.control.messages('jobs')).toEqual([]);
  });

  test('drops what was not acknowledged in time, its delay included, and says nothing', async () => {
    await call('SendMessage', { ...SEND, delaySeconds: '7200' });
    nowMs += 3_600_000;
    expect(cmq.control.dropped('jobs')).toBe(1);
    nowMs += 3_600_000;
    await expect(receive()).resolves.toMatchObject({ code: 7000 });
    cmq.control.rewind('jobs', 0);
    await expect(receive()).resolves.toMatchObject({ code: 7000 });
  });

  test('brings back by a rewind what it keeps for it: dropped and deleted alike', async () => {
    cmq.control.createQueue('jobs', { rewindSeconds: 7_200 });
    await call('SendMessage', SEND);
    await remove((await receiveOne()).receiptHandle);
    await call('SendMessage', { ...SEND, msgBody: 'd2' });
    nowMs += 3_600_000;
    expect(cmq.control.lost('jobs').map(({ body }) => body)).toEqual(['d2']);
    cmq.control.rewind('jobs', START);
    expect(cmq.control.lost('jobs')).toEqual([]);
    expect(cmq.control.messages('jobs').map(({ body }) => body)).toEqual(['d1', 'd2']);
    nowMs += 3_600_000 * 4;
    cmq.control.rewind('jobs', START);
    expect(cmq.control.messages('jobs')).toEqual([]);
  });

  test('brings back by a rewind only what was sent from then on, however late it was dropped', () => {
    cmq.control.createQueue('jobs', { rewindSeconds: 7_200 });
    cmq.control.send('jobs', 'd1', 1_800);
    nowMs += 3_600_000;
    cmq.control.rewind('jobs', START + 1);
    expect(cmq.control.messages('jobs')).toEqual([]);
    cmq.control.rewind('jobs', START);
    expect(cmq.control.messages('jobs').map(({ body }) => body)).toEqual(['d1']);
  });

  test('moves what was received too often to its dead letters', async () => {
    cmq.control.createQueue('dead');
    cmq.control.createQueue('jobs', { deadLetter: { queueName: 'dead', maxReceiveCount: 2 } });
    await call('SendMessage', SEND);
    for (let time = 0; time < 2; time += 1) {
      await receiveOne();
      nowMs += 30_000;
    }
    await expect(receive()).resolves.toMatchObject({ code: 7000 });
    expect(cmq.control.messages('dead')).toMatchObject([{ body: 'd1' }]);
  });
});
