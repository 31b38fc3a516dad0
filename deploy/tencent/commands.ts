import * as v from 'valibot';
import { readAnswer } from './api.js';
import { deleteFunction, deleteTrigger } from './deploy.js';
import { DeployError } from './deploy-error.js';
import { describeFunction, isMissing, listTriggers, type WaitEffects } from './functions-api.js';
import { NAMESPACE, scfRequest } from './requests.js';

/** One function, in lines for people: its state, its code, its triggers. */
export async function functionInfo(functionName: string, { api, region }: WaitEffects): Promise<string> {
  const state = await describeFunction(api, region, functionName);
  if (state === undefined) return `${functionName}\n  not deployed`;
  const [, sha256 = 'not known: it was not deployed from here'] =
    /Code sha256 ([0-9a-f]{64})$/.exec(state.description) ?? [];
  const triggers = await listTriggers(api, region, functionName);
  return [
    functionName,
    `  state      ${state.status}${state.reason === '' ? '' : `: ${state.reason}`}`,
    `  runtime    ${state.runtime}`,
    `  modified   ${state.modifiedAt}`,
    `  sha256     ${sha256}`,
    ...triggers.map(
      ({ type, name, description, isEnabled }) =>
        `  trigger    ${type} ${name}: ${description}${isEnabled ? '' : ' (closed)'}`,
    ),
    ...(triggers.length === 0 ? ['  trigger    none'] : []),
  ].join('\n');
}

/** Takes a function away, its triggers first, so that a bucket is not left with a rule for a function that is gone. Removing what is not there does nothing. */
export async function removeFunction(functionName: string, effects: WaitEffects): Promise<void> {
  const { api, region, say } = effects;
  if ((await describeFunction(api, region, functionName)) === undefined) {
    say(`${functionName}: not there`);
    return;
  }
  for (const trigger of await listTriggers(api, region, functionName)) {
    try {
      await api.call(deleteTrigger(functionName, region, trigger));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    say(`${functionName}: ${trigger.type} trigger ${trigger.name} deleted`);
  }
  await deleteFunction(functionName, effects);
  say(`${functionName}: deleted`);
}

const InvokeAnswer = v.object({
  Result: v.object({
    RetMsg: v.nullish(v.string(), ''),
    ErrMsg: v.nullish(v.string(), ''),
    Log: v.nullish(v.string(), ''),
    FunctionRequestId: v.nullish(v.string(), ''),
    Duration: v.nullish(v.number(), 0),
    InvokeResult: v.nullish(v.number(), 0),
  }),
});

/** What a call of a function came to. */
export interface InvokeOutcome {
  /** What it returned, as JSON. */
  readonly returned: string;
  /** The tail of its log. */
  readonly log: string;
  readonly requestId: string;
  readonly durationMs: number;
}

/**
 * Calls a function and waits for what it returns.
 *
 * @param event JSON
 * @throws DeployError with the function's own message and the tail of its log when it failed.
 */
export async function invokeFunction(
  functionName: string,
  event: string,
  { api, region }: Pick<WaitEffects, 'api' | 'region'>,
): Promise<InvokeOutcome> {
  const request = scfRequest(region, 'Invoke', {
    FunctionName: functionName,
    Namespace: NAMESPACE,
    InvocationType: 'RequestResponse',
    ClientContext: event,
    LogType: 'Tail',
  });
  const { Result: result } = readAnswer(request.action, InvokeAnswer, await api.call(request));
  const requestId = result.FunctionRequestId;
  if (result.ErrMsg !== '' || result.InvokeResult !== 0) {
    throw new DeployError(
      'function-failed',
      `${functionName} failed (request ID ${requestId}): ${result.ErrMsg}\n${result.RetMsg}\n${result.Log}`.trimEnd(),
      { requestId },
    );
  }
  return {
    returned: result.RetMsg,
    log: result.Log,
    requestId,
    durationMs: result.Duration,
  };
}
