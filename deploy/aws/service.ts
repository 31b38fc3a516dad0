import type { AWS } from '@serverless/typescript';
import type { FunctionDefinition } from '../../functions/function-definition.js';
import { DEAD_LETTER_QUEUE, logicalId, PENDING_QUEUE } from './names.js';
import type { AwsSettings } from './settings.js';
import { ref, sub } from './template.js';

type Environment = NonNullable<AWS['provider']['environment']>;
type Outputs = NonNullable<NonNullable<AWS['resources']>['Outputs']>;

/** Those of the functions that are deployed: one with a URL only where its secret is set. */
export function deployedToAws<T extends FunctionDefinition>(
  { callbackSecret }: AwsSettings,
  functions: readonly T[],
): readonly T[] {
  return functions.filter(({ trigger }) => trigger.kind !== 'url' || callbackSecret !== undefined);
}

/** What every function finds in its environment. No secret is among it: only where the key pair is kept. */
export function functionEnvironment({ runTime, credentials: { kind, name } }: AwsSettings): Environment {
  return {
    ...runTime.variables,
    QUEUE_URL: ref(PENDING_QUEUE),
    DEAD_LETTER_QUEUE_URL: ref(DEAD_LETTER_QUEUE),
    [kind === 'parameter' ? 'TENCENT_CREDENTIALS_PARAMETER' : 'TENCENT_CREDENTIALS_SECRET']: name,
    // Stack traces then name our files and lines.
    NODE_OPTIONS: '--enable-source-maps',
  };
}

/** What whoever submits jobs, and whoever looks after them, needs to know. */
export function outputs(functions: readonly FunctionDefinition[]): Outputs {
  return {
    PendingQueueUrl: { Description: 'Send pending jobs here', Value: ref(PENDING_QUEUE) },
    DeadLetterQueueUrl: { Description: 'Jobs that were given up', Value: ref(DEAD_LETTER_QUEUE) },
    DashboardUrl: {
      Description: 'What to look at first',
      Value: sub(
        'https://${AWS::Region}.console.aws.amazon.com/cloudwatch/home?region=${AWS::Region}#dashboards:name=${Dashboard}',
      ),
    },
    ...Object.fromEntries(
      functions.map((definition) => [
        logicalId(definition, 'FunctionName'),
        { Description: definition.description, Value: ref(logicalId(definition, 'LambdaFunction')) },
      ]),
    ),
  };
}
