import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { functionInfo, invokeFunction, removeFunction } from '../../../deploy/tencent/commands.js';
import { deployFunction } from '../../../deploy/tencent/deploy.js';
import { KEY_PAIR, type FakeTencentApi } from './fake-api.js';
import type { FakeFunction } from './fake-scf.js';
import { NAME, Stage } from './plans.js';

let stage: Stage;
let cloud: FakeTencentApi;

beforeEach(async () => {
  stage = await Stage.open();
  cloud = stage.cloud;
});

afterEach(() => stage.close());

const deploy = (plan = stage.plan()): Promise<void> => deployFunction(plan, stage.effects());

const deployed = (): FakeFunction | undefined => cloud.scf.functions.get(NAME);

const FIRST = [
  'CreateFunction',
  'UpdateFunctionEventInvokeConfig',
  'PutReservedConcurrencyConfig',
  'CreateTrigger',
  'CreateTrigger',
  'CreateTrigger',
];

test('a first deployment sets every limit before anything can fire', async () => {
  await deploy();
  expect(cloud.changes()).toEqual(FIRST);
  expect(deployed()).toMatchObject({
    status: 'Active',
    zip: stage.zipBase64,
    asynchronous: { retries: 0, ttlSeconds: 60 },
    reservedMb: 512,
    configuration: { Role: 'docjob-poll', Runtime: 'Nodejs20.19', Timeout: 60, MemorySize: 512 },
  });
  expect(deployed()?.triggers.map(({ Type, TriggerName, Enable }) => [Type, TriggerName, Enable])).toEqual([
    ['timer', 'tick', 'OPEN'],
    ['cos', 'docs-1250000000.cos.ap-beijing.myqcloud.com', 'OPEN'],
    ['http', 'url', 'OPEN'],
  ]);
});

test('a second deployment updates, creates nothing, and leaves a COS trigger that is as it should be', async () => {
  await deploy();
  const before = cloud.changes().length;
  await deploy(stage.plan({ timeout: 30 }));
  expect(cloud.changes().slice(before)).toEqual([
    'UpdateFunctionCode',
    'UpdateFunctionConfiguration',
    'UpdateFunctionEventInvokeConfig',
    'PutReservedConcurrencyConfig',
    'UpdateTrigger',
    'UpdateTrigger',
  ]);
  expect(deployed()?.configuration.Timeout).toBe(30);
  expect(deployed()?.triggers).toHaveLength(3);
});

test('a COS trigger whose prefix changed is made anew, and a trigger that is not ours is only spoken of', async () => {
  await deploy();
  const changed = stage.plan({
    events: [{ cos: { bucket: 'docs-1250000000', event: 'cos:ObjectCreated:*', prefix: 'new/' } }],
  });
  await deploy(changed);
  const triggers = deployed()?.triggers ?? [];
  expect(triggers.filter(({ Type }) => Type === 'cos').map(({ TriggerDesc }) => TriggerDesc)).toEqual([
    expect.stringContaining('"Prefix":"new/"'),
  ]);
  expect(triggers).toHaveLength(3);
  expect(stage.lines.join('\n')).toContain('has another timer trigger, tick, which is left alone');
});

test.each([...new Set(['GetFunction', 'ListTriggers', ...FIRST])])(
  'a first deployment that fails at %s says so, and the next one completes it',
  async (action) => {
    cloud.failNext(action, 'InternalError.System', 'the cloud has a cold');
    const failure = deploy();
    await expect(failure).rejects.toThrow(
      new RegExp(
        `${action} of ${NAME} was refused with InternalError.System: the cloud has a cold \\(request ID fake-\\d+\\)`,
      ),
    );
    await expect(failure).rejects.toThrow('Deploying again continues where this stopped.');
    await deploy();
    expect(deployed()).toMatchObject({ status: 'Active', asynchronous: { retries: 0 }, reservedMb: 512 });
    expect(deployed()?.triggers).toHaveLength(3);
  },
);

test.each(['UpdateFunctionCode', 'UpdateFunctionConfiguration', 'UpdateTrigger'])(
  'a later deployment that fails at %s says so, and the next one completes it',
  async (action) => {
    await deploy();
    cloud.failNext(action, 'InternalError.System');
    const changed = stage.plan({ timeout: 45 });
    await expect(deploy(changed)).rejects.toThrow(`${action} of ${NAME} was refused`);
    await deploy(changed);
    expect(deployed()).toMatchObject({ status: 'Active', configuration: { Timeout: 45 } });
  },
);

test('nothing is asked of a function that is still on its way, and the wait is told once', async () => {
  cloud.scf.questionsInPassing = 30;
  await deploy();
  expect(cloud.calls.filter(({ refused }) => refused?.startsWith('FailedOperation'))).toEqual([]);
  expect(stage.lines.filter((line) => line.includes('waiting'))).toEqual([`${NAME}: Creating, waiting`]);
  expect(stage.clock.sleeps).toHaveLength(30);
});

test('a deployment that another one is in the middle of waits for it', async () => {
  await deploy();
  cloud.scf.questionsInPassing = 5;
  await stage.api().call(stage.plan().updateConfiguration);
  await deploy();
  expect(stage.lines).toContain(`${NAME}: Updating, waiting`);
});

test('a function that never becomes active is given up after three minutes', async () => {
  cloud.scf.questionsInPassing = 1_000;
  await expect(deploy()).rejects.toThrow(`${NAME} is still Creating after 180 seconds`);
});

test('a creation that failed is reported with its reason, and the next deployment begins anew', async () => {
  cloud.scf.endings.push({ status: 'CreateFailed', reason: 'no such subnet' });
  await expect(deploy()).rejects.toThrow(
    `after CreateFunction, ${NAME} came to CreateFailed: no such subnet`,
  );
  await deploy();
  expect(cloud.changes()).toEqual(['CreateFunction', 'DeleteFunction', ...FIRST]);
  expect(deployed()?.status).toBe('Active');
});

test('an update that failed is reported with its reason, and the next deployment repeats it', async () => {
  await deploy();
  cloud.scf.endings.push({ status: 'UpdateFailed', reason: 'the role is gone' });
  await expect(deploy()).rejects.toThrow(
    `after UpdateFunctionCode, ${NAME} came to UpdateFailed: the role is gone`,
  );
  await deploy();
  expect(deployed()?.status).toBe('Active');
});

test('another runtime is refused before anything is changed, since SCF would keep the old one', async () => {
  await deploy();
  const before = cloud.changes().length;
  await expect(deploy(stage.plan({}, { runtime: 'Nodejs18.15' }))).rejects.toThrow(
    'was created with the runtime Nodejs20.19, which cannot be changed to Nodejs18.15',
  );
  expect(cloud.changes()).toHaveLength(before);
});

test.each([
  ['a wrong key', { ...KEY_PAIR, secretKey: 'wrong' }, 'AuthFailure.SignatureFailure'],
  ['an unknown ID', { ...KEY_PAIR, secretId: 'AKIDnobody' }, 'AuthFailure.SecretIdNotFound'],
])('%s is refused, and what to check is said', async (_name, keys, code) => {
  const failure = deployFunction(stage.plan(), stage.effects(stage.api(keys)));
  await expect(failure).rejects.toThrow(`GetFunction of ${NAME} was refused with ${code}`);
  await expect(failure).rejects.toThrow('check TENCENTCLOUD_SECRET_ID');
  expect(cloud.changes()).toEqual([]);
});

test.each([
  ['UnauthorizedOperation.CAM', 'give its user the policy'],
  ['ResourceNotFound.Role', 'The execution role is not there'],
  ['LimitExceeded.Function', 'A quota of the account is reached'],
])('%s comes with what to do', async (code, remedy) => {
  cloud.failNext('CreateFunction', code);
  await expect(deploy()).rejects.toThrow(remedy);
});

test('a service that cannot be reached is a matter of the network', async () => {
  const api = stage.api();
  await cloud.close();
  await expect(deployFunction(stage.plan(), stage.effects(api))).rejects.toThrow(
    /had no answer: .*\nCheck the network/,
  );
});

test('info tells state, code and triggers, and says when a function is not deployed', async () => {
  expect(await functionInfo(NAME, stage.effects())).toBe(`${NAME}\n  not deployed`);
  const plan = stage.plan();
  await deploy(plan);
  const info = await functionInfo(NAME, stage.effects());
  expect(info).toContain('state      Active');
  expect(info).toContain(`sha256     ${plan.code.sha256}`);
  expect(info).toContain('trigger    timer tick: {"cron":"0 * * * * * *"}');
});

test('remove takes triggers and function away, and may be repeated', async () => {
  await deploy();
  await removeFunction(NAME, stage.effects());
  expect(cloud.scf.functions.size).toBe(0);
  expect(cloud.changes().slice(FIRST.length)).toEqual([
    'DeleteTrigger',
    'DeleteTrigger',
    'DeleteTrigger',
    'DeleteFunction',
  ]);
  await removeFunction(NAME, stage.effects());
  expect(stage.lines.at(-1)).toBe(`${NAME}: not there`);
});

test('remove finds all triggers, more than a page of them', async () => {
  const events = Array.from({ length: 23 }, (_, index) => ({
    timer: { name: `tick-${index}`, cron: '0 * * * * * *' },
  }));
  await deploy(stage.plan({ events }));
  await removeFunction(NAME, stage.effects());
  expect(cloud.changes().filter((action) => action === 'DeleteTrigger')).toHaveLength(23);
});

test.each(['DeleteTrigger', 'DeleteFunction'])(
  'a removal that fails at %s can be repeated',
  async (action) => {
    await deploy();
    cloud.failNext(action, 'InternalError.System');
    await expect(removeFunction(NAME, stage.effects())).rejects.toThrow(`${action} of ${NAME} was refused`);
    await removeFunction(NAME, stage.effects());
    expect(cloud.scf.functions.size).toBe(0);
  },
);

test('invoke hands on the event and what the function returned, and fails when the function does', async () => {
  await deploy();
  cloud.scf.result = { RetMsg: '{"looked":3}', Log: 'a line\n' };
  const outcome = await invokeFunction(NAME, '{"jobIds":["d1"]}', stage.effects());
  expect(outcome).toEqual({
    returned: '{"looked":3}',
    log: 'a line\n',
    requestId: 'run-1',
    durationMs: 12.5,
  });
  expect(cloud.scf.invocations).toEqual(['{"jobIds":["d1"]}']);
  cloud.scf.result = { RetMsg: '', ErrMsg: 'no such bucket', Log: 'the log' };
  await expect(invokeFunction(NAME, '{}', stage.effects())).rejects.toThrow(
    /failed \(request ID run-2\): no such bucket\n[^]*the log/,
  );
});
