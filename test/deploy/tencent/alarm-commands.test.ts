import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { alarmsInfo, removeAlarms } from '../../../deploy/tencent/alarm-commands.js';
import { AlarmStage, IN_BUCKET, ON_CMQ } from './alarm-stage.js';

let stage: AlarmStage;

beforeEach(async () => {
  stage = await AlarmStage.open();
});

afterEach(() => stage.close());

test('info tells what each alarm waits for and who hears of it', async () => {
  await stage.set(ON_CMQ, ['notice-ops1', 'notice-ops2']);
  const { monitor } = stage;
  monitor.policy('docjob-dev-dead').notices = [];
  monitor.policy('docjob-dev-dead').isOn = false;
  const [queue, runs, dead] = await alarmsInfo(stage.alarms(ON_CMQ), stage.stage.effects());
  expect(queue).toBe(
    [
      'docjob-dev-queue',
      '  alarm      on: CmqQueueMsgBacklog > 0 for 3 hours and MsgRateOut <= 0 for 3 hours',
      '  notices    notice-ops1, notice-ops2',
    ].join('\n'),
  );
  expect(runs).toContain('on: Invocation < 1 for 15 minutes or Error >= 3 for 5 minutes');
  expect(dead).toMatch(/switched off: [^]*none: nobody is told/);
});

test('info tells alarms that are not set', async () => {
  expect(await alarmsInfo(stage.alarms(IN_BUCKET), stage.stage.effects())).toEqual([
    'docjob-dev-runs\n  alarm      not set',
  ]);
});

test('remove takes this deployment’s alarms away and no others, and may be repeated', async () => {
  await stage.set();
  const { monitor } = stage;
  monitor.policies.set('policy-other', { ...monitor.policy('docjob-dev-dead'), remark: 'mine' });
  // Those of a queue that it has no more are its own all the same.
  await removeAlarms(stage.alarms(IN_BUCKET), stage.stage.effects());
  expect([...monitor.policies.keys()]).toEqual(['policy-other']);
  stage.said();
  await removeAlarms(stage.alarms(IN_BUCKET), stage.stage.effects());
  expect(stage.said()).toEqual(['docjob-dev-runs: alarm not there']);
});
