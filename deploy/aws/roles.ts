import type { FunctionDefinition } from '../../functions/function-definition.js';
import { DEAD_LETTER_QUEUE, logicalId, PENDING_QUEUE } from './names.js';
import type { AwsSettings } from './settings.js';
import { attribute, statementOf, sub, type Grant, type Resources } from './template.js';

const PLACE = '${AWS::Region}:${AWS::AccountId}';

/** A role for each function, with what that function uses and nothing else. */
export function roles(settings: AwsSettings, functions: readonly FunctionDefinition[]): Resources {
  return Object.fromEntries(
    functions.map((definition) => [
      logicalId(definition, 'Role'),
      {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'lambda.amazonaws.com' },
                Action: 'sts:AssumeRole',
              },
            ],
          },
          Policies: [
            {
              PolicyName: definition.name,
              PolicyDocument: {
                Version: '2012-10-17',
                Statement: [
                  logGrant(definition),
                  ...queueGrants(settings, definition),
                  ...credentialsGrants(settings),
                ].map(statementOf),
              },
            },
          ],
        },
      },
    ]),
  );
}

/** The group is made by the deployment; its ARN as CloudFormation gives it covers the streams in it. */
function logGrant(definition: FunctionDefinition): Grant {
  return {
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [attribute(logicalId(definition, 'LogGroup'), 'Arn')],
  };
}

/** What `lib/queue/sqs*.ts` calls (IAM knows the batch calls by the names of the single ones), and in event-source mode Lambda itself. */
function queueGrants(settings: AwsSettings, { trigger }: FunctionDefinition): Grant[] {
  const { mode, queueKmsKeyArn } = settings;
  const pending = [attribute(PENDING_QUEUE, 'Arn')];
  const send = ['sqs:SendMessage'];
  const key: Grant[] =
    queueKmsKeyArn === undefined
      ? []
      : [{ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [queueKmsKeyArn] }];
  switch (trigger.kind) {
    case 'timer': {
      const take = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'];
      const source = mode.kind === 'event-source' ? ['sqs:GetQueueAttributes'] : [];
      return [
        { actions: [...take, ...source], resources: pending },
        { actions: send, resources: [attribute(DEAD_LETTER_QUEUE, 'Arn')] },
        ...noticeGrants(settings),
        ...key,
      ];
    }
    case 'call':
      return [{ actions: send, resources: pending }, ...key];
    case 'url':
      return [{ actions: send, resources: pending }, ...noticeGrants(settings), ...key];
  }
}

/** The queue for notices, which is not the deployment's own; one of TDMQ-CMQ takes the Tencent key pair. */
function noticeGrants({ runTime: { config } }: AwsSettings): Grant[] {
  const queue = config.notices?.queue;
  if (queue?.kind !== 'sqs' || queue.region === undefined) return [];
  const [, account = '', name = ''] = new URL(queue.url).pathname.split('/');
  return [
    {
      actions: ['sqs:SendMessage'],
      resources: [sub(`arn:\${AWS::Partition}:sqs:${queue.region}:${account}:${name}`)],
    },
  ];
}

/** A secret is read through the Parameter Store, which needs both grants (Systems Manager User Guide, "Referencing … secrets"). */
function credentialsGrants({ credentials: { kind, name, kmsKeyArn } }: AwsSettings): Grant[] {
  const path = kind === 'parameter' ? name.replace(/^\//, '') : `aws/reference/secretsmanager/${name}`;
  const parameter: Grant = {
    actions: ['ssm:GetParameter'],
    resources: [sub(`arn:\${AWS::Partition}:ssm:${PLACE}:parameter/${path}`)],
  };
  const secret: Grant = {
    actions: ['secretsmanager:GetSecretValue'],
    // Secrets Manager adds a hyphen and six characters of its own to the name, which nobody knows beforehand.
    resources: [sub(`arn:\${AWS::Partition}:secretsmanager:${PLACE}:secret:${name}-??????`)],
  };
  const key: Grant[] = kmsKeyArn === undefined ? [] : [{ actions: ['kms:Decrypt'], resources: [kmsKeyArn] }];
  return [parameter, ...(kind === 'secret' ? [secret] : []), ...key];
}
