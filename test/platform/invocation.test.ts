import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { after, millis, seconds } from '../../lib/domain/units.js';
import { EventError } from '../../lib/platform/event-error.js';
import type { Invocation } from '../../lib/platform/invocation.js';
import { lambdaInvocation } from '../../lib/platform/lambda.js';
import { scfInvocation } from '../../lib/platform/scf.js';
import { START } from '../support/virtual-clock.js';

const event = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`events/${name}.json`, import.meta.url), 'utf8'));

const env = {
  TENCENTCLOUD_SECRETID: 'id',
  TENCENTCLOUD_SECRETKEY: 'key',
  TENCENTCLOUD_SESSIONTOKEN: 'token',
};

const lambdaContext = {
  awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  functionName: 'docjob-dev-poll',
  memoryLimitInMB: '128',
  getRemainingTimeInMillis: () => 59_990,
};

interface Platform {
  readonly name: string;
  readonly invoke: (event: unknown, context?: unknown) => Invocation;
  readonly timerEvents: readonly string[];
  readonly deadline: number;
  readonly requestId: string;
  readonly kind: string;
  readonly nameless: unknown;
}

const platforms: readonly Platform[] = [
  {
    name: 'Lambda',
    invoke: (raised, context = lambdaContext) => lambdaInvocation(raised, context, env, START),
    timerEvents: ['eventbridge-rule', 'eventbridge-scheduler-input'],
    deadline: after(START, millis(59_990)),
    requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    kind: 'lambda',
    nameless: { ...lambdaContext, functionName: undefined },
  },
  {
    name: 'SCF',
    invoke: (raised, context = event('scf-context')) => scfInvocation(raised, context, env, START),
    timerEvents: ['scf-timer'],
    deadline: after(START, seconds(60)),
    requestId: 'a1b2c3d4-0000-1111-2222-333344445555',
    kind: 'scf',
    nameless: { request_id: 'x', time_limit_in_ms: 1_000 },
  },
];

describe.each(platforms)(
  'a call by $name',
  ({ invoke, timerEvents, deadline, requestId, kind, nameless }) => {
    test.each(timerEvents)('%s polls the queue', (name) => {
      expect(invoke(event(name)).trigger).toEqual({ kind: 'timer' });
    });

    test.each([[undefined], [null], [{}], [{ trigger: 'timer' }]])('%j polls the queue', (raised) => {
      expect(invoke(raised).trigger).toEqual({ kind: 'timer' });
    });

    test('names its deadline and its request ID', () => {
      expect(invoke({})).toMatchObject({ deadline, requestId });
    });

    test('names its platform and the function, or goes by a name of ours', () => {
      expect(invoke({}).platform).toEqual({ kind, functionName: 'docjob-dev-poll' });
      expect(invoke({}, nameless).platform).toEqual({ kind, functionName: 'docjob' });
    });

    test('reads the credentials anew each time that they are asked for', async () => {
      const changing: Record<string, string> = { ...env };
      const invocation =
        requestId === lambdaContext.awsRequestId
          ? lambdaInvocation({}, lambdaContext, changing, START)
          : scfInvocation({}, event('scf-context'), changing, START);
      changing['TENCENTCLOUD_SESSIONTOKEN'] = 'rotated';
      expect(await invocation.credentials()).toEqual({ secretId: 'id', secretKey: 'key', token: 'rotated' });
    });

    test('takes job IDs, bare or with their buckets', () => {
      expect(invoke({ jobIds: ['d1', 'd2'] }).trigger).toEqual({ kind: 'jobs', messages: ['d1', 'd2'] });
      expect(
        invoke({ jobs: [{ jobId: 'd1', bucket: 'b-1250000000', region: 'ap-beijing' }, 'd2'] }).trigger,
      ).toEqual({
        kind: 'jobs',
        messages: ['{"jobId":"d1","bucket":"b-1250000000","region":"ap-beijing"}', 'd2'],
      });
    });

    test.each([
      [
        'an unknown object',
        { hello: 'world', answer: 42 },
        'an event with the fields hello, answer is not known here',
      ],
      ['no jobs at all', { jobIds: [] }, 'an event with the fields jobIds is not known here'],
      ['job IDs that are no strings', { jobIds: [1] }, 'an event with the fields jobIds is not known here'],
      [
        'records of another source',
        { Records: [{ cos: {} }] },
        'an event with the fields Records is not known here',
      ],
      ['a string', 'd1', 'an event of type string is not known here'],
      ['a list', ['d1'], 'an event with the fields 0 is not known here'],
    ])('refuses %s and says what it takes', (_name, raised, problem) => {
      expect(() => invoke(raised)).toThrow(EventError);
      expect(() => invoke(raised)).toThrow(problem);
      expect(() => invoke(raised)).toThrow(/expected .*\{"jobIds":\["d…"\]\}/);
    });

    test('refuses an event in short, and one that is nested beyond sense like any other', () => {
      const long = { ['x'.repeat(100_000)]: 1 };
      expect(() => invoke(long)).toThrow(EventError);
      expect(() => invoke(long)).not.toThrow(/x{1000}/);
      const deep: unknown = JSON.parse('[{"a":'.repeat(20_000) + '1' + '}]'.repeat(20_000));
      expect(() => invoke({ jobs: [{ jobId: deep }] })).toThrow(EventError);
    });

    test('refuses a context of another kind', () => {
      expect(() => invoke({}, {})).toThrow(EventError);
      expect(() => invoke({}, null)).toThrow(/is not an? (Lambda|SCF) context/);
    });
  },
);

describe('an SQS event source', () => {
  test('hands over its messages with what settling them needs', () => {
    expect(lambdaInvocation(event('sqs-batch'), lambdaContext, env, START).trigger).toEqual({
      kind: 'batch',
      messages: [
        expect.objectContaining({
          messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
          receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
          body: 'd13cfd584cd9011ea820b597ad1785a2f',
        }),
      ],
    });
  });

  test('with a time of sending that no clock can show is refused', () => {
    const batch = event('sqs-batch') as { Records: readonly { attributes: { SentTimestamp: string } }[] }; // the fixture
    for (const record of batch.Records) record.attributes.SentTimestamp = '9'.repeat(30);
    expect(() => lambdaInvocation(batch, lambdaContext, env, START)).toThrow(EventError);
  });

  test('an empty batch is not a batch', () => {
    expect(() => lambdaInvocation({ Records: [] }, lambdaContext, env, START)).toThrow(EventError);
  });
});

describe("SCF's timer", () => {
  test('is known in lower case too', () => {
    expect(
      scfInvocation({ Type: 'timer', TriggerName: 'x' }, event('scf-context'), env, START).trigger.kind,
    ).toBe('timer');
  });

  test('F7: a time limit of zero is no limit that one could work in', () => {
    expect(() => scfInvocation({}, { request_id: 'x', time_limit_in_ms: 0 }, env, START)).toThrow(EventError);
  });
});
