import type { FunctionDefinition, FunctionTrigger } from '../../functions/function-definition.js';
import { sharedOutTo } from '../functions.js';
import { everyMinutes } from './cron.js';
import type { TencentEvent, TencentFunction } from './service.js';
import type { TencentSettings } from './settings.js';

/** Those of the functions that are deployed, as SCF is to have them: one with a URL only where its secret is set. */
export function tencentFunctions(
  settings: TencentSettings,
  functions: readonly FunctionDefinition[],
): Readonly<Record<string, TencentFunction>> {
  return Object.fromEntries(
    functions
      .filter(({ trigger }) => trigger.kind !== 'url' || settings.callbackSecret !== undefined)
      .map((definition) => [definition.name, tencentFunction(settings, definition)]),
  );
}

function tencentFunction(
  settings: TencentSettings,
  { name, description, memoryMb, timeoutSeconds, trigger }: FunctionDefinition,
): TencentFunction {
  return {
    handler: 'index.main_handler',
    description,
    memorySize: memoryMb,
    timeout: timeoutSeconds,
    role: settings.roleOf(name),
    ...triggered(settings, trigger),
    events: name === 'submit' ? submitEvents(settings) : eventsOf(trigger),
  };
}

/** What follows from what calls the function. */
function triggered(
  { maxConcurrentRuns, callbackSecret }: TencentSettings,
  trigger: FunctionTrigger,
): Partial<TencentFunction> {
  switch (trigger.kind) {
    case 'timer':
      return {
        maximumInstances: maxConcurrentRuns,
        // The next tick is the retry, and a call that waited for a tick is no use beside the next one.
        asynchronous: { retries: 0, maximumAgeSeconds: trigger.everyMinutes * 60 },
      };
    case 'call':
    case 'url': {
      const secret =
        trigger.kind === 'url' && callbackSecret !== undefined ? { CALLBACK_SECRET: callbackSecret } : {};
      return {
        maximumInstances: trigger.maxConcurrentCalls,
        environment: { ...sharedOutTo(trigger), ...secret },
      };
    }
  }
}

function eventsOf(trigger: FunctionTrigger): readonly TencentEvent[] {
  switch (trigger.kind) {
    case 'timer':
      return [{ timer: { name: 'tick', cron: everyMinutes(trigger.everyMinutes) } }];
    case 'url':
      return [{ url: { name: 'url' } }];
    case 'call':
      return [];
  }
}

/** The suffixes are the function's own business: a trigger takes one only, and there is one trigger for an event and a prefix. */
function submitEvents({ submitPrefix, variables }: TencentSettings): readonly TencentEvent[] {
  const bucket = variables['SOURCE_BUCKET'];
  if (submitPrefix === undefined || bucket === undefined) return [];
  return [{ cos: { bucket, event: 'cos:ObjectCreated:*', prefix: submitPrefix } }];
}
