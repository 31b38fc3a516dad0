import type { FunctionTrigger } from '../functions/function-definition.js';
import { callback } from '../functions/callback/function.js';
import { poll } from '../functions/poll/function.js';
import { submit } from '../functions/submit/function.js';

/** Every function that is built and can be deployed. */
export const FUNCTIONS = [poll, submit, callback] as const;

/** The variable that makes a call of a function take its share of the request rate, where that is not what is set for the runs of a timer. */
export function sharedOutTo(trigger: FunctionTrigger): Readonly<Record<string, string>> {
  return trigger.kind === 'timer' ? {} : { MAX_CONCURRENT_RUNS: String(trigger.maxConcurrentCalls) };
}
