import { describe, expect, test } from '@jest/globals';
import { after, epochMs, minutes, seconds, type EpochMs } from '../../lib/domain/units.js';
import type { DeadLetterRecord, DeadLetters } from '../../lib/queue/dead-letters.js';
import { openSqsDeadLetters } from '../../lib/queue/sqs-dead-letters.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { aJobId, SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { TEST_KEY } from './aws-environment.js';
import { EmbeddedSqs } from './embedded-sqs.js';
import { ScriptedSqs, type ScriptedAnswer } from './scripted-sqs.js';

const deadLetterQueueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead';
const SENT = epochMs(Date.UTC(2025, 11, 31));

/** A message as SQS answers it, with String attributes. */
function aMessage(id: string, attributes: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  const values = Object.entries(attributes).map(([name, value]) => [
    name,
    { DataType: 'String', StringValue: value },
  ]);
  return {
    MessageId: id,
    ReceiptHandle: `handle of ${id}`,
    Body: aJobId(1),
    Attributes: { SentTimestamp: String(SENT) },
    MessageAttributes: Object.fromEntries(values) as unknown,
  };
}

const answerOf = (...Messages: readonly unknown[]): ScriptedAnswer => ({
  body: { Messages },
  headers: { 'x-amzn-requestid': 'r-1' },
});

/** The dead letters of an SQS that answers as told, and what they log. */
function open(answers: readonly ScriptedAnswer[]): {
  readonly letters: DeadLetters;
  readonly sqs: ScriptedSqs;
  readonly lines: Record<string, unknown>[];
} {
  const sqs = new ScriptedSqs(answers);
  const lines: Record<string, unknown>[] = [];
  const letters = openSqsDeadLetters(
    {
      deadLetterQueueUrl,
      region: 'eu-central-1',
      endpoint: 'https://sqs.eu-central-1.amazonaws.com',
      defaults: SOURCE,
      requestTimeout: seconds(1),
    },
    {
      clock: sqs.clock,
      random: () => 0.5,
      transport: sqs,
      credentials: TEST_KEY,
      deadline: after(START, minutes(1)),
      log: jsonLog({
        level: 'info',
        now: () => sqs.clock.now(),
        write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>), // our own log's lines are objects
      }),
    },
  );
  return { letters, sqs, lines };
}

async function readAll(letters: DeadLetters): Promise<readonly DeadLetterRecord[]> {
  const read: DeadLetterRecord[] = [];
  for await (const letter of letters.read()) read.push(letter);
  return read;
}

async function readOnly(message: Record<string, unknown>): Promise<DeadLetterRecord> {
  const [letter, ...others] = await readAll(open([answerOf(message), {}]).letters);
  if (letter === undefined || others.length > 0) throw new Error('there is not one letter');
  return letter;
}

describe('a dead letter in SQS', () => {
  test.each<[string, Readonly<Record<string, string>>, EpochMs | undefined, EpochMs | undefined]>([
    [
      'of ours was first seen when it says, and buried when it was sent',
      { 'docjob-reason': 'too-old', 'docjob-first-seen-at': '2025-12-24T00:00:00.000Z' },
      epochMs(Date.UTC(2025, 11, 24)),
      SENT,
    ],
    [
      'of ours that says none was first seen nobody knows when',
      { 'docjob-reason': 'too-old' },
      undefined,
      SENT,
    ],
    [
      'of ours with a time that is none was first seen nobody knows when',
      { 'docjob-reason': 'too-old', 'docjob-first-seen-at': 'yesterday' },
      undefined,
      SENT,
    ],
    [
      'that SQS moved was first seen when it was sent, and buried nobody knows when',
      { 'docjob-first-seen-at': '2025-12-24T00:00:00.000Z' },
      SENT,
      undefined,
    ],
  ])('%s', async (_what, attributes, firstSeenAt, buriedAt) => {
    expect(await readOnly(aMessage('m1', attributes))).toMatchObject({ firstSeenAt, buriedAt });
  });

  test.each([
    ['none', {}, undefined],
    ['the code alone', { 'docjob-error-code': 'InternalError' }, { code: 'InternalError', message: '' }],
    [
      'all of it',
      {
        'docjob-error-code': 'InternalError',
        'docjob-error-message': 'in trouble',
        'docjob-request-id': 'NjBh',
      },
      { code: 'InternalError', message: 'in trouble', requestId: 'NjBh' },
    ],
  ])('tells of the last error %s', async (_what, attributes, lastError) => {
    const letter = await readOnly(aMessage('m1', { 'docjob-reason': 'look-failed', ...attributes }));
    expect(letter.lastError).toStrictEqual(lastError);
  });

  test.each([
    ['no attributes', undefined],
    ['null for them', null],
    ['a text for them', 'docjob-reason'],
    ['a reason that is no text', { 'docjob-reason': { DataType: 'Binary', BinaryValue: 'dG9vLW9sZA==' } }],
  ])('with %s is one that SQS moved', async (_what, MessageAttributes) => {
    const letter = await readOnly({ ...aMessage('m1'), MessageAttributes });
    expect(letter).toMatchObject({ id: 'm1', reason: 'receive-limit', detail: undefined });
  });

  test('that came damaged is told of, and costs the others nothing', async () => {
    const { letters, lines } = open([
      answerOf(7, { MessageId: 'm1' }, aMessage('m2', { 'docjob-reason': 'too-old' })),
      {},
    ]);
    expect(await readAll(letters)).toMatchObject([{ id: 'm2', reason: 'too-old' }]);
    expect(lines).toMatchObject([
      { level: 'warn', event: 'message-damaged' },
      {
        level: 'warn',
        event: 'message-damaged',
        message: 'm1',
        problem: 'it has no right ReceiptHandle',
        serviceRequestId: 'r-1',
      },
    ]);
  });
});

describe('the dead letters in SQS', () => {
  test('are not read from an answer that is none', async () => {
    const { letters } = open([{ body: { Messages: 7 } }]);
    await expect(readAll(letters)).rejects.toMatchObject({
      code: 'queue-unavailable',
      message: expect.stringContaining('it has no right Messages'),
    });
  });

  test('cannot be removed before they were read, which keeps no other', async () => {
    const embedded = await EmbeddedSqs.start();
    const timer = setInterval(() => embedded.advance(seconds(1)), 5); // for the long poll that finds no more
    try {
      embedded.sqs.control.send('dead', aJobId(1));
      const letters = embedded.openDeadLetters();
      const [read] = await readAll(letters);
      if (read === undefined) throw new Error('there is no letter');
      const unread = { ...read, id: 'of another reading' };
      expect(await letters.remove([unread, read])).toEqual([
        {
          letter: unread,
          ok: false,
          error: expect.objectContaining({
            code: 'lease-lost',
            message: expect.stringContaining(`DeleteMessageBatch on ${embedded.urlOf('dead')}`),
          }),
        },
        { letter: read, ok: true },
      ]);
      expect(embedded.sqs.control.messages('dead')).toEqual([]);
    } finally {
      clearInterval(timer);
      await embedded.close();
    }
  });

  test('that cannot be given back are told of, and no others', async () => {
    const Failed = ['1', '2'].map((Id) => ({ Id, Code: 'MessageNotInflight', SenderFault: true }));
    const { letters, sqs, lines } = open([
      answerOf(aMessage('m1'), aMessage('m2'), aMessage('m3')),
      {},
      { body: { Successful: [{ Id: '0' }], Failed } },
    ]);
    await readAll(letters);
    await letters.close();
    expect(sqs.calls.at(-1)?.input).toEqual({
      QueueUrl: deadLetterQueueUrl,
      Entries: ['m1', 'm2', 'm3'].map((id, index) => ({
        Id: String(index),
        ReceiptHandle: `handle of ${id}`,
        VisibilityTimeout: 0,
      })),
    });
    expect(lines).toMatchObject([
      {
        level: 'info',
        event: 'dead-letters-not-given-back',
        count: 2,
        code: 'lease-lost',
        message: expect.stringContaining(`ChangeMessageVisibilityBatch on ${deadLetterQueueUrl}`),
      },
    ]);
  });

  test('that are all given back leave no word of it', async () => {
    const { letters, lines } = open([answerOf(aMessage('m1')), {}, { body: { Successful: [{ Id: '0' }] } }]);
    await readAll(letters);
    await letters.close();
    expect(lines).toEqual([]);
  });
});
