import * as v from 'valibot';
import { after, millis, type EpochMs } from '../domain/units.js';
import { EventError } from './event-error.js';
import { NAMELESS, parsePlainEvent, type Call, type Invocation, type Trigger } from './invocation.js';
import { lambdaCredentials } from './stored-credentials.js';

/** What we use of Lambda's context (AWS Lambda documentation, "Node.js context object"). */
const Context = v.object({
  awsRequestId: v.string(),
  getRemainingTimeInMillis: v.custom<() => number>((value) => typeof value === 'function'),
});

const Named = v.object({ functionName: v.string() });

/** An EventBridge rule's event, and what EventBridge Scheduler sends of the same kind when it is given no input of its own. */
const ScheduledEvent = v.object({
  source: v.picklist(['aws.events', 'aws.scheduler']),
  'detail-type': v.literal('Scheduled Event'),
});

/** A moment in milliseconds that a date can hold. */
const MILLISECONDS = /^\d{1,15}$/;

/** A batch of an SQS event source (AWS Lambda documentation, "Using Lambda with Amazon SQS"). */
const SqsEvent = v.object({
  Records: v.pipe(
    v.array(
      v.object({
        eventSource: v.literal('aws:sqs'),
        messageId: v.string(),
        receiptHandle: v.string(),
        body: v.string(),
        attributes: v.object({ SentTimestamp: v.pipe(v.string(), v.regex(MILLISECONDS)) }),
      }),
    ),
    v.minLength(1),
  ),
});

/**
 * A call by AWS Lambda: EventBridge rules and Scheduler, an SQS event source, or a direct call.
 *
 * @throws EventError for any other event, or a context that is not Lambda's.
 */
export function lambdaInvocation(
  event: unknown,
  context: unknown,
  env: Readonly<Record<string, string | undefined>>,
  now: EpochMs,
): Invocation {
  const functionName = v.is(Named, context) ? context.functionName : NAMELESS;
  return {
    ...lambdaCall(context, env, now),
    trigger: triggerOf(event),
    platform: { kind: 'lambda', functionName },
  };
}

/**
 * What a call by AWS Lambda has, whatever its event.
 *
 * @throws EventError for a context that is not Lambda's.
 */
export function lambdaCall(
  context: unknown,
  env: Readonly<Record<string, string | undefined>>,
  now: EpochMs,
): Call {
  if (!v.is(Context, context)) throw new EventError('the second argument is not a Lambda context');
  return {
    deadline: after(now, millis(context.getRemainingTimeInMillis())),
    requestId: context.awsRequestId,
    credentials: lambdaCredentials(env),
  };
}

function triggerOf(event: unknown): Trigger {
  if (v.is(ScheduledEvent, event)) return { kind: 'timer' };
  const batch = v.safeParse(SqsEvent, event);
  if (batch.success) return { kind: 'batch', messages: batch.output.Records };
  return parsePlainEvent(event, 'a scheduled event of EventBridge, a batch of an SQS event source');
}
