import { describe, expect, test } from '@jest/globals';
import { after, minutes, seconds } from '../../lib/domain/units.js';
import type { QueueCounts } from '../../lib/queue/queue-contents.js';
import { countSqsMessages } from '../../lib/queue/sqs-counts.js';
import { START } from '../support/virtual-clock.js';
import { TEST_KEY } from './aws-environment.js';
import { ScriptedSqs } from './scripted-sqs.js';

const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/jobs';
const COUNTS = {
  ApproximateNumberOfMessages: '123',
  ApproximateNumberOfMessagesNotVisible: '0',
  ApproximateNumberOfMessagesDelayed: '9'.repeat(15),
};
const { signal } = new AbortController();

const count = (sqs: ScriptedSqs): Promise<QueueCounts> =>
  countSqsMessages(
    queueUrl,
    {
      region: 'eu-central-1',
      endpoint: 'https://sqs.eu-central-1.amazonaws.com',
      requestTimeout: seconds(1),
    },
    {
      clock: sqs.clock,
      random: () => 0.5,
      transport: sqs,
      credentials: TEST_KEY,
      deadline: after(START, minutes(1)),
    },
    signal,
  );

describe('how many messages a queue of SQS holds', () => {
  test('is asked for by the three counts, which tell those to be had, those in flight and those that are delayed', async () => {
    const sqs = new ScriptedSqs([{ body: { Attributes: COUNTS } }]);
    expect(await count(sqs)).toEqual({ visible: 123, inFlight: 0, delayed: 999_999_999_999_999 });
    const [seen] = sqs.calls;
    expect(seen?.request.headers['x-amz-target']).toBe('AmazonSQS.GetQueueAttributes');
    expect(seen?.input).toEqual({ QueueUrl: queueUrl, AttributeNames: Object.keys(COUNTS) });
    expect(seen?.limits.signal).toBe(signal);
  });

  test.each([
    ['a text', '"text"', 'it has no right form'],
    ['no attributes', {}, 'it has no right Attributes'],
    ...Object.keys(COUNTS).map((name) => {
      const Attributes = { ...COUNTS, [name]: undefined };
      return [`no ${name}`, { Attributes }, `it has no right Attributes.${name}`] as const;
    }),
    ...['', '-1', 'x12', '12x', '1.5', '1'.repeat(16), 12].map((value) => {
      const Attributes = { ...COUNTS, ApproximateNumberOfMessages: value };
      const problem = 'it has no right Attributes.ApproximateNumberOfMessages';
      return [`a count of ${JSON.stringify(value)}`, { Attributes }, problem] as const;
    }),
  ])('is not told by %s', async (_what, body, problem) => {
    await expect(count(new ScriptedSqs([{ body }]))).rejects.toMatchObject({
      code: 'queue-unavailable',
      message: expect.stringContaining(
        `GetQueueAttributes on ${queueUrl} failed with an answer that is none: ${problem}`,
      ),
    });
  });
});
