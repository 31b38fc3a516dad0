import { DeployError } from './deploy-error.js';
import {
  isMissing,
  listTriggers,
  waitUntilAtRest,
  type FunctionState,
  type WaitEffects,
} from './functions-api.js';
import { NAMESPACE, scfRequest, type ApiRequest, type FunctionPlan, type TriggerPlan } from './requests.js';

/**
 * Brings one function to what its plan says: code, configuration, limits, then triggers, so that nothing fires before its limits hold. Every step may
 * be repeated; what a failed deployment left behind is taken up where it stands.
 *
 * @throws DeployError naming the function, the step and what to do.
 */
export async function deployFunction(plan: FunctionPlan, effects: WaitEffects): Promise<void> {
  const { functionName } = plan;
  const { api, say } = effects;
  let state = await waitUntilAtRest(functionName, effects);
  if (state?.status === 'CreateFailed') {
    // SCF, product 583, page 115197: a function that could not be created is deleted and created again.
    say(`${functionName}: an earlier creation failed (${state.reason}), deleting what it left`);
    await deleteFunction(functionName, effects);
    state = undefined;
  }
  if (state === undefined) {
    await api.call(plan.create);
    mustBeActive(plan, 'CreateFunction', await waitUntilAtRest(functionName, effects));
    say(`${functionName}: created`);
  } else {
    mustHaveRuntime(plan, state);
    for (const request of [plan.updateCode, plan.updateConfiguration]) {
      await api.call(request);
      mustBeActive(plan, request.action, await waitUntilAtRest(functionName, effects));
      say(`${functionName}: ${request === plan.updateCode ? 'code' : 'configuration'} updated`);
    }
  }
  for (const { request, said } of plan.limits) {
    await api.call(request);
    say(`${functionName}: ${said}`);
  }
  await deployTriggers(plan, effects);
}

function mustBeActive(plan: FunctionPlan, action: string, state: FunctionState | undefined): void {
  if (state?.status === 'Active') return;
  const { functionName } = plan;
  const found =
    state === undefined
      ? 'is not there any more'
      : `came to ${state.status}${state.reason === '' ? '' : `: ${state.reason}`}`;
  throw new DeployError(
    'not-active',
    `after ${action}, ${functionName} ${found}\nMend what it says, or look at it in the SCF console; deploying again continues where this stopped.`,
  );
}

/** The runtime of a function that exists cannot be changed, and would be left as it is without a word. */
function mustHaveRuntime({ functionName, create }: FunctionPlan, state: FunctionState): void {
  const wanted = 'Runtime' in create.parameters ? create.parameters.Runtime : undefined;
  if (state.runtime === '' || state.runtime === wanted) return;
  throw new DeployError(
    'other-runtime',
    `${functionName} was created with the runtime ${state.runtime}, which cannot be changed to ${String(wanted)}\n` +
      'Keep the runtime, or remove the function and deploy again; no job is lost, the queue stays.',
  );
}

async function deployTriggers(plan: FunctionPlan, { api, region, say }: WaitEffects): Promise<void> {
  const { functionName, triggers } = plan;
  const present = await listTriggers(api, region, functionName);
  for (const trigger of triggers) {
    const existing = present.find(({ type, name }) => type === trigger.type && name === trigger.name);
    const said = `${functionName}: ${trigger.type} trigger ${trigger.name}`;
    if (existing === undefined) {
      await api.call(trigger.create);
      say(`${said} created`);
    } else if (trigger.update !== undefined) {
      await api.call(trigger.update);
      say(`${said} updated`);
    } else if (sameJson(existing.description, trigger.description)) {
      say(`${said} is as it should be`);
    } else {
      await api.call(deleteTrigger(functionName, region, existing));
      await api.call(trigger.create);
      say(`${said} made anew`);
    }
  }
  for (const { type, name } of present) {
    if (!triggers.some((trigger: TriggerPlan) => trigger.type === type && trigger.name === name)) {
      say(
        `${functionName}: has another ${type} trigger, ${name}, which is left alone: delete it in the console if it should not be`,
      );
    }
  }
}

/** The request that deletes a trigger; a COS trigger must be named with its description (SCF API, DeleteTrigger). */
export function deleteTrigger(
  functionName: string,
  region: string,
  trigger: { readonly type: string; readonly name: string; readonly description: string },
): ApiRequest {
  return scfRequest(region, 'DeleteTrigger', {
    FunctionName: functionName,
    Namespace: NAMESPACE,
    TriggerName: trigger.name,
    Type: trigger.type,
    ...(trigger.type === 'cos' ? { TriggerDesc: trigger.description } : {}),
  });
}

/** Deletes a function, one that is not there included, and waits until it is gone. */
export async function deleteFunction(functionName: string, effects: WaitEffects): Promise<void> {
  const { api, region } = effects;
  try {
    await api.call(
      scfRequest(region, 'DeleteFunction', { FunctionName: functionName, Namespace: NAMESPACE }),
    );
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const state = await waitUntilAtRest(functionName, effects);
  if (state === undefined) return;
  throw new DeployError(
    'not-deleted',
    `after DeleteFunction, ${functionName} is ${state.status}${state.reason === '' ? '' : `: ${state.reason}`}\nLook at it in the SCF console, then run the command again.`,
  );
}

/** Whether two descriptions say the same, whatever the order of their fields and the spaces between. */
function sameJson(one: string, other: string): boolean {
  try {
    return canonical(JSON.parse(one)) === canonical(JSON.parse(other));
  } catch {
    return one === other;
  }
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
