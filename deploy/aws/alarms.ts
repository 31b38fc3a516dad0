import type { FunctionDefinition } from '../../functions/function-definition.js';
import { MAX_SEND_DELAY } from '../../lib/queue/sqs-times.js';
import { ALARM_TOPIC, DEAD_LETTER_QUEUE, logicalId, PENDING_QUEUE, physicalName } from './names.js';
import { tickSeconds } from './schedule.js';
import type { AlarmTarget, AwsSettings } from './settings.js';
import { attribute, ref, type Resource, type Resources, type Value } from './template.js';

/** How long a state must last before it is an alarm and not a blip, in minutes. */
const WINDOW = 5;

/** What is watched, and when it is alarming. */
interface Watch {
  readonly name: string;
  readonly description: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The alarms, and the topic that they tell where one is the deployment's own. */
export function alarms(settings: AwsSettings, functions: readonly FunctionDefinition[]): Resources {
  const consumer = functions.find(({ trigger }) => trigger.kind === 'timer');
  const watches: Readonly<Record<string, Watch>> = {
    DeadLettersAlarm: deadLetters(),
    PendingAgeAlarm: pendingAge(settings, consumer),
    ...Object.fromEntries(functions.flatMap(failures)),
    ...(consumer === undefined
      ? {}
      : { [logicalId(consumer, 'MissingAlarm')]: missingRuns(settings, consumer) }),
  };
  return {
    ...topic(settings),
    ...Object.fromEntries(Object.entries(watches).map(([id, watch]) => [id, alarmOf(watch, settings)])),
  };
}

function alarmOf({ name, description, properties }: Watch, { stage, alarms: target }: AwsSettings): Resource {
  const tell = targets(target);
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: physicalName(stage, name),
      AlarmDescription: description,
      TreatMissingData: 'notBreaching',
      ...properties,
      ...(tell.length === 0 ? {} : { AlarmActions: tell, OKActions: tell }),
    },
  };
}

function deadLetters(): Watch {
  return {
    name: 'dead-letters',
    description: 'Jobs were given up: each dead letter says why in its attribute docjob-reason',
    properties: {
      ...queueMetric(DEAD_LETTER_QUEUE, 'ApproximateNumberOfMessagesVisible'),
      ...above(0),
      Period: 60,
      EvaluationPeriods: 1,
    },
  };
}

/**
 * SQS leaves a message out of this metric once it was received three times (SQS Developer Guide, "Available CloudWatch metrics"), so it tells not how
 * long jobs take but how long they wait for their first three looks. The longest that those can take when the poller keeps up is the delay that a
 * job was sent with, two delays at their ceiling (a job may be old when it is enqueued), and the ticks that each look waits for.
 */
export function longestWaitForThreeLooks(
  settings: AwsSettings,
  consumer: FunctionDefinition | undefined,
): number {
  const { ceiling } = settings.runTime.config.run.decisions.schedule;
  const tick = consumer?.trigger.kind === 'timer' ? tickSeconds(consumer.trigger) : 0;
  return Math.ceil((MAX_SEND_DELAY + 2 * ceiling) / 1_000) + 3 * tick;
}

function pendingAge(settings: AwsSettings, consumer: FunctionDefinition | undefined): Watch {
  return {
    name: 'pending-age',
    description:
      'Jobs wait longer for their looks than the schedule lets them: the poller does not keep up, or does not run',
    properties: {
      ...queueMetric(PENDING_QUEUE, 'ApproximateAgeOfOldestMessage'),
      ...above(settings.pendingAgeAlarmSeconds ?? longestWaitForThreeLooks(settings, consumer)),
      Period: 60,
      EvaluationPeriods: WINDOW,
    },
  };
}

/** A run fails as a whole only when it could not do its work; one that fails in an outage of a minute is retried by the next. */
function failures(definition: FunctionDefinition): [string, Watch][] {
  const often = { Period: 60, EvaluationPeriods: WINDOW, DatapointsToAlarm: 3 };
  const { name } = definition;
  return [
    ...(definition.trigger.kind === 'call' ? [droppedEvents(definition)] : []),
    [
      logicalId(definition, 'ErrorsAlarm'),
      {
        name: `${name}-errors`,
        description: `Runs of ${name} fail: its log says why in the event call-failed`,
        properties: { ...functionMetric(definition, 'Errors'), ...above(0), ...often },
      },
    ],
    [
      logicalId(definition, 'ThrottlesAlarm'),
      {
        name: `${name}-throttles`,
        description: `Runs of ${name} find no free concurrency: its own or the account's is used up`,
        properties: { ...functionMetric(definition, 'Throttles'), ...above(0), ...often },
      },
    ],
  ];
}

/** An event that Lambda has given up after its retries (Lambda, "Asynchronous invocation metrics") is a document without a job: one is alarming. */
function droppedEvents(definition: FunctionDefinition): [string, Watch] {
  const { name } = definition;
  return [
    logicalId(definition, 'DroppedAlarm'),
    {
      name: `${name}-dropped`,
      description: `Events for ${name} were given up after all retries: its log names the objects in the event not-submitted`,
      properties: {
        ...functionMetric(definition, 'AsyncEventsDropped'),
        ...above(0),
        Period: 60,
        EvaluationPeriods: 1,
      },
    },
  ];
}

/** No run at all, of which no metric of a run can tell; in event-source mode that is alarming only while there are messages. */
function missingRuns({ mode }: AwsSettings, consumer: FunctionDefinition): Watch {
  const name = `${consumer.name}-missing`;
  const { trigger } = consumer;
  switch (mode.kind) {
    case 'timer': {
      const tick = trigger.kind === 'timer' ? tickSeconds(trigger) : 60;
      return {
        name,
        description: 'The schedule does not call the poll function',
        properties: {
          ...functionMetric(consumer, 'Invocations'),
          ComparisonOperator: 'LessThanThreshold',
          Threshold: 1,
          Period: tick,
          EvaluationPeriods: WINDOW,
          TreatMissingData: 'breaching',
        },
      };
    }
    case 'event-source':
      return {
        name,
        description: 'There are jobs to look at, but Lambda does not call the poll function',
        properties: {
          Metrics: [
            metricOf('visible', queueMetric(PENDING_QUEUE, 'ApproximateNumberOfMessagesVisible')),
            metricOf('calls', functionMetric(consumer, 'Invocations')),
            {
              Id: 'missing',
              Expression: 'IF(FILL(visible, 0) > 0 AND FILL(calls, 0) < 1, 1, 0)',
              ReturnData: true,
            },
          ],
          ...above(0),
          EvaluationPeriods: WINDOW,
        },
      };
  }
}

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: Value }[];
  readonly Statistic: 'Maximum' | 'Sum';
}

function queueMetric(queue: string, metric: string): Metric {
  return {
    Namespace: 'AWS/SQS',
    MetricName: metric,
    Dimensions: [{ Name: 'QueueName', Value: attribute(queue, 'QueueName') }],
    Statistic: 'Maximum',
  };
}

function functionMetric(definition: FunctionDefinition, metric: string): Metric {
  return {
    Namespace: 'AWS/Lambda',
    MetricName: metric,
    Dimensions: [{ Name: 'FunctionName', Value: ref(logicalId(definition, 'LambdaFunction')) }],
    Statistic: 'Sum',
  };
}

/** A metric as one of several that an expression is about. */
function metricOf(id: string, { Statistic, ...metric }: Metric): Readonly<Record<string, unknown>> {
  return { Id: id, MetricStat: { Metric: metric, Period: 60, Stat: Statistic }, ReturnData: false };
}

function above(threshold: number): Readonly<Record<string, unknown>> {
  return { ComparisonOperator: 'GreaterThanThreshold', Threshold: threshold };
}

function targets(target: AlarmTarget): readonly Value[] {
  switch (target.kind) {
    case 'none':
      return [];
    case 'topic':
      return [target.arn];
    case 'email':
      return [ref(ALARM_TOPIC)];
  }
}

/** Not encrypted: with AWS's own key CloudWatch could not send to it (CloudWatch User Guide, "Alarm actions"), and alarms hold no secrets. */
function topic({ stage, alarms: target }: AwsSettings): Resources {
  if (target.kind !== 'email') return {};
  return {
    [ALARM_TOPIC]: {
      Type: 'AWS::SNS::Topic',
      Properties: {
        TopicName: physicalName(stage, 'alarms'),
        Subscription: [{ Protocol: 'email', Endpoint: target.address }],
      },
    },
  };
}
