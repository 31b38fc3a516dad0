import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CredentialsProvider } from '../../lib/cos/credentials.js';
import { openTransport, type Transport } from '../../lib/cos/transport.js';
import {
  after,
  days,
  epochMs,
  hours,
  millis,
  seconds,
  type EpochMs,
  type Millis,
} from '../../lib/domain/units.js';
import { openCmqDeadLetters } from '../../lib/queue/cmq-dead-letters.js';
import { openCmqQueue, type CmqOptions, type CmqQueueEffects } from '../../lib/queue/cmq.js';
import { parseCmqDeadLetter } from '../../lib/queue/cmq-dead-letter.js';
import type { DeadLetters } from '../../lib/queue/dead-letters.js';
import type { PendingQueue } from '../../lib/queue/pending-queue.js';
import { parseQueueUrl, type CmqAddress } from '../../lib/queue/queue-url.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { KeyRing } from '../../local/auth/key-ring.js';
import { createCmq, type LocalCmq } from '../../local/cmq/index.js';
import type { CmqQueueSettings } from '../../local/cmq/queue.js';
import { seededRandom } from '../../local/faults/seeded-random.js';
import { SOURCE } from '../support/pending-jobs.js';
import { VirtualClock } from '../support/virtual-clock.js';
import type { QueueUnderTest, SeenDeadLetter } from './contract.js';

/** The queues of these tests: leases of a minute, twelve hours unacknowledged, as a deployment would set them. */
const QUEUE: Partial<CmqQueueSettings> = { visibilityTimeout: 60, msgRetentionSeconds: 43_200 };
const SETTINGS = { maxUnacked: hours(12), visibility: seconds(60) };

export function cmqAddress(url: string): CmqAddress {
  const address = parseQueueUrl(url);
  if (address.kind !== 'cmq') throw new Error(`${url} is no queue of CMQ`);
  return address;
}

/** The embedded CMQ on a server of its own, in virtual time, with a queue `jobs` and a queue `dead`. */
export class EmbeddedCmq {
  readonly clock = new VirtualClock();
  readonly keys = new KeyRing(() => this.clock.now());
  /** How far the service's clock is ahead of ours. */
  skew: Millis = millis(0);
  readonly cmq: LocalCmq;
  readonly transport: Transport = openTransport({ maxSockets: 16 });
  /** What the adapter logged, from warnings up. */
  readonly warnings: unknown[] = [];
  readonly log = jsonLog({
    level: 'warn',
    now: () => this.clock.now(),
    write: (line) => this.warnings.push(JSON.parse(line)),
  });
  readonly queue: CmqAddress;
  readonly deadLetters: CmqAddress;
  readonly #server: Server;
  #onRequest: () => void = () => undefined;

  private constructor(changes: Partial<CmqQueueSettings>) {
    this.cmq = createCmq({ now: () => this.serviceNow(), keys: this.keys });
    this.queue = cmqAddress(this.cmq.control.createQueue('jobs', { ...QUEUE, ...changes }));
    this.deadLetters = cmqAddress(this.cmq.control.createQueue('dead', QUEUE));
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.cmq.handle(request, Buffer.concat(chunks), response).catch(() => response.destroy());
        this.#onRequest();
      });
    });
  }

  /** @param changes of the queue `jobs` */
  static async start(changes: Partial<CmqQueueSettings> = {}): Promise<EmbeddedCmq> {
    const embedded = new EmbeddedCmq(changes);
    await new Promise<void>((resolve) => embedded.#server.listen(0, '127.0.0.1', resolve));
    return embedded;
  }

  get origin(): URL {
    const { port } = this.#server.address() as AddressInfo; // listening on TCP
    return new URL(`http://127.0.0.1:${port}`);
  }

  serviceNow(): EpochMs {
    return after(this.clock.now(), this.skew);
  }

  /** The adapter on `jobs` and `dead`, for one run. */
  open(changes: Partial<CmqOptions> = {}, effects: Partial<CmqQueueEffects> = {}): PendingQueue {
    const { queue, deadLetters, clock, transport, origin: endpoint } = this;
    const options = { queue, deadLetters, endpoint, settings: SETTINGS, defaults: SOURCE };
    return openCmqQueue(
      { ...options, requestTimeout: seconds(1), ...changes },
      { clock, transport, random, log: this.log, credentials: this.credentials, deadline: FAR, ...effects },
    );
  }

  /** What is in `dead`, for those who look after it. */
  openDeadLetters(): DeadLetters {
    const { deadLetters, clock, transport, origin: endpoint, credentials } = this;
    return openCmqDeadLetters(
      { deadLetters, endpoint, defaults: SOURCE, requestTimeout: seconds(1) },
      { clock, transport, random, credentials, deadline: FAR },
    );
  }

  readonly credentials: CredentialsProvider = () => this.keys.longLived;

  advance(by: Millis): void {
    this.clock.advance(by);
    this.cmq.control.advanced();
  }

  /** Resolves when CMQ has taken up the next request; a long poll waits from then on. */
  nextRequest(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRequest = resolve;
    });
  }

  /** Letters of ours, and bodies that CMQ's own policy moved. */
  readDeadLetters(): readonly SeenDeadLetter[] {
    return this.cmq.control.messages('dead').map(({ body }) => {
      const letter = parseCmqDeadLetter(body);
      return { body: letter?.body ?? body, reason: letter?.reason, detail: letter?.detail };
    });
  }

  async close(): Promise<void> {
    this.transport.close();
    this.cmq.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const random = seededRandom(7);
const FAR = after(epochMs(Date.UTC(2026, 0, 1)), days(1_000));

/** The adapter on the embedded CMQ, for the contract. */
export async function openOnEmbeddedCmq(): Promise<QueueUnderTest> {
  const embedded = await EmbeddedCmq.start();
  const { control } = embedded.cmq;
  return {
    queue: embedded.open(),
    now: () => embedded.clock.now(),
    advance: (by) => embedded.advance(by),
    rawSend: (body) => {
      control.send('jobs', body);
      return Promise.resolve();
    },
    deadLetters: () => Promise.resolve(embedded.readDeadLetters()),
    size: () => Promise.resolve(control.messages('jobs').length),
    refuseAcknowledgements: () => control.fail('BatchDeleteMessage', { kind: 'refuse', as: 'Internal' }, 3),
    loseEnqueueAnswers: () => control.fail('SendMessage', { kind: 'lose-answer' }),
    close: () => embedded.close(),
  };
}
