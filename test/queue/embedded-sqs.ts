import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seconds, type Millis } from '../../lib/domain/units.js';
import { openSqsQueue, type SqsOptions, type SqsQueue } from '../../lib/queue/sqs.js';
import { createSqs, type LocalSqs } from '../../local/sqs/index.js';
import { SOURCE } from '../support/pending-jobs.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { TEST_KEY } from './aws-environment.js';
import type { QueueUnderTest, SeenDeadLetter } from './contract.js';

export const REGION = 'eu-central-1';

/** The embedded SQS on a server of its own, in virtual time, with a queue `jobs` and a queue `dead`. */
export class EmbeddedSqs {
  readonly clock = new VirtualClock();
  readonly sqs: LocalSqs;
  readonly #server: Server;
  #onRequest: () => void = () => undefined;

  private constructor() {
    this.sqs = createSqs({
      now: () => this.clock.now(),
      signatureNow: () => Date.now(),
      credentials: TEST_KEY,
      region: REGION,
      accountId: '123456789012',
      origin: () => this.origin,
    });
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.sqs.handle(request, Buffer.concat(chunks), response).catch(() => response.destroy());
        this.#onRequest();
      });
    });
  }

  static async start(): Promise<EmbeddedSqs> {
    const embedded = new EmbeddedSqs();
    await new Promise<void>((resolve) => embedded.#server.listen(0, '127.0.0.1', resolve));
    embedded.sqs.control.createQueue('dead', { MessageRetentionPeriod: '1209600' });
    embedded.sqs.control.createQueue('jobs', { MessageRetentionPeriod: '1209600' });
    return embedded;
  }

  get origin(): string {
    const { port } = this.#server.address() as AddressInfo; // listening on TCP
    return `http://127.0.0.1:${port}`;
  }

  urlOf(name: string): string {
    return `${this.origin}/123456789012/${name}`;
  }

  /** The adapter on `jobs` and `dead`. */
  open(changes: Partial<SqsOptions> = {}): SqsQueue {
    const options = {
      queueUrl: this.urlOf('jobs'),
      deadLetterQueueUrl: this.urlOf('dead'),
      region: REGION,
      endpoint: this.origin,
      defaults: SOURCE,
      requestTimeout: seconds(5),
    };
    return openSqsQueue({ ...options, ...changes }, { clock: this.clock });
  }

  advance(by: Millis): void {
    this.clock.advance(by);
    this.sqs.control.advanced();
  }

  /** Resolves when SQS has taken up the next request; a long poll waits from then on. */
  nextRequest(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRequest = resolve;
    });
  }

  deadLetters(): readonly SeenDeadLetter[] {
    return this.sqs.control.messages('dead').map(({ content: { body, attributes } }) => ({
      body,
      reason: attributes['docjob-reason']?.StringValue,
      detail: attributes['docjob-detail']?.StringValue,
    }));
  }

  async close(): Promise<void> {
    this.sqs.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The adapter on the embedded SQS, for the contract. */
export async function openOnEmbeddedSqs(): Promise<QueueUnderTest> {
  const embedded = await EmbeddedSqs.start();
  const { control } = embedded.sqs;
  return {
    queue: embedded.open(),
    now: () => embedded.clock.now(),
    advance: (by) => embedded.advance(by),
    rawSend: (body) => {
      control.send('jobs', body);
      return Promise.resolve();
    },
    deadLetters: () => Promise.resolve(embedded.deadLetters()),
    size: () => Promise.resolve(control.messages('jobs').length),
    refuseAcknowledgements: () =>
      control.fail('DeleteMessageBatch', { kind: 'refuse', as: 'InternalError' }, 3),
    loseEnqueueAnswers: () => control.fail('SendMessageBatch', { kind: 'lose-answer' }),
    close: () => embedded.close(),
  };
}
