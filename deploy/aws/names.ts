import type { FunctionDefinition } from '../../functions/function-definition.js';
import { SERVICE } from '../service-name.js';

/** Logical IDs of what functions and alarms refer to. */
export const PENDING_QUEUE = 'PendingQueue';
export const DEAD_LETTER_QUEUE = 'DeadLetterQueue';
export const ALARM_TOPIC = 'AlarmTopic';

/** The name of something in the account. */
export function physicalName(stage: string, what: string): string {
  return `${SERVICE}-${stage}-${what}`;
}

/** The logical ID of something that belongs to a function; the Serverless Framework's own are `<Name>LambdaFunction` and `<Name>LogGroup`. */
export function logicalId({ name }: Pick<FunctionDefinition, 'name'>, what: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}${what}`;
}
