import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setAlarms } from '../../../deploy/tencent/set-alarms.js';
import { ALARM_TYPES, CMQ_HEAP, CMQ_WHOLE, SCF, TDMQ_QUEUE } from './alarm-types.js';
import { AlarmStage, IN_BUCKET, ON_CMQ } from './alarm-stage.js';
import type { FakeMonitor } from './fake-monitor.js';

let stage: AlarmStage;
let monitor: FakeMonitor;

beforeEach(async () => {
  stage = await AlarmStage.open();
  ({ monitor } = stage);
});

afterEach(() => stage.close());

const names = (): readonly string[] => [...monitor.policies.values()].map(({ name }) => name).sort();

/** What was changed since the last time. */
function changes(): readonly string[] {
  const made = stage.stage.cloud.changes();
  stage.stage.cloud.calls.splice(0);
  return made;
}

describe('a deployment with queues of CMQ', () => {
  test('gets an alarm for messages that nobody takes, for a quarter of the time after which they are dropped', async () => {
    await stage.set();
    const { type, remark, notices, condition, objects } = monitor.policy('docjob-dev-queue');
    expect({ type, remark, notices }).toEqual({
      type: 'tdmq_cmq_queue',
      remark: 'docjob-dev-ap-beijing',
      notices: ['notice-preset1'],
    });
    const held = { Period: 3_600, ContinuePeriod: 3, Value: '0', NoticeFrequency: 3_600, IsPowerNotice: 0 };
    expect(condition).toEqual({
      IsUnionRule: 1,
      Rules: [
        { MetricName: 'CmqQueueMsgBacklog', Operator: 'gt', ...held },
        { MetricName: 'MsgRateOut', Operator: 'le', ...held },
      ],
    });
    const dimensions = {
      environmentId: 'CMQ_QUEUE-pending',
      tenantId: 'cmqq-pending',
      topicName: 'pending',
    };
    expect(objects).toEqual([{ region: 'bj', dimensions }]);
    expect(stage.said()).toContain(
      'docjob-dev-queue: alarm created on pending: CmqQueueMsgBacklog > 0 for 3 hours and MsgRateOut <= 0 for 3 hours',
    );
  });

  test('gets one for dead letters, at the first', async () => {
    await stage.set();
    const { condition, objects } = monitor.policy('docjob-dev-dead');
    expect(condition.Rules).toEqual([
      expect.objectContaining({
        MetricName: 'CmqQueueMsgBacklog',
        Operator: 'gt',
        Value: '0',
        Period: 300,
        ContinuePeriod: 1,
      }),
    ]);
    expect(objects).toMatchObject([{ dimensions: { topicName: 'dead-letters' } }]);
  });

  test('gets one for runs that are missing or fail', async () => {
    await stage.set();
    const { condition, objects } = monitor.policy('docjob-dev-runs');
    expect(condition).toMatchObject({
      IsUnionRule: 0,
      Rules: [
        { MetricName: 'Invocation', Operator: 'lt', Value: '1', Period: 300, ContinuePeriod: 3 },
        { MetricName: 'Error', Operator: 'ge', Value: '3', Period: 300, ContinuePeriod: 1 },
      ],
    });
    const dimensions = {
      appid: '1250000000',
      function_name: 'docjob-dev-poll',
      namespace: 'default',
      version: '$latest',
    };
    expect(objects).toEqual([{ region: 'bj', dimensions }]);
  });

  test('has the same alarms after it is deployed again, and nothing is changed', async () => {
    await stage.set();
    expect(changes()).toHaveLength(6);
    stage.said();
    await stage.set();
    expect(changes()).toEqual([]);
    expect(names()).toEqual(['docjob-dev-dead', 'docjob-dev-queue', 'docjob-dev-runs']);
    expect(stage.said()).toContain('docjob-dev-queue: the alarm is as it should be');
  });
});

test('a deployment with a bucket queue, which loses nothing unseen, has the alarm on its runs alone', async () => {
  await stage.set(IN_BUCKET);
  expect(names()).toEqual(['docjob-dev-runs']);
});

test('alarms on queues that a deployment has no more are taken away', async () => {
  await stage.set(ON_CMQ);
  await stage.set(IN_BUCKET);
  expect(names()).toEqual(['docjob-dev-runs']);
});

test('the longest stage leaves names that the API takes', async () => {
  await setAlarms(stage.alarms(ON_CMQ, 'a-stage-of-20-letters'.slice(0, 20)), [], stage.stage.effects());
  expect(names()).toEqual(['docjob-a-stage-dead', 'docjob-a-stage-queue', 'docjob-a-stage-runs']);
});

describe('an alarm that is there', () => {
  test('is not taken for ours where only its name is', async () => {
    await stage.set();
    const others = [...monitor.policies].map(
      ([id, policy]) => [`${id}x`, { ...policy, remark: 'docjob-dev-ap-guangzhou' }] as const,
    );
    monitor.policies.clear();
    for (const [id, policy] of others) monitor.policies.set(id, policy);
    const before = structuredClone([...monitor.policies]);
    await stage.set();
    expect([...monitor.policies].slice(0, before.length)).toEqual(before);
    expect(monitor.policies.size).toBe(6);
  });

  test('is found behind a hundred others', async () => {
    await stage.set();
    const [[id, policy] = []] = [...monitor.policies];
    if (id === undefined || policy === undefined) throw new Error('no policy was set');
    monitor.policies.clear();
    for (let n = 0; n < 120; n += 1)
      monitor.policies.set(`policy-other${n}`, { ...policy, name: `others-${policy.name}-${n}` });
    monitor.policies.set(id, policy);
    changes();
    await stage.set();
    // The other two of the three.
    expect(changes().filter((action) => action === 'CreateAlarmPolicy')).toHaveLength(2);
  });

  test('gets its condition and its notices back, and is not made twice', async () => {
    await stage.set();
    const policy = monitor.policy('docjob-dev-dead');
    const [rule] = policy.condition.Rules;
    if (rule === undefined) throw new Error('no rule was set');
    policy.condition = { IsUnionRule: 1, Rules: [{ ...rule, Value: '100' }] };
    changes();
    await stage.set(ON_CMQ, ['notice-ops1', 'notice-ops2']);
    expect(changes()).toEqual([
      'ModifyAlarmPolicyNotice',
      'ModifyAlarmPolicyNotice',
      'ModifyAlarmPolicyCondition',
      'ModifyAlarmPolicyNotice',
    ]);
    expect(monitor.policy('docjob-dev-dead')).toMatchObject({
      condition: { Rules: [{ Value: '0' }] },
      notices: ['notice-ops1', 'notice-ops2'],
    });
  });

  test('stays switched off where somebody switched it off, which is said', async () => {
    await stage.set();
    monitor.policy('docjob-dev-dead').isOn = false;
    changes();
    await stage.set();
    expect(changes()).toEqual([]);
    expect(stage.said().join('\n')).toContain('switched off in Cloud Monitor, and left so');
  });

  test('is made anew where it is about another queue', async () => {
    await stage.set();
    monitor.policy('docjob-dev-queue').objects = [{ region: 'bj', dimensions: { topicName: 'old' } }];
    changes();
    await stage.set();
    expect(changes()).toEqual(['CreateAlarmPolicy', 'BindingPolicyObject', 'DeleteAlarmPolicy']);
    expect(monitor.policy('docjob-dev-queue').objects).toMatchObject([
      { dimensions: { topicName: 'pending' } },
    ]);
  });

  test('loses its double, which the API allows', async () => {
    await stage.set();
    monitor.policies.set('policy-double', structuredClone(monitor.policy('docjob-dev-dead')));
    await stage.set();
    expect(names()).toEqual(['docjob-dev-dead', 'docjob-dev-queue', 'docjob-dev-runs']);
  });

  test('that nothing is bound to, since a deployment broke off, is made whole', async () => {
    stage.stage.cloud.failNext('BindingPolicyObject', 'InternalError');
    await expect(stage.set()).rejects.toThrow('BindingPolicyObject was refused with InternalError');
    expect(names()).toEqual(['docjob-dev-queue']);
    await stage.set();
    expect(monitor.policy('docjob-dev-queue').objects).toHaveLength(1);
  });
});

describe('what Cloud Monitor does not list', () => {
  test('is told with the step that is left, and what it lists is set', async () => {
    monitor.types = ALARM_TYPES.filter(({ metricsOf }) => !['QCE/TDMQ', 'QCE/CMQ'].includes(metricsOf));
    await stage.set();
    expect(names()).toEqual(['docjob-dev-runs']);
    const said = stage.said();
    expect(said).toContain(
      [
        'docjob-dev-queue: the alarm is not set, since Cloud Monitor lists no alarm type for QCE/TDMQ. One step is left to you:',
        '  Cloud Monitor, Alarm policy, TDMQ for CMQ, queue pending: message backlog above 0 and consumption rate at 0, both for 3 hours.',
        '  When it rings, CMQ drops what nobody acknowledged for 12 hours: mend the poller within 9, or rewind the queue within 15 days.',
      ].join('\n'),
    );
    expect(said.filter((line) => line.includes('One step is left to you'))).toHaveLength(2);
  });

  test('may go by its older name: the metrics of CMQ do as well as those of TDMQ', async () => {
    monitor.types = [CMQ_WHOLE, CMQ_HEAP, SCF];
    await stage.set();
    const { type, condition, objects } = monitor.policy('docjob-dev-queue');
    expect(type).toBe('cmq-queue-whole');
    expect(condition.Rules.map(({ MetricName }) => MetricName)).toEqual(['VisibleMsgNum', 'RecvMsgNum']);
    expect(objects).toMatchObject([{ dimensions: { queueId: 'cmqq-pending', queueName: 'pending' } }]);
    // One metric is enough for dead letters, so the known type comes first.
    expect(monitor.policy('docjob-dev-dead').type).toBe('CMQ-HEAP-UP');
  });

  test('is a metric: no half of a condition is set', async () => {
    monitor.types = [{ ...TDMQ_QUEUE, metrics: ['CmqQueueMsgBacklog'] }, CMQ_HEAP, SCF];
    await stage.set();
    expect(names()).toEqual(['docjob-dev-dead', 'docjob-dev-runs']);
    expect(stage.said().join('\n')).toContain(
      "since Cloud Monitor's alarm type tdmq_cmq_queue has no metric MsgRateOut with the operator le",
    );
  });

  test('is a time so long: the longest one within it is taken', async () => {
    monitor.types = [{ ...TDMQ_QUEUE, periods: [60, 300] }, SCF];
    await stage.set();
    expect(stage.said()).toContain(
      'docjob-dev-queue: alarm created on pending: CmqQueueMsgBacklog > 0 for 25 minutes and MsgRateOut <= 0 for 25 minutes',
    );
  });

  test('is the region', async () => {
    monitor.types = [{ ...TDMQ_QUEUE, regions: ['gz'] }, SCF];
    await stage.set();
    expect(stage.said().join('\n')).toContain('does not list the region ap-beijing (bj)');
    expect(names()).toEqual(['docjob-dev-runs']);
  });

  test('are the dimensions of an object, which it takes without a word: the alarm is taken away again', async () => {
    monitor.types = [{ ...TDMQ_QUEUE, dimensions: ['resourceId'] }, SCF];
    await stage.set();
    expect(names()).toEqual(['docjob-dev-runs']);
    expect(stage.said().join('\n')).toContain('Cloud Monitor did not take {"environmentId"');
  });

  test('is what TDMQ does not tell of a queue', async () => {
    stage.stage.cloud.tdmq.tellsIds = false;
    await stage.set();
    expect(names()).toEqual(['docjob-dev-runs']);
    expect(stage.said().join('\n')).toContain('TDMQ does not tell the ID and the namespace of pending');
  });

  test('leaves an alarm that was set before as it is', async () => {
    await stage.set();
    monitor.types = [SCF];
    changes();
    await stage.set();
    expect(changes()).toEqual([]);
    expect(monitor.policies.size).toBe(3);
  });
});

test('a binding that shows late is waited for', async () => {
  monitor.questionsUntilBound = 3;
  await stage.set(IN_BUCKET);
  expect(names()).toEqual(['docjob-dev-runs']);
  expect(stage.stage.clock.sleeps).toHaveLength(3);
});

test('a region goes by its long name where the type lists that', async () => {
  monitor.types = [{ ...SCF, regions: ['ap-beijing'] }];
  await stage.set(IN_BUCKET);
  expect(monitor.policy('docjob-dev-runs').objects).toMatchObject([{ region: 'ap-beijing' }]);
});

test('a type that wants a project gets the default one', async () => {
  monitor.types = [TDMQ_QUEUE, { ...SCF, hasProjects: true }];
  await stage.set(IN_BUCKET);
  expect(names()).toEqual(['docjob-dev-runs']);
});

describe('notices', () => {
  test('to templates that are not there end the deployment, naming them', async () => {
    await expect(stage.set(ON_CMQ, ['notice-ops1', 'notice-gone'])).rejects.toThrow(
      'ALARM_NOTICE_IDS names notice-gone, which Cloud Monitor does not have',
    );
    expect(monitor.policies.size).toBe(0);
  });

  test('go to nobody where the account has no preset template, which is said', async () => {
    monitor.notices = new Map([['notice-ops1', false]]);
    await stage.set();
    expect(stage.said().join('\n')).toContain('NOBODY IS TOLD');
    expect(monitor.policy('docjob-dev-queue').notices).toEqual([]);
  });
});

test('a key pair that may not set alarms is told which policy it needs', async () => {
  stage.stage.cloud.failNext('CreateAlarmPolicy', 'UnauthorizedOperation');
  await expect(stage.set()).rejects.toThrow(/UnauthorizedOperation[^]*deployer\.json/);
});
