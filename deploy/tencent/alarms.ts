import { appIdOf, parseBucketName } from '../../lib/domain/names.js';
import type { QueueAddress } from '../../lib/queue/open-queue.js';
import { REWIND_SECONDS } from './cmq-api.js';
import { MAX_UNACKNOWLEDGED_SECONDS } from './cmq-queue.js';
import type { TencentFramework } from './framework.js';
import { NAMESPACE } from './requests.js';

/** A condition on one metric. */
export interface AlarmRule {
  readonly metric: string;
  readonly operator: 'gt' | 'ge' | 'lt' | 'le';
  readonly value: number;
  /** How long it must hold, in seconds: as near to that as Cloud Monitor offers, and not longer. */
  readonly heldSeconds: number;
  /** What the metric is summed up over, in seconds, where the value depends on it. */
  readonly periodSeconds?: number;
}

/** What an alarm is about: a queue, whose IDs are asked for, or a function, whose dimensions are known. */
export type AlarmObject =
  | { readonly kind: 'tdmq-queue' | 'cmq-queue'; readonly queueName: string }
  | {
      readonly kind: 'function';
      readonly functionName: string;
      readonly dimensions: Readonly<Record<string, string>>;
    };

/** One way to say an alarm: metrics of a service, and what they are about. */
export interface AlarmView {
  /** The namespace of its metrics. */
  readonly metricsOf: string;
  /** Of the alarm types with these metrics the one that is tried first. */
  readonly knownType: string;
  readonly rules: readonly AlarmRule[];
  readonly object: AlarmObject;
}

/** An alarm policy of Cloud Monitor as it should be. */
export interface Alarm {
  /** Its name in Cloud Monitor, where nothing keeps two policies from having the same one. */
  readonly name: string;
  /** The ways to say it: the first that Cloud Monitor lists counts. */
  readonly views: readonly AlarmView[];
  /** Whether all conditions must hold, or any. */
  readonly isAllNeeded: boolean;
  /** Between two notices while it rings. */
  readonly repeatSeconds: number;
  /** How to set it in the console, where it cannot be set from here. */
  readonly byHand: string;
  /** What it means, and what to do then. */
  readonly whenItRings: string;
}

/** The alarms of one deployment, and how to tell them from all others of the account. */
export interface AlarmSet {
  /** What all their names begin with. */
  readonly prefix: string;
  /** The remark that they have, and no others. */
  readonly remark: string;
  readonly alarms: readonly Alarm[];
}

const MINUTE = 60;
const HOUR = 3_600;

/** A quarter of the time after which CMQ drops a message: three quarters are left to mend what is wrong. */
const QUARTER_SECONDS = MAX_UNACKNOWLEDGED_SECONDS / 4;

const LOST_HOURS = MAX_UNACKNOWLEDGED_SECONDS / HOUR;
const REWIND_DAYS = REWIND_SECONDS / (24 * HOUR);

/** How much of a stage goes into names: the English page of CreateAlarmPolicy allows 20 characters, the Chinese one 60. The remark has all of it. */
const STAGE_CHARACTERS = 7;

/**
 * The alarms of a deployment. Why these: docs/adr/0002-cmq.md.
 *
 * - `runs`: the poll function is not called, or fails again and again.
 * - `queue`, with TDMQ-CMQ: messages wait and nobody receives any, for a quarter of the time that they have. It is the queue's own word, so it rings
 *   also when the function's metrics fall silent: Cloud Monitor calls that "insufficient data", and no alarm (DescribeAlarmHistories, `NO_DATA`).
 * - `dead`, with TDMQ-CMQ: there is a dead letter, which is dropped as pending jobs are.
 */
export function alarmsOf(
  { service, provider, functions }: TencentFramework['service'],
  { queue, deadLetters }: { readonly queue: QueueAddress; readonly deadLetters: QueueAddress },
): AlarmSet {
  const { stage, region, environment } = provider;
  const prefix = `${service}-${stage.slice(0, STAGE_CHARACTERS)}-`;
  const poll = Object.values(functions).find(({ events }) => events.some((event) => 'timer' in event));
  const source = parseBucketName(environment['SOURCE_BUCKET'] ?? '');
  return {
    prefix,
    remark: `${service}-${stage}-${region}`,
    alarms: [
      ...(queue.kind === 'cmq' ? [fallingBehind(`${prefix}queue`, queue.queueName)] : []),
      ...(poll === undefined || source === undefined
        ? []
        : [missingOrFailingRuns(`${prefix}runs`, poll.name, appIdOf(source))]),
      ...(deadLetters.kind === 'cmq' ? [anyDeadLetter(`${prefix}dead`, deadLetters.queueName)] : []),
    ],
  };
}

/** TDMQ for CMQ, monitoring metrics: 248/50792. */
const TDMQ = { metricsOf: 'QCE/TDMQ', knownType: 'tdmq_cmq_queue' };

/** CMQ as it was before, queue service monitoring metrics: 248/34643; the types' names: 248/50397. */
const CMQ = { metricsOf: 'QCE/CMQ', knownType: 'CMQ-HEAP-UP' };

function fallingBehind(name: string, queueName: string): Alarm {
  const held = { heldSeconds: QUARTER_SECONDS };
  return {
    name,
    views: [
      {
        ...TDMQ,
        rules: [
          { metric: 'CmqQueueMsgBacklog', operator: 'gt', value: 0, ...held },
          { metric: 'MsgRateOut', operator: 'le', value: 0, ...held },
        ],
        object: { kind: 'tdmq-queue', queueName },
      },
      {
        ...CMQ,
        rules: [
          { metric: 'VisibleMsgNum', operator: 'gt', value: 0, ...held },
          { metric: 'RecvMsgNum', operator: 'le', value: 0, ...held },
        ],
        object: { kind: 'cmq-queue', queueName },
      },
    ],
    isAllNeeded: true,
    repeatSeconds: HOUR,
    byHand: `TDMQ for CMQ, queue ${queueName}: message backlog above 0 and consumption rate at 0, both for ${QUARTER_SECONDS / HOUR} hours`,
    whenItRings: `CMQ drops what nobody acknowledged for ${LOST_HOURS} hours: mend the poller within ${LOST_HOURS - QUARTER_SECONDS / HOUR}, or rewind the queue within ${REWIND_DAYS} days`,
  };
}

function anyDeadLetter(name: string, queueName: string): Alarm {
  const rule = { operator: 'gt', value: 0, heldSeconds: 5 * MINUTE } as const;
  return {
    name,
    views: [
      {
        ...TDMQ,
        rules: [{ metric: 'CmqQueueMsgBacklog', ...rule }],
        object: { kind: 'tdmq-queue', queueName },
      },
      { ...CMQ, rules: [{ metric: 'VisibleMsgNum', ...rule }], object: { kind: 'cmq-queue', queueName } },
    ],
    isAllNeeded: true,
    repeatSeconds: QUARTER_SECONDS,
    byHand: `TDMQ for CMQ, queue ${queueName}: message backlog above 0`,
    whenItRings: `a job was given up: read its dead letter within ${LOST_HOURS} hours, or rewind the queue within ${REWIND_DAYS} days`,
  };
}

/** The poll function is called every minute (functions/poll/function.ts); SCF, monitoring metrics: 248/45130. */
function missingOrFailingRuns(name: string, functionName: string, appId: string): Alarm {
  const periodSeconds = 5 * MINUTE;
  return {
    name,
    views: [
      {
        metricsOf: 'QCE/SCF_V2',
        knownType: 'SCF',
        rules: [
          { metric: 'Invocation', operator: 'lt', value: 1, heldSeconds: 15 * MINUTE, periodSeconds },
          // One run that fails is a blip, and the next tick its retry.
          { metric: 'Error', operator: 'ge', value: 3, heldSeconds: periodSeconds, periodSeconds },
        ],
        object: {
          kind: 'function',
          functionName,
          // Policy types and dimensions: 248/50397, in its own spelling.
          dimensions: { appid: appId, function_name: functionName, namespace: NAMESPACE, version: '$latest' },
        },
      },
    ],
    isAllNeeded: false,
    repeatSeconds: HOUR,
    byHand: `SCF, function ${functionName}: calls below 1 for 15 minutes, or 3 errors in 5 minutes`,
    whenItRings: 'no job is looked at until the function runs again: its log says why it fails',
  };
}
