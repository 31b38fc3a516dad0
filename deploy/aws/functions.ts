import type { AWS } from '@serverless/typescript';
import type { FunctionDefinition, FunctionTrigger } from '../../functions/function-definition.js';
import { sharedOutTo } from '../functions.js';
import { logicalId, PENDING_QUEUE } from './names.js';
import { tickSeconds } from './schedule.js';
import type { AwsSettings, Mode } from './settings.js';
import { attribute, sub } from './template.js';

type AwsFunctions = NonNullable<AWS['functions']>;
type AwsFunction = AwsFunctions[string];

/** Each function as the Serverless Framework takes it, by its trigger. */
export function awsFunctions(settings: AwsSettings, functions: readonly FunctionDefinition[]): AwsFunctions {
  return Object.fromEntries(
    functions.map((definition) => [
      definition.name,
      {
        handler: 'index.handler',
        description: definition.description,
        timeout: definition.timeoutSeconds,
        memorySize: definition.memoryMb,
        // In this form the framework adds no second dependency on the role, which cfn-lint warns of.
        role: sub(`\${${logicalId(definition, 'Role')}.Arn}`),
        ...triggered(settings, definition),
      },
    ]),
  );
}

/** What follows from what calls the function. */
function triggered(settings: AwsSettings, { trigger }: FunctionDefinition): Partial<AwsFunction> {
  const { mode, maxConcurrentRuns, reserveConcurrency, callbackSecret } = settings;
  switch (trigger.kind) {
    case 'timer':
      return {
        // The next tick is the retry, and a tick that came too late is no use beside the next one.
        maximumRetryAttempts: 0,
        maximumEventAge: tickSeconds(trigger),
        ...(reserveConcurrency ? { reservedConcurrency: maxConcurrentRuns } : {}),
        events: sourceOf(mode, maxConcurrentRuns),
      };
    case 'call':
      return bounded(settings, trigger);
    case 'url': {
      const { environment, ...reserved } = bounded(settings, trigger);
      return {
        ...reserved,
        // Open to everybody: CI cannot sign its callbacks for AWS, so the function itself checks the secret in the path.
        url: true,
        // CloudFormation reads the secret when it deploys, so that no template holds it.
        environment: {
          ...environment,
          CALLBACK_SECRET: `{{resolve:secretsmanager:${callbackSecret ?? ''}}}`,
        },
      };
    }
  }
}

/** Calls are held to their number where concurrency can be reserved; each has its share of the request rate in any case. */
function bounded(
  { reserveConcurrency }: AwsSettings,
  trigger: Exclude<FunctionTrigger, { readonly kind: 'timer' }>,
): Pick<AwsFunction, 'environment' | 'reservedConcurrency'> {
  return {
    environment: sharedOutTo(trigger),
    ...(reserveConcurrency ? { reservedConcurrency: trigger.maxConcurrentCalls } : {}),
  };
}

/** In timer mode `schedules` calls the function. */
function sourceOf(mode: Mode, maxConcurrentRuns: number): NonNullable<AwsFunction['events']> {
  switch (mode.kind) {
    case 'timer':
      return [];
    case 'event-source':
      return [
        {
          sqs: {
            arn: attribute(PENDING_QUEUE, 'Arn'),
            batchSize: mode.batchSize,
            maximumBatchingWindow: mode.batchWindowSeconds,
            maximumConcurrency: maxConcurrentRuns,
            functionResponseType: 'ReportBatchItemFailures',
          },
        },
      ];
  }
}
