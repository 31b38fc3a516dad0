import * as v from 'valibot';
import { credentialsFromEnvironment } from '../cos/credentials.js';
import { after, millis, type EpochMs } from '../domain/units.js';
import { EventError } from './event-error.js';
import { NAMELESS, parsePlainEvent, type Call, type Invocation, type Trigger } from './invocation.js';

/**
 * What we use of SCF's context. It has no function for the remaining time: the limit counts from the start of the call, which the handler
 * therefore notes first thing.
 */
const Context = v.object({
  request_id: v.string(),
  time_limit_in_ms: v.pipe(v.number(), v.minValue(1)),
});

const Named = v.object({ function_name: v.string() });

/** A timer's event (SCF documentation, product 583, page 9708); an old page writes the type in lower case. */
const TimerEvent = v.object({
  Type: v.pipe(v.string(), v.toLowerCase(), v.literal('timer')),
  TriggerName: v.string(),
});

/**
 * A call by Tencent SCF: its timer, or a direct call.
 *
 * @param startedAt the moment the call began
 * @throws EventError for any other event, or a context that is not SCF's.
 */
export function scfInvocation(
  event: unknown,
  context: unknown,
  env: Readonly<Record<string, string | undefined>>,
  startedAt: EpochMs,
): Invocation {
  const functionName = v.is(Named, context) ? context.function_name : NAMELESS;
  return {
    ...scfCall(context, env, startedAt),
    trigger: triggerOf(event),
    platform: { kind: 'scf', functionName },
  };
}

/**
 * What a call by Tencent SCF has, whatever its event.
 *
 * @param startedAt the moment the call began
 * @throws EventError for a context that is not SCF's.
 */
export function scfCall(
  context: unknown,
  env: Readonly<Record<string, string | undefined>>,
  startedAt: EpochMs,
): Call {
  const parsed = v.safeParse(Context, context);
  if (!parsed.success) throw new EventError('the second argument is not an SCF context');
  return {
    deadline: after(startedAt, millis(parsed.output.time_limit_in_ms)),
    requestId: parsed.output.request_id,
    credentials: () => credentialsFromEnvironment(env),
  };
}

function triggerOf(event: unknown): Trigger {
  if (v.is(TimerEvent, event)) return { kind: 'timer' };
  return parsePlainEvent(event, 'a timer event of SCF');
}
