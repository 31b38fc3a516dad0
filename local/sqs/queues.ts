import { LocalQueue } from './queue.js';
import { SqsRefusal } from './refusal.js';

/** Where the queues are said to be. */
export interface QueuesPlace {
  readonly region: string;
  readonly accountId: string;
  /** Scheme, host and port of the server. */
  readonly origin: () => string;
}

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

/** The queues of an account in a region. */
export class Queues {
  readonly #place: QueuesPlace;
  readonly #queues = new Map<string, LocalQueue>();

  constructor(place: QueuesPlace) {
    this.#place = place;
  }

  /** A new queue. @throws SqsRefusal for a name that no standard queue can have. */
  add(name: string, now: number): LocalQueue {
    if (name.endsWith('.fifo')) throw new SqsRefusal('UnsupportedOperation', 'FIFO queues are not emulated.');
    if (!QUEUE_NAME.test(name)) {
      throw new SqsRefusal(
        'InvalidParameterValue',
        'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
      );
    }
    const queue = new LocalQueue(
      name,
      `arn:aws:sqs:${this.#place.region}:${this.#place.accountId}:${name}`,
      now,
    );
    this.#queues.set(name, queue);
    return queue;
  }

  find(name: string): LocalQueue | undefined {
    return this.#queues.get(name);
  }

  /** @throws SqsRefusal when there is no such queue. */
  named(name: string): LocalQueue {
    const queue = this.find(name);
    if (queue === undefined) throw new SqsRefusal('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  }

  /** The queue that a URL names by its path, whatever its host. @throws SqsRefusal when there is no such queue. */
  atUrl(url: string): LocalQueue {
    const [, accountId, name = '', ...rest] = URL.canParse(url) ? new URL(url).pathname.split('/') : [];
    return this.named(accountId === this.#place.accountId && rest.length === 0 ? name : '');
  }

  withArn(arn: string): LocalQueue | undefined {
    return this.all().find((queue) => queue.arn === arn);
  }

  all(): readonly LocalQueue[] {
    return [...this.#queues.values()];
  }

  urlOf(queue: LocalQueue): string {
    return `${this.#place.origin()}/${this.#place.accountId}/${queue.name}`;
  }
}
