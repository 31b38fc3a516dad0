import type { FunctionDefinition } from '../../functions/function-definition.js';
import { DEAD_LETTER_QUEUE, PENDING_QUEUE, physicalName } from './names.js';
import type { AwsSettings } from './settings.js';
import { attribute, ref, sub, type Resources } from './template.js';

/** The longest that SQS keeps a message (SQS API Reference, CreateQueue: MessageRetentionPeriod), so that nothing is lost before it is given up. */
const RETENTION_SECONDS = 14 * 24 * 3_600;

/** The most that SQS takes (CreateQueue, RedrivePolicy). Every look at a job is a receive; `lib/poller/schedule.ts` keeps a fifth of it free. */
const MAX_RECEIVE_COUNT = 1_000;

/** AWS advises six times the timeout for a queue that Lambda reads, so that a throttled batch can be tried again (Lambda, "Using Lambda with Amazon SQS"). */
const EVENT_SOURCE_TIMEOUTS = 6;

/** The queue of pending jobs and that of dead letters, encrypted, and closed to all that does not come by TLS. */
export function queues(settings: AwsSettings, consumer: FunctionDefinition): Resources {
  const { stage } = settings;
  const pendingName = physicalName(stage, 'pending');
  const common = { MessageRetentionPeriod: RETENTION_SECONDS, ...encryption(settings) };
  return {
    [PENDING_QUEUE]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: pendingName,
        ...common,
        VisibilityTimeout: visibilitySeconds(settings, consumer),
        RedrivePolicy: {
          deadLetterTargetArn: attribute(DEAD_LETTER_QUEUE, 'Arn'),
          maxReceiveCount: MAX_RECEIVE_COUNT,
        },
      },
    },
    [DEAD_LETTER_QUEUE]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: physicalName(stage, 'dead-letters'),
        ...common,
        RedriveAllowPolicy: {
          redrivePermission: 'byQueue',
          // By its name: the two queues cannot each be made before the other.
          sourceQueueArns: [
            sub(`arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${pendingName}`),
          ],
        },
      },
    },
    QueuePolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [ref(PENDING_QUEUE), ref(DEAD_LETTER_QUEUE)],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'TlsOnly',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sqs:*',
              Resource: [attribute(PENDING_QUEUE, 'Arn'), attribute(DEAD_LETTER_QUEUE, 'Arn')],
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        },
      },
    },
  };
}

/** For a timer the queue's own visibility is only what foreign readers get: each receive of a run asks for the rest of that run. */
function visibilitySeconds({ mode }: AwsSettings, { timeoutSeconds }: FunctionDefinition): number {
  switch (mode.kind) {
    case 'timer':
      return timeoutSeconds;
    case 'event-source':
      return EVENT_SOURCE_TIMEOUTS * timeoutSeconds + mode.batchWindowSeconds;
  }
}

function encryption({ queueKmsKeyArn }: AwsSettings): Readonly<Record<string, unknown>> {
  return queueKmsKeyArn === undefined ? { SqsManagedSseEnabled: true } : { KmsMasterKeyId: queueKmsKeyArn };
}
