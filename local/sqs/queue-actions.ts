import type { Input } from './input.js';
import type { LocalQueue } from './queue.js';
import { changeSettings, DEFAULT_SETTINGS, describeSettings } from './queue-settings.js';
import type { Queues } from './queues.js';
import { SqsRefusal } from './refusal.js';

/** What an action works on. */
export interface ActionContext {
  readonly queues: Queues;
  readonly now: () => number;
}

/** CreateQueue: the same queue again is no error, another one of the same name is. */
export function createQueue(input: Input, { queues, now }: ActionContext): object {
  const name = input.text('QueueName');
  const attributes = input.namedTexts('Attributes');
  const arnExists = (arn: string): boolean => queues.withArn(arn) !== undefined;
  const existing = queues.find(name);
  const settings = changeSettings(existing?.settings ?? DEFAULT_SETTINGS, attributes, arnExists);
  if (existing !== undefined && JSON.stringify(settings) !== JSON.stringify(existing.settings)) {
    throw new SqsRefusal(
      'QueueNameExists',
      'A queue already exists with the same name and a different value for an attribute.',
    );
  }
  const queue = existing ?? queues.add(name, now());
  queue.settings = settings;
  return { QueueUrl: queues.urlOf(queue) };
}

export function getQueueUrl(input: Input, { queues }: ActionContext): object {
  return { QueueUrl: queues.urlOf(queues.named(input.text('QueueName'))) };
}

export function listQueues(input: Input, { queues }: ActionContext): object {
  const prefix = input.optionalText('QueueNamePrefix') ?? '';
  const found = queues.all().filter(({ name }) => name.startsWith(prefix));
  return found.length === 0 ? {} : { QueueUrls: found.map((queue) => queues.urlOf(queue)) };
}

export function getQueueAttributes(input: Input, { queues, now }: ActionContext): object {
  const queue = queues.atUrl(input.text('QueueUrl'));
  const wanted = input.texts('AttributeNames');
  const attributes = describeQueue(queue, now());
  const unknown = wanted.find(
    (name) => name !== 'All' && name !== 'RedrivePolicy' && !Object.hasOwn(attributes, name),
  );
  if (unknown !== undefined) throw new SqsRefusal('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  const found = Object.entries(attributes).filter(
    ([name]) => wanted.includes('All') || wanted.includes(name),
  );
  return found.length === 0 ? {} : { Attributes: Object.fromEntries(found) };
}

export function setQueueAttributes(input: Input, { queues }: ActionContext): object {
  const queue = queues.atUrl(input.text('QueueUrl'));
  const arnExists = (arn: string): boolean => queues.withArn(arn) !== undefined;
  queue.settings = changeSettings(queue.settings, input.namedTexts('Attributes'), arnExists);
  return {};
}

export function purgeQueue(input: Input, { queues, now }: ActionContext): object {
  queues.atUrl(input.text('QueueUrl')).purge(now());
  return {};
}

/** How many messages there are in each state. */
export function countMessages(
  queue: LocalQueue,
  now: number,
): { visible: number; inFlight: number; delayed: number } {
  const counts = { visible: 0, inFlight: 0, delayed: 0 };
  for (const { state } of queue.messages(now)) counts[state === 'in-flight' ? 'inFlight' : state] += 1;
  return counts;
}

function describeQueue(queue: LocalQueue, now: number): Record<string, string> {
  const { visible, inFlight, delayed } = countMessages(queue, now);
  return {
    QueueArn: queue.arn,
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1_000)),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    ...describeSettings(queue.settings),
  };
}
