import { MAX_MESSAGE_BYTES } from './message.js';
import { SqsRefusal } from './refusal.js';

/** Where messages go that were received too often. */
export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** A queue's attributes that can be set. */
export interface QueueSettings {
  readonly VisibilityTimeout: number;
  readonly DelaySeconds: number;
  readonly MaximumMessageSize: number;
  readonly MessageRetentionPeriod: number;
  readonly ReceiveMessageWaitTimeSeconds: number;
  readonly RedrivePolicy: RedrivePolicy | undefined;
}

/** A queue that nothing was set for (SQS API Reference, SetQueueAttributes). */
export const DEFAULT_SETTINGS: QueueSettings = {
  VisibilityTimeout: 30,
  DelaySeconds: 0,
  MaximumMessageSize: MAX_MESSAGE_BYTES,
  MessageRetentionPeriod: 345_600,
  ReceiveMessageWaitTimeSeconds: 0,
  RedrivePolicy: undefined,
};

/** The least and the most of each (the same page). */
const BOUNDS = {
  VisibilityTimeout: [0, 43_200],
  DelaySeconds: [0, 900],
  MaximumMessageSize: [1_024, MAX_MESSAGE_BYTES],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
} as const;

/**
 * `settings` with the attributes of a CreateQueue or SetQueueAttributes set.
 *
 * @throws SqsRefusal for an attribute that is unknown or out of bounds, FIFO's among them: FIFO queues are not emulated.
 */
export function changeSettings(
  settings: QueueSettings,
  attributes: Readonly<Record<string, string>>,
  arnExists: (arn: string) => boolean,
): QueueSettings {
  const changes = Object.entries(attributes).map(([name, value]) => {
    if (name === 'RedrivePolicy') return [name, readRedrivePolicy(value, arnExists)];
    // Checked: whatever is not a key of BOUNDS is refused on the next line.
    const bounds = Object.hasOwn(BOUNDS, name) ? BOUNDS[name as keyof typeof BOUNDS] : undefined;
    if (bounds === undefined) throw new SqsRefusal('InvalidAttributeName', `Unknown Attribute ${name}.`);
    const [min, max] = bounds;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : -1;
    if (number < min || number > max)
      throw new SqsRefusal('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
    return [name, number];
  });
  return { ...settings, ...Object.fromEntries(changes) } as QueueSettings; // each change was checked under its name
}

/** The settings as GetQueueAttributes gives them. */
export function describeSettings(settings: QueueSettings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]: [string, number | RedrivePolicy | undefined]) =>
      value === undefined ? [] : [[name, typeof value === 'number' ? String(value) : JSON.stringify(value)]],
    ),
  );
}

function readRedrivePolicy(text: string, arnExists: (arn: string) => boolean): RedrivePolicy | undefined {
  if (text === '') return undefined;
  const refuse = (reason: string): SqsRefusal =>
    new SqsRefusal(
      'InvalidParameterValue',
      `Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    );
  let policy: unknown;
  try {
    policy = JSON.parse(text) as unknown;
  } catch {
    throw refuse('Not JSON.');
  }
  const {
    deadLetterTargetArn,
    maxReceiveCount,
  }: { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown } =
    typeof policy === 'object' && policy !== null ? policy : {};
  const count = Number(maxReceiveCount);
  if (!Number.isInteger(count) || count < 1 || count > 1_000)
    throw refuse('maxReceiveCount must be between 1 and 1000.');
  if (typeof deadLetterTargetArn !== 'string' || !arnExists(deadLetterTargetArn)) {
    throw refuse('Dead letter target does not exist.');
  }
  return { deadLetterTargetArn, maxReceiveCount: count };
}
