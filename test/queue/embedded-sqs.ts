import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openTransport, type Transport } from '../../lib/cos/transport.js';
import { epochMs, seconds, type EpochMs, type Millis } from '../../lib/domain/units.js';
import type { DeadLetters } from '../../lib/queue/dead-letters.js';
import { SqsClient } from '../../lib/queue/sqs-client.js';
import { openSqsDeadLetters } from '../../lib/queue/sqs-dead-letters.js';
import { openSqsQueue, type SqsOptions, type SqsQueue, type SqsQueueEffects } from '../../lib/queue/sqs.js';
import { jsonLog } from '../../lib/telemetry/log.js';
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
  readonly transport: Transport = openTransport({ maxSockets: 4 });
  /** What the adapters wrote to their log. */
  readonly lines: Record<string, unknown>[] = [];
  /** The time that signatures are checked against, and that answers tell. */
  signatureNow: () => EpochMs = () => this.clock.now();
  readonly #server: Server;
  #onRequest: () => void = () => undefined;

  private constructor() {
    this.sqs = createSqs({
      now: () => this.clock.now(),
      signatureNow: () => this.signatureNow(),
      credentials: TEST_KEY,
      region: REGION,
      accountId: '123456789012',
      origin: () => this.origin,
    });
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      response.setHeader('date', new Date(this.signatureNow()).toUTCString());
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

  /** For clients whose own time is the real one. */
  static async startInRealTime(): Promise<EmbeddedSqs> {
    const embedded = await EmbeddedSqs.start();
    embedded.signatureNow = () => epochMs(Date.now());
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
  open(changes: Partial<SqsOptions> = {}, effects: Partial<SqsQueueEffects> = {}): SqsQueue {
    const options = {
      queueUrl: this.urlOf('jobs'),
      deadLetterQueueUrl: this.urlOf('dead'),
      region: REGION,
      endpoint: this.origin,
      defaults: SOURCE,
      requestTimeout: seconds(5),
    };
    return openSqsQueue({ ...options, ...changes }, { ...this.#effects(), ...effects });
  }

  /** What is in `dead`, for those who look after it. */
  openDeadLetters(): DeadLetters {
    const options = { deadLetterQueueUrl: this.urlOf('dead'), region: REGION, endpoint: this.origin };
    return openSqsDeadLetters({ ...options, defaults: SOURCE, requestTimeout: seconds(5) }, this.#effects());
  }

  /** A client of its own. */
  client(): SqsClient {
    const connection = { region: REGION, endpoint: this.origin, requestTimeout: seconds(5) };
    return new SqsClient(connection, this.#effects());
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

  /** Half of each backoff, and time without an end. */
  #effects(): SqsQueueEffects {
    const write = (line: string): void => {
      this.lines.push(JSON.parse(line) as Record<string, unknown>); // our own log's lines are objects
    };
    return {
      clock: this.clock,
      random: () => 0.5,
      transport: this.transport,
      credentials: TEST_KEY,
      log: jsonLog({ level: 'debug', now: () => this.clock.now(), write }),
      deadline: epochMs(Number.MAX_SAFE_INTEGER),
    };
  }

  async close(): Promise<void> {
    this.transport.close();
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
