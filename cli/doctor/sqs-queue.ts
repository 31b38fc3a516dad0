import { days, type Millis } from '../../lib/domain/units.js';
import { findingsOf, type Finding } from './finding.js';

/** What SQS tells of a queue; undefined where it tells nothing of the kind. */
export interface SqsFacts {
  readonly arn: string | undefined;
  readonly visibilitySeconds: number | undefined;
  readonly retentionSeconds: number | undefined;
  readonly redrive: { readonly targetArn: string; readonly maxReceiveCount: number } | undefined;
}

/** What a pair of queues is held to. */
export interface SqsNeeds {
  readonly functionTimeout: Millis;
  /** How old a pending job can become, an outage included. */
  readonly longestAge: Millis;
}

/** Every look is a receive, and a job may have 800 of them (`lib/poller/schedule.ts`): SQS must not give it up before docjob does. The most that SQS takes. */
const MAX_RECEIVE_COUNT = 1_000;

const { ok, warning, problem } = findingsOf('queue');

/** What the attributes of GetQueueAttributes say (SQS API Reference). */
export function readSqsFacts(attributes: Readonly<Record<string, string>>): SqsFacts {
  return {
    arn: attributes['QueueArn'],
    visibilitySeconds: numberOf(attributes['VisibilityTimeout']),
    retentionSeconds: numberOf(attributes['MessageRetentionPeriod']),
    redrive: readRedrive(attributes['RedrivePolicy']),
  };
}

/** Whether a queue of pending jobs will do. */
export function judgePendingQueue(
  name: string,
  facts: SqsFacts,
  deadLetterArn: string | undefined,
  needs: SqsNeeds,
): readonly Finding[] {
  return [
    judgeVisibility(name, facts, needs),
    judgeRetention(name, facts, needs),
    judgeRedrive(name, facts, deadLetterArn),
  ].flat();
}

function judgeVisibility(
  name: string,
  { visibilitySeconds }: SqsFacts,
  { functionTimeout }: SqsNeeds,
): readonly Finding[] {
  const timeout = functionTimeout / 1_000;
  if (visibilitySeconds === undefined) return [];
  if (visibilitySeconds >= timeout) {
    return [ok(`${name} has a visibility timeout of ${visibilitySeconds} s, no shorter than the function's`)];
  }
  return [
    warning(
      `${name} has a visibility timeout of ${visibilitySeconds} s, shorter than the function's ${timeout} s: docjob's own receives ask for what they need, but ` +
        'Lambda refuses such a queue as an event source',
      `set it to ${timeout} s, for an event source to ${timeout * 6} s`,
    ),
  ];
}

function judgeRetention(
  name: string,
  { retentionSeconds }: SqsFacts,
  { longestAge }: SqsNeeds,
): readonly Finding[] {
  if (retentionSeconds === undefined) return [];
  const kept = `${name} keeps messages for ${inDays(retentionSeconds)} days`;
  const longest = inDays(longestAge / 1_000);
  if (retentionSeconds * 1_000 >= longestAge) return [ok(`${kept}; a job waits for ${longest} at most`)];
  return [
    problem(
      `${kept}, but a job may wait for ${longest} (MAX_AGE_SECONDS, and a day for an outage): SQS would drop it unseen`,
      'set MessageRetentionPeriod to 1209600, the 14 days that are the most',
    ),
  ];
}

function judgeRedrive(
  name: string,
  { redrive }: SqsFacts,
  deadLetterArn: string | undefined,
): readonly Finding[] {
  if (redrive === undefined) return [];
  const { maxReceiveCount, targetArn } = redrive;
  const findings: Finding[] = [];
  if (maxReceiveCount < MAX_RECEIVE_COUNT) {
    findings.push(
      problem(
        `${name} gives a message up after ${maxReceiveCount} receives (maxReceiveCount), and each look at a job is one: jobs would be given up without a reason`,
        `set maxReceiveCount to ${MAX_RECEIVE_COUNT}, or remove the redrive policy`,
      ),
    );
  }
  if (deadLetterArn !== undefined && targetArn !== deadLetterArn) {
    findings.push(
      warning(
        `${name} sends what was received too often to ${targetArn}, which is not DEAD_LETTER_QUEUE_URL`,
        'let its redrive policy name that queue, so that all dead letters are in one place',
      ),
    );
  }
  return findings.length > 0
    ? findings
    : [ok(`${name} gives a message up after ${maxReceiveCount} receives at the earliest`)];
}

function readRedrive(text: string | undefined): SqsFacts['redrive'] {
  if (text === undefined) return undefined;
  try {
    const policy: unknown = JSON.parse(text);
    const { deadLetterTargetArn, maxReceiveCount }: Readonly<Record<string, unknown>> =
      typeof policy === 'object' && policy !== null ? { ...policy } : {};
    // AWS writes the count as a number, some services that speak as SQS does as a text.
    const count = Number(maxReceiveCount);
    return typeof deadLetterTargetArn === 'string' && count >= 1
      ? { targetArn: deadLetterTargetArn, maxReceiveCount: count }
      : undefined;
  } catch {
    return undefined;
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function inDays(durationSeconds: number): number {
  return Math.round((durationSeconds * 10_000) / days(1)) / 10;
}
