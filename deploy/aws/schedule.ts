import type { FunctionDefinition, FunctionTrigger } from '../../functions/function-definition.js';
import { logicalId } from './names.js';
import type { AwsSettings } from './settings.js';
import { attribute, type Resource, type Resources } from './template.js';

type TimerTrigger = Extract<FunctionTrigger, { readonly kind: 'timer' }>;

/** How long a tick is worth anything: until the next one. */
export function tickSeconds({ everyMinutes }: TimerTrigger): number {
  return everyMinutes * 60;
}

/**
 * The schedules of functions that a timer calls. Rules of EventBridge, not EventBridge Scheduler: what may call the function then stands on the
 * function, and no role is needed that a scheduler may take on; what Scheduler has beyond (time zones, flexible windows) is of no use here.
 * Written out, since the Serverless Framework's own have no retry policy: ticks that could not be delivered would pile up for a day.
 */
export function schedules({ mode }: AwsSettings, functions: readonly FunctionDefinition[]): Resources {
  if (mode.kind === 'event-source') return {};
  return Object.fromEntries(
    functions.flatMap((definition): [string, Resource][] => {
      const { trigger } = definition;
      if (trigger.kind !== 'timer') return [];
      const target = attribute(logicalId(definition, 'LambdaFunction'), 'Arn');
      const schedule = logicalId(definition, 'Schedule');
      const unit = trigger.everyMinutes === 1 ? 'minute' : 'minutes';
      return [
        [
          schedule,
          {
            Type: 'AWS::Events::Rule',
            Properties: {
              ScheduleExpression: `rate(${trigger.everyMinutes} ${unit})`,
              State: 'ENABLED',
              Targets: [
                {
                  Id: definition.name,
                  Arn: target,
                  Input: JSON.stringify({ trigger: 'timer' }),
                  RetryPolicy: {
                    MaximumEventAgeInSeconds: tickSeconds(trigger),
                    MaximumRetryAttempts: 0,
                  },
                },
              ],
            },
          },
        ],
        [
          logicalId(definition, 'SchedulePermission'),
          {
            Type: 'AWS::Lambda::Permission',
            Properties: {
              FunctionName: target,
              Action: 'lambda:InvokeFunction',
              Principal: 'events.amazonaws.com',
              SourceArn: attribute(schedule, 'Arn'),
            },
          },
        ],
      ];
    }),
  );
}
