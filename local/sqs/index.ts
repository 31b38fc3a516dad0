import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Doorbell } from './doorbell.js';
import { Faults, type Fault } from './faults.js';
import { Input } from './input.js';
import { readContent } from './message.js';
import * as messageActions from './message-actions.js';
import type { MessageActionContext } from './message-actions.js';
import * as queueActions from './queue-actions.js';
import { countMessages } from './queue-actions.js';
import type { MessageState, StoredMessage } from './queue.js';
import { Queues, type QueuesPlace } from './queues.js';
import { SqsRefusal } from './refusal.js';
import { verifySigV4 } from './sigv4.js';

export type { Fault } from './faults.js';

/** What the emulated SQS is made of. */
export interface SqsSettings extends QueuesPlace {
  /** The queues' time in milliseconds since 1970; a test may move it. Tell `control.advanced()` when it jumped. */
  readonly now: () => number;
  /** The clock that signatures are checked against; `now` where it is not given. */
  readonly signatureNow?: () => number;
  /** The one key that is accepted. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The way in for tests and the demo, past the protocol. */
export interface SqsControl {
  /** Creates a queue with the attributes of CreateQueue, and tells its URL. */
  createQueue(name: string, attributes?: Readonly<Record<string, string>>): string;
  /** Puts a message in as a foreign sender would. */
  send(name: string, body: string): void;
  messages(name: string): readonly (StoredMessage & { readonly state: MessageState })[];
  counts(name: string): { readonly visible: number; readonly inFlight: number; readonly delayed: number };
  /** Lets the next calls of an action go wrong, once unless said otherwise. */
  fail(action: ActionName, fault: Fault, times?: number): void;
  /** How often an action was called. */
  calls(action: ActionName): number;
  /** To be called after `now` has jumped: those who wait look again. */
  advanced(): void;
}

/** An SQS in this process, to be mounted on a server. */
export interface LocalSqs {
  /** Whether a request is one for SQS. */
  handles(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void>;
  readonly control: SqsControl;
  /** Ends all waiting. */
  close(): void;
}

type Action = (input: Input, context: MessageActionContext) => object | Promise<object>;

const ACTIONS = {
  CreateQueue: queueActions.createQueue,
  GetQueueUrl: queueActions.getQueueUrl,
  ListQueues: queueActions.listQueues,
  GetQueueAttributes: queueActions.getQueueAttributes,
  SetQueueAttributes: queueActions.setQueueAttributes,
  PurgeQueue: queueActions.purgeQueue,
  SendMessage: messageActions.sendMessage,
  SendMessageBatch: messageActions.sendMessageBatch,
  ReceiveMessage: messageActions.receiveMessage,
  DeleteMessage: messageActions.deleteMessage,
  DeleteMessageBatch: messageActions.deleteMessageBatch,
  ChangeMessageVisibility: messageActions.changeMessageVisibility,
  ChangeMessageVisibilityBatch: messageActions.changeMessageVisibilityBatch,
} as const satisfies Record<string, Action>;

/** An action that is emulated. */
export type ActionName = keyof typeof ACTIONS;

const TARGET_PREFIX = 'AmazonSQS.';
const CONTENT_TYPE = 'application/x-amz-json-1.0';

/**
 * Amazon SQS for tests and the demo: standard queues by the AWS JSON 1.0 protocol, in memory, as strict as the real one. Every request's
 * signature is checked.
 */
export function createSqs(settings: SqsSettings): LocalSqs {
  return new EmbeddedSqs(settings);
}

class EmbeddedSqs implements LocalSqs {
  readonly control: SqsControl;
  readonly #settings: SqsSettings;
  readonly #queues: Queues;
  readonly #doorbell = new Doorbell();
  readonly #faults = new Faults();
  readonly #calls = new Map<string, number>();
  readonly #closed = new AbortController();

  constructor(settings: SqsSettings) {
    this.#settings = settings;
    this.#queues = new Queues(settings);
    this.control = this.#createControl();
  }

  handles(request: IncomingMessage): boolean {
    return request.headers['x-amz-target']?.toString().startsWith(TARGET_PREFIX) === true;
  }

  async handle(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const abandoned = new AbortController();
    response.once('close', () => {
      abandoned.abort();
      this.#doorbell.ring();
    });
    const signal = AbortSignal.any([abandoned.signal, this.#closed.signal]);
    try {
      const action = this.#admit(request, body);
      this.#calls.set(action, this.control.calls(action) + 1);
      const fault = this.#faults.take(action);
      if (fault?.kind === 'refuse') throw new SqsRefusal(fault.as, 'This call was told to fail.');
      if (fault?.kind === 'delay') await sleep(fault.ms, undefined, { signal }).catch(() => undefined);
      const { now } = this.#settings;
      const context = { queues: this.#queues, now, doorbell: this.#doorbell, abandoned: signal, fault };
      const run: Action = ACTIONS[action];
      const result = await run(Input.parse(body), context);
      if (fault?.kind === 'lose-answer') response.destroy();
      else answer(response, 200, result);
    } catch (error) {
      if (!(error instanceof SqsRefusal)) throw error;
      const { type, queryCode, fault, status } = error.form;
      response.setHeader('x-amzn-query-error', `${queryCode};${fault}`);
      answer(response, status, { __type: type, message: error.message });
    }
  }

  close(): void {
    this.#closed.abort();
    this.#doorbell.ring();
  }

  /** The action of a request that is well-formed and signed. */
  #admit(request: IncomingMessage, body: Buffer): ActionName {
    const { method = '', url = '/', headers } = request;
    const { credentials, region, now, signatureNow = now } = this.#settings;
    verifySigV4(
      { method, target: url, headers, body },
      { credentials, region, service: 'sqs', now: signatureNow() },
    );
    const target = headers['x-amz-target']?.toString() ?? '';
    const action = target.slice(TARGET_PREFIX.length);
    if (method !== 'POST' || headers['content-type'] !== CONTENT_TYPE || !isAction(action)) {
      throw new SqsRefusal(
        'UnknownOperation',
        `${method} with the target ${target} is no operation that is emulated.`,
      );
    }
    return action;
  }

  #createControl(): SqsControl {
    const now = this.#settings.now;
    return {
      createQueue: (name, attributes = {}) => {
        queueActions.createQueue(new Input({ QueueName: name, Attributes: attributes }), {
          queues: this.#queues,
          now,
        });
        return this.#queues.urlOf(this.#queues.named(name));
      },
      send: (name, body) => {
        this.#queues.named(name).send(readContent(new Input({ MessageBody: body })), undefined, now());
        this.#doorbell.ring();
      },
      messages: (name) => this.#queues.named(name).messages(now()),
      counts: (name) => countMessages(this.#queues.named(name), now()),
      fail: (action, fault, times = 1) => this.#faults.add(action, fault, times),
      calls: (action) => this.#calls.get(action) ?? 0,
      advanced: () => this.#doorbell.ring(),
    };
  }
}

function isAction(name: string): name is ActionName {
  return Object.hasOwn(ACTIONS, name);
}

function answer(response: ServerResponse, status: number, content: object): void {
  const body = Buffer.from(JSON.stringify(content), 'utf8');
  response
    .writeHead(status, {
      'content-type': CONTENT_TYPE,
      'content-length': body.length,
      'x-amzn-requestid': randomUUID(),
    })
    .end(body);
}
