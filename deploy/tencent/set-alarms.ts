import * as v from 'valibot';
import { seconds } from '../../lib/domain/units.js';
import { sameCondition, wordsOf } from './alarm-condition.js';
import { NotSettable, planFor, type AlarmPlan } from './alarm-plan.js';
import type { Alarm, AlarmSet } from './alarms.js';
import { readAnswer } from './api.js';
import { DeployError } from './deploy-error.js';
import type { WaitEffects } from './functions-api.js';
import {
  boundObjects,
  deletePolicy,
  listAlarmTypes,
  listNotices,
  listPolicies,
  monitorRequest,
  type AlarmType,
  type PolicyState,
} from './monitor-api.js';

/**
 * Creates alarm policies, brings those that are there to what they should be, and takes away those of this deployment that it has no use for any more.
 * Cloud Monitor is asked for the names of types and metrics, and afterwards for what it made of them: an alarm that only looks like one is taken away
 * again. One that cannot be set is told with how to set it by hand.
 *
 * @param noticeIds where notices go; none: to the account's preset template
 * @throws DeployError when a notice template is not there, or a call fails for any other reason than what it asks for.
 */
export async function setAlarms(
  { alarms, ...ours }: AlarmSet,
  noticeIds: readonly string[],
  effects: WaitEffects,
): Promise<void> {
  const notices = await chooseNotices(noticeIds, effects);
  const types = await listAlarmTypes(effects);
  const policies = await listPolicies(ours, effects);
  const kept = new Set<PolicyState>();
  for (const alarm of alarms) {
    const policy = policies.find(({ name }) => name === alarm.name);
    if (policy !== undefined) kept.add(policy);
    try {
      const said = await setAlarm({ alarm, remark: ours.remark, policy, notices, types }, effects);
      effects.say(`${alarm.name}: ${said}`);
    } catch (error) {
      if (!(error instanceof NotSettable)) throw error;
      effects.say(stepLeft(alarm, error.message));
    }
  }
  for (const policy of policies.filter((each) => !kept.has(each))) {
    await deletePolicy(policy.id, effects);
    effects.say(`${policy.name}: alarm ${policy.id} is of no use any more, deleted`);
  }
}

/** What is left to whoever deploys. */
function stepLeft({ name, byHand, whenItRings }: Alarm, why: string): string {
  return [
    `${name}: the alarm is not set, since ${why}. One step is left to you:`,
    `  Cloud Monitor, Alarm policy, ${byHand}.`,
    `  When it rings, ${whenItRings}.`,
  ].join('\n');
}

async function chooseNotices(wanted: readonly string[], effects: WaitEffects): Promise<readonly string[]> {
  const found = await listNotices(wanted, effects);
  if (wanted.length > 0) {
    const missing = wanted.filter((id) => !found.some((notice) => notice.id === id));
    if (missing.length > 0) {
      throw new DeployError(
        'no-such-notice',
        `ALARM_NOTICE_IDS names ${missing.join(', ')}, which Cloud Monitor does not have\n` +
          'Take the IDs from Cloud Monitor, Notification template. Deploying again continues where this stopped.',
      );
    }
    effects.say(`alarms: notices go to ${wanted.join(', ')}`);
    return wanted;
  }
  const preset = found.filter(({ isPreset }) => isPreset).map(({ id }) => id);
  effects.say(
    preset.length > 0
      ? `alarms: notices go to the account's preset template, ${preset.join(', ')}; ALARM_NOTICE_IDS names others`
      : 'alarms: NOBODY IS TOLD, since the account has no preset template: set ALARM_NOTICE_IDS, then deploy again',
  );
  return preset;
}

interface Wanted {
  readonly alarm: Alarm;
  readonly remark: string;
  /** What is there of it. */
  readonly policy: PolicyState | undefined;
  readonly notices: readonly string[];
  readonly types: readonly AlarmType[];
}

/** @returns what was done */
async function setAlarm(wanted: Wanted, effects: WaitEffects): Promise<string> {
  const { alarm, policy, notices, types } = wanted;
  const plan = await planFor(alarm, types, effects);
  const about = `${objectName(plan)}: ${wordsOf(plan.condition)}`;
  if (policy === undefined) {
    await create(wanted, plan, effects);
    return `alarm created on ${about}`;
  }
  const isBound = holds(await boundObjects(policy.id, effects), plan.object);
  if (policy.type !== plan.type.id || !isBound) {
    // The new one first: where it cannot be made, the old one is better than none.
    await create(wanted, plan, effects);
    await deletePolicy(policy.id, effects);
    return `alarm made anew on ${about}`;
  }
  const isChanged = await update(policy, plan, notices, effects);
  const off = policy.isOn ? '' : ', but is switched off in Cloud Monitor, and left so';
  return isChanged ? `alarm updated on ${about}${off}` : `the alarm is as it should be${off}`;
}

function objectName({ object }: AlarmPlan): string {
  return object['topicName'] ?? object['queueName'] ?? object['function_name'] ?? '';
}

const Created = v.object({ PolicyId: v.string() });

async function create(
  { alarm, remark, notices }: Wanted,
  { type, condition, object, region }: AlarmPlan,
  effects: WaitEffects,
): Promise<void> {
  const parameters = {
    PolicyName: alarm.name,
    Remark: remark,
    MonitorType: 'MT_QCE',
    Namespace: type.id,
    Condition: condition,
    ...(notices.length === 0 ? {} : { NoticeIds: notices }),
  };
  // Services that know projects want one (CreateAlarmPolicy, ProjectId); which do is not listed. 0 is the default project.
  const answer = await settable('CreateAlarmPolicy', parameters, effects).catch((error: unknown) => {
    if (!(error instanceof NotSettable)) throw error;
    return settable('CreateAlarmPolicy', { ...parameters, ProjectId: 0 }, effects);
  });
  const { PolicyId: id } = readAnswer('CreateAlarmPolicy', Created, answer);
  const binding = { PolicyId: id, Dimensions: [{ Region: region, Dimensions: JSON.stringify(object) }] };
  try {
    await settable('BindingPolicyObject', binding, effects);
    await mustHold(id, object, effects);
  } catch (error) {
    if (error instanceof NotSettable) await deletePolicy(id, effects);
    throw error;
  }
}

/** What the service says of a request that it will never take (API 3.0, "Common error codes"). */
const NEVER_TAKEN = /^(?:InvalidParameter|MissingParameter|UnknownParameter|UnsupportedOperation)/;

/** A call whose parameters the service may refuse, for reasons that no document tells. */
async function settable(action: string, parameters: object, effects: WaitEffects): Promise<unknown> {
  try {
    return await effects.api.call(monitorRequest(effects.region, action, parameters));
  } catch (error) {
    if (!(error instanceof DeployError) || !NEVER_TAKEN.test(error.code)) throw error;
    const [problem = ''] = error.message.split('\n');
    throw new NotSettable(problem, { cause: error });
  }
}

/** How often what was bound is asked for, a second apart: no document tells how soon it shows. */
const LOOKS = 5;

/** Cloud Monitor takes dimensions that it does not know without a word, and lists them as null: such a policy never rings. */
async function mustHold(policyId: string, object: AlarmPlan['object'], effects: WaitEffects): Promise<void> {
  for (let look = 1; look <= LOOKS; look += 1) {
    if (holds(await boundObjects(policyId, effects), object)) return;
    if (look < LOOKS) await effects.clock.sleep(seconds(1));
  }
  throw new NotSettable(`Cloud Monitor did not take ${JSON.stringify(object)} for what it is about`);
}

const Dimensions = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()));

/** Whether this object, and no other, is bound. */
function holds(bound: readonly string[], object: AlarmPlan['object']): boolean {
  const [only, ...others] = bound;
  if (only === undefined || others.length > 0) return false;
  const parsed = v.safeParse(Dimensions, only);
  return (
    parsed.success && Object.entries(object).every(([name, value]) => String(parsed.output[name]) === value)
  );
}

/** @returns whether anything had to be changed */
async function update(
  { id, condition, noticeIds }: PolicyState,
  plan: AlarmPlan,
  notices: readonly string[],
  effects: WaitEffects,
): Promise<boolean> {
  const isOtherCondition = !sameCondition(condition, plan.condition);
  const isOtherNotice = [...noticeIds].sort().join() !== [...notices].sort().join();
  if (isOtherCondition)
    await settable('ModifyAlarmPolicyCondition', { PolicyId: id, Condition: plan.condition }, effects);
  if (isOtherNotice) {
    const parameters = { PolicyId: id, NoticeIds: notices };
    await effects.api.call(monitorRequest(effects.region, 'ModifyAlarmPolicyNotice', parameters));
  }
  return isOtherCondition || isOtherNotice;
}
