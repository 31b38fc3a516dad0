import * as v from 'valibot';
import type { Clock } from '../../lib/domain/effects.js';
import { after, between, seconds, type Millis } from '../../lib/domain/units.js';
import { readAnswer, type Api } from './api.js';
import { DeployError } from './deploy-error.js';
import { NAMESPACE, scfRequest } from './requests.js';

/** A function as SCF describes it. */
export interface FunctionState {
  readonly status: string;
  /** Why it is so, where SCF says. */
  readonly reason: string;
  readonly description: string;
  readonly runtime: string;
  readonly modifiedAt: string;
}

/** A trigger as SCF describes it. */
export interface TriggerState {
  readonly type: string;
  readonly name: string;
  readonly description: string;
  readonly isEnabled: boolean;
}

/** Answers leave out or null what they do not know. */
const text = v.nullish(v.string(), '');

const GetFunctionAnswer = v.pipe(
  v.object({
    Status: v.string(),
    StatusDesc: text,
    StatusReasons: v.nullish(v.array(v.object({ ErrorCode: text, ErrorMessage: text })), []),
    Description: text,
    Runtime: text,
    ModTime: text,
  }),
  v.transform((answer): FunctionState => {
    const reason = [
      answer.StatusDesc,
      ...answer.StatusReasons.map(({ ErrorCode, ErrorMessage }) => `${ErrorCode} ${ErrorMessage}`),
    ];
    return {
      status: answer.Status,
      reason: reason.filter((part) => part.trim() !== '').join('; '),
      description: answer.Description,
      runtime: answer.Runtime,
      modifiedAt: answer.ModTime,
    };
  }),
);

const ListTriggersAnswer = v.object({
  TotalCount: v.number(),
  Triggers: v.array(
    v.pipe(
      v.object({
        Type: v.string(),
        TriggerName: v.string(),
        TriggerDesc: text,
        Enable: v.nullish(v.number(), 1),
      }),
      v.transform((trigger): TriggerState => ({
        type: trigger.Type,
        name: trigger.TriggerName,
        description: trigger.TriggerDesc,
        isEnabled: trigger.Enable === 1,
      })),
    ),
  ),
});

/** ListTriggers' own default; no document says how many it gives at most. */
const PAGE = 20;

/** What SCF says of a function; undefined when there is none of that name. */
export async function describeFunction(
  api: Api,
  region: string,
  functionName: string,
): Promise<FunctionState | undefined> {
  const action = 'GetFunction';
  try {
    const answer = await api.call(
      scfRequest(region, action, { FunctionName: functionName, Namespace: NAMESPACE }),
    );
    return readAnswer(action, GetFunctionAnswer, answer);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The triggers of a function; none when there is no function. */
export async function listTriggers(
  api: Api,
  region: string,
  functionName: string,
): Promise<readonly TriggerState[]> {
  const action = 'ListTriggers';
  const of = { FunctionName: functionName, Namespace: NAMESPACE, Limit: PAGE };
  const triggers: TriggerState[] = [];
  try {
    for (;;) {
      const answer = await api.call(scfRequest(region, action, { ...of, Offset: triggers.length }));
      const { TotalCount: total, Triggers: page } = readAnswer(action, ListTriggersAnswer, answer);
      triggers.push(...page);
      if (page.length === 0 || triggers.length >= total) return triggers;
    }
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Whether an error says that the function or the trigger is not there (`ResourceNotFound`, `.Function`, `.FunctionName`, `.Trigger`). */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof DeployError &&
    /^ResourceNotFound(?:\.(?:Function|FunctionName|Trigger))?$/.test(error.code)
  );
}

/** How long a function may take to come to rest. No document says how long it takes; deploying again goes on waiting. */
export const ACTIVE_WITHIN: Millis = seconds(180);

/** Between two questions: far below the rates at which API 3.0 refuses calls. */
const INTERVAL: Millis = seconds(1);

/** States on the way to another one (SCF, product 583, page 115197). */
const IN_PASSING = new Set(['Creating', 'Updating', 'Publishing', 'Deleting']);

/**
 * Waits until a function is neither created, updated, published nor deleted any more, saying so once for each state.
 *
 * @returns the state that it came to rest in; undefined when there is no function.
 * @throws DeployError when that took longer than `within`.
 */
export async function waitUntilAtRest(
  functionName: string,
  { api, region, clock, say }: WaitEffects,
  within: Millis = ACTIVE_WITHIN,
): Promise<FunctionState | undefined> {
  const startedAt = clock.now();
  const deadline = after(startedAt, within);
  let last = '';
  for (;;) {
    const state = await describeFunction(api, region, functionName);
    if (state === undefined || !IN_PASSING.has(state.status)) return state;
    if (state.status !== last) say(`${functionName}: ${state.status}, waiting`);
    last = state.status;
    if (clock.now() >= deadline) {
      const waited = Math.round(between(startedAt, clock.now()) / 1_000);
      throw new DeployError(
        'not-active-in-time',
        `${functionName} is still ${state.status} after ${waited} seconds${state.reason === '' ? '' : `: ${state.reason}`}\n` +
          'Look at it in the SCF console; deploying again continues where this stopped.',
        { disposition: 'transient' },
      );
    }
    await clock.sleep(INTERVAL);
  }
}

/** What waiting works through. */
export interface WaitEffects {
  readonly api: Api;
  readonly region: string;
  readonly clock: Clock;
  /** Takes one line of progress. */
  readonly say: (line: string) => void;
}
