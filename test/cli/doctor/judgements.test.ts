import { describe, expect, test } from '@jest/globals';
import { judgeBinding, judgeQueues } from '../../../cli/doctor/ci.js';
import { judgeCmqSettings } from '../../../cli/doctor/cmq.js';
import { judgeTencentKey } from '../../../cli/doctor/credentials.js';
import { judgeClock } from '../../../cli/doctor/service.js';
import { judgePendingQueue, readSqsFacts } from '../../../cli/doctor/sqs-queue.js';
import type { Finding } from '../../../cli/doctor/finding.js';
import { days, millis, seconds } from '../../../lib/domain/units.js';

const outcomes = (findings: readonly Finding[]): readonly string[] => findings.map(({ outcome }) => outcome);

describe('the clock', () => {
  test.each([
    [undefined, 'skipped'],
    [0, 'ok'],
    [-60_000, 'ok'],
    [60_001, 'warning'],
    [-900_000, 'warning'],
    [900_001, 'problem'],
    [-86_400_000, 'problem'],
  ] as const)('%s ms from the service is %s', (offset, outcome) => {
    expect(judgeClock(offset === undefined ? undefined : millis(offset)).outcome).toBe(outcome);
  });

  test('is told which way it is wrong', () => {
    expect(judgeClock(seconds(120))).toMatchObject({
      found: expect.stringContaining("120 s behind the service's"),
    });
    expect(judgeClock(seconds(-120))).toMatchObject({ found: expect.stringContaining('120 s ahead of') });
  });
});

describe('a key pair', () => {
  test('shows neither its secret nor the whole of its ID', () => {
    const secretId = `AKID${'x'.repeat(32)}`;
    const finding = judgeTencentKey({ secretId, secretKey: 'a-secret', token: 'a-token' }, 'HERE');
    expect(finding).toMatchObject({
      outcome: 'ok',
      found: 'a temporary key pair with its token, AKIDxx…xxxx, from HERE',
    });
  });

  test('whose ID does not look like one is a warning', () => {
    expect(judgeTencentKey({ secretId: 'x'.repeat(32), secretKey: 'AKIDx' }, 'HERE').outcome).toBe('warning');
  });
});

describe('the buckets that CI lists', () => {
  const ours = { bucket: 'docs-1250000000', region: 'ap-beijing' };

  test.each([
    ['ours in its region', [{ ...ours }], 'ok', 'CI is bound to'],
    ['ours in another region', [{ ...ours, region: 'ap-chengdu' }], 'problem', 'in ap-chengdu, not in'],
    ['another one', [{ ...ours, bucket: 'docs-2-1250000000' }], 'problem', 'not to be switched on'],
    ['none', [], 'problem', 'not to be switched on'],
  ] as const)('being %s', (_, bound, outcome, found) => {
    expect(judgeBinding(bound, ours)).toMatchObject({ outcome, found: expect.stringContaining(found) });
  });
});

describe("the bucket's queues of CI", () => {
  const queue = (id: string, state: string): { id: string; name: string; state: string } => ({
    id,
    name: 'queue-doc-process-1',
    state,
  });

  test.each([
    ['one that is active', [queue('p1', 'Active')], undefined, 'ok'],
    ['one that is paused', [queue('p1', 'Paused')], undefined, 'problem'],
    ['one of two paused', [queue('p1', 'Active'), queue('p2', 'Paused')], undefined, 'warning'],
    ['one in a state that nobody knows', [queue('p1', 'Draining')], undefined, 'warning'],
    ['none', [], undefined, 'problem'],
    ['not the one that is set', [queue('p1', 'Active')], 'p9', 'problem'],
    ['the one that is set', [queue('p9', 'Active')], 'p9', 'ok'],
  ] as const)('being %s', (_, queues, wanted, outcome) => {
    expect(judgeQueues(queues, 'docs-1250000000', wanted).outcome).toBe(outcome);
  });
});

describe('a queue of SQS', () => {
  const GOOD = {
    QueueArn: 'arn:aws:sqs:us-east-1:000000000000:pending',
    VisibilityTimeout: '60',
    MessageRetentionPeriod: '1209600',
    RedrivePolicy: '{"deadLetterTargetArn":"arn:dead","maxReceiveCount":1000}',
  };
  const needs = { functionTimeout: seconds(60), longestAge: days(4) };

  test.each([
    ['as it should be', {}, ['ok', 'ok', 'ok']],
    ['with a short visibility timeout', { VisibilityTimeout: '59' }, ['warning', 'ok', 'ok']],
    ['with just enough retention', { MessageRetentionPeriod: '345600' }, ['ok', 'ok', 'ok']],
    ['with too short a retention', { MessageRetentionPeriod: '345599' }, ['ok', 'problem', 'ok']],
    [
      'that gives up early',
      { RedrivePolicy: '{"deadLetterTargetArn":"arn:dead","maxReceiveCount":"5"}' },
      ['ok', 'ok', 'problem'],
    ],
    [
      'with a third queue for what it gives up',
      { RedrivePolicy: '{"deadLetterTargetArn":"arn:other","maxReceiveCount":1000}' },
      ['ok', 'ok', 'warning'],
    ],
    ['without a redrive policy', { RedrivePolicy: '' }, ['ok', 'ok']],
    ['that tells nothing of what is asked', { VisibilityTimeout: 'x', MessageRetentionPeriod: '' }, ['ok']],
  ] as const)('%s', (_, changes, expected) => {
    const facts = readSqsFacts({ ...GOOD, ...changes });
    expect(outcomes(judgePendingQueue('QUEUE_URL', facts, 'arn:dead', needs))).toEqual(expected);
  });
});

describe('the settings of CMQ', () => {
  test.each([
    [43_200, 70, ['ok']],
    [43_200, 59, ['warning']],
    [3_600, 70, ['warning']],
    [3_600, 30, ['warning', 'warning']],
  ])('%i s unacknowledged and %i s of visibility', (maxUnacked, visibility, expected) => {
    const settings = { maxUnacked: seconds(maxUnacked), visibility: seconds(visibility) };
    expect(outcomes(judgeCmqSettings(settings, seconds(60)))).toEqual(expected);
  });
});
