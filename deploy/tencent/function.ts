import type { FunctionDefinition } from '../../functions/function-definition.js';
import { everyMinutes } from './cron.js';
import type { TencentEvent, TencentFunction } from './service.js';
import type { TencentSettings } from './settings.js';

/** A function of ours as SCF is to have it. */
export function tencentFunction(
  { name, description, memoryMb, timeoutSeconds, trigger }: FunctionDefinition,
  settings: Pick<TencentSettings, 'roleOf' | 'concurrentRuns'>,
): TencentFunction {
  return {
    handler: 'index.main_handler',
    description,
    memorySize: memoryMb,
    timeout: timeoutSeconds,
    role: settings.roleOf(name),
    ...(trigger.kind === 'timer' && {
      maximumInstances: settings.concurrentRuns,
      // The next tick is the retry, and a call older than a tick is one too many.
      asynchronous: { retries: 0, maximumAgeSeconds: trigger.everyMinutes * 60 },
    }),
    events: eventsOf(trigger),
  };
}

function eventsOf(trigger: FunctionDefinition['trigger']): readonly TencentEvent[] {
  switch (trigger.kind) {
    case 'timer':
      return [{ timer: { name: 'tick', cron: everyMinutes(trigger.everyMinutes) } }];
    case 'url':
      return [{ url: { name: 'url' } }];
    case 'call':
      return [];
  }
}
