import { wordsOf } from './alarm-condition.js';
import type { AlarmSet } from './alarms.js';
import type { WaitEffects } from './functions-api.js';
import { deletePolicy, listPolicies } from './monitor-api.js';

/** A deployment's alarms, in lines for people, one text each. */
export async function alarmsInfo(
  { alarms, ...ours }: AlarmSet,
  effects: WaitEffects,
): Promise<readonly string[]> {
  const policies = await listPolicies(ours, effects);
  return alarms.map(({ name }) => {
    const policy = policies.find((each) => each.name === name);
    if (policy === undefined) return `${name}\n  alarm      not set`;
    const { isOn, condition, noticeIds } = policy;
    return [
      name,
      `  alarm      ${isOn ? 'on' : 'switched off'}: ${wordsOf(condition)}`,
      `  notices    ${noticeIds.length === 0 ? 'none: nobody is told' : noticeIds.join(', ')}`,
    ].join('\n');
  });
}

/** Takes a deployment's alarms away, those included that it would not set any more. Removing again does nothing. */
export async function removeAlarms({ alarms, ...ours }: AlarmSet, effects: WaitEffects): Promise<void> {
  const policies = await listPolicies(ours, effects);
  for (const { id, name } of policies) {
    await deletePolicy(id, effects);
    effects.say(`${name}: alarm deleted`);
  }
  for (const { name } of alarms.filter((alarm) => !policies.some((policy) => policy.name === alarm.name)))
    effects.say(`${name}: alarm not there`);
}
