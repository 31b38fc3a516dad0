import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KeyRing } from '../auth/key-ring.js';
import { Doorbell } from '../sqs/doorbell.js';
import { ACTIONS, isAction, type ActionName } from './actions.js';
import { CmqFaults, type CmqFault } from './faults.js';
import { Form } from './form.js';
import { DEFAULT_SETTINGS, LocalCmqQueue, type CmqQueueSettings, type StoredMessage } from './queue.js';
import { CmqRefusal } from './refusal.js';
import { SignatureCheck } from './signature.js';

export type { CmqFault } from './faults.js';

/** What the emulated CMQ is made of. */
export interface CmqSettings {
  /** The service's time in milliseconds since 1970; a test may move it. Tell `control.advanced()` when it jumped. */
  readonly now: () => number;
  /** The keys that it takes: those of the whole cloud. */
  readonly keys: Pick<KeyRing, 'find'>;
}

/** How it behaves where the documentation leaves it open. Can be changed at any time. */
export interface CmqBehaviour {
  /** The status under which failures come. */
  failureStatus: number;
  /** Whether answers carry a `Date`. */
  dates: boolean;
  /** Whether a receive tells `nextVisibleTime`. */
  tellsNextVisibleTime: boolean;
}

/** The way in for tests, past the protocol. */
export interface CmqControl {
  readonly behaviour: CmqBehaviour;
  readonly faults: CmqFaults;
  /** Creates a queue, and tells its URL as `QUEUE_URL` takes it. */
  createQueue(name: string, settings?: Partial<CmqQueueSettings>): string;
  /** Puts a message in as a foreign sender would. */
  send(name: string, body: string, delaySeconds?: number): void;
  messages(name: string): readonly StoredMessage[];
  /** How many messages of a queue the service acknowledged itself, because nobody did in time: the silent loss. */
  dropped(name: string): number;
  /** Those of them that a rewind could still bring back. */
  lost(name: string): readonly StoredMessage[];
  /** Lets a queue's acknowledged messages that were sent at `from` or later be received once more, as RewindCmqQueue does. */
  rewind(name: string, from: number): void;
  /** Lets the next calls of an action go wrong, once unless said otherwise. */
  fail(action: ActionName, fault: CmqFault, times?: number): void;
  /** How often an action was called. */
  calls(action: ActionName): number;
  /** To be called after `now` has jumped: those who wait look again. */
  advanced(): void;
}

/** A request as the service sees it. */
export interface CmqRequest {
  readonly method: string;
  readonly host: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  /** Aborted when nobody waits for the answer any more: an AbortSignal, for one. */
  readonly abandoned: { readonly aborted: boolean };
}

/** What goes back. */
export interface CmqReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A CMQ in this process, to be mounted on a server. */
export interface LocalCmq {
  /** Whether a request is one for CMQ. */
  handles(message: IncomingMessage): boolean;
  handle(message: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void>;
  /** The same without a server; undefined where the answer never arrives. */
  exchange(request: CmqRequest): Promise<CmqReply | undefined>;
  readonly control: CmqControl;
  /** Ends all waiting. */
  close(): void;
}

/** The hosts of one region, in public and inside a VPC (TDMQ-CMQ, "API request method"). */
const HOST = 'cmq-bj.public.tencenttdmq.com';
const HOSTS: readonly string[] = [HOST, 'bj.mqadapter.cmq.tencentyun.com'];

const ANY_HOST = /^(?:cmq-[a-z]+\.public\.tencenttdmq\.com|[a-z]+\.mqadapter\.cmq\.tencentyun\.com)$/;
const PATH = '/v2/index.php';
const CONTENT_TYPE = 'application/x-www-form-urlencoded';
const MAX_REQUEST_BYTES = 1_048_576;

/**
 * The data plane of TDMQ for CMQ, for tests: queues in memory, as strict as the documents say, the silent loss included. Every request's signature is
 * checked.
 */
export function createCmq(settings: CmqSettings): LocalCmq {
  return new EmbeddedCmq(settings);
}

class EmbeddedCmq implements LocalCmq {
  readonly control: CmqControl;
  readonly #settings: CmqSettings;
  readonly #behaviour: CmqBehaviour = { failureStatus: 200, dates: true, tellsNextVisibleTime: true };
  readonly #queues = new Map<string, LocalCmqQueue>();
  readonly #signatures = new SignatureCheck();
  readonly #doorbell = new Doorbell();
  readonly #faults = new CmqFaults();
  readonly #calls = new Map<string, number>();
  #isClosed = false;

  constructor(settings: CmqSettings) {
    this.#settings = settings;
    this.control = this.#createControl();
  }

  handles(message: IncomingMessage): boolean {
    return ANY_HOST.test(message.headers.host ?? '');
  }

  async handle(message: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const abandoned = new AbortController();
    response.once('close', () => {
      abandoned.abort();
      this.#doorbell.ring();
    });
    const { method = '', url = '/', headers } = message;
    const contentType = headers['content-type'];
    const request = { method, host: headers.host ?? '', target: url, contentType, body };
    const reply = await this.exchange({ ...request, abandoned: abandoned.signal });
    if (reply === undefined) {
      response.destroy();
      return;
    }
    response.sendDate = false;
    response.writeHead(reply.status, { ...reply.headers, 'content-length': reply.body.length });
    response.end(reply.body);
  }

  async exchange(request: CmqRequest): Promise<CmqReply | undefined> {
    try {
      const { form, action } = this.#admit(request);
      this.#calls.set(action, this.control.calls(action) + 1);
      const fault = this.#faults.take(action);
      if (fault?.kind === 'lose-request') return undefined;
      if (fault?.kind === 'refuse') throw new CmqRefusal(fault.as);
      if (fault?.kind === 'answer') {
        return { ...this.#reply({}, 0), status: fault.status, body: Buffer.from(fault.body) };
      }
      const result = await ACTIONS[action].run(form, {
        queues: this.#queues,
        now: this.#settings.now,
        doorbell: this.#doorbell,
        isAbandoned: () => this.#isClosed || request.abandoned.aborted,
        fault,
        tellsNextVisibleTime: this.#behaviour.tellsNextVisibleTime,
      });
      return fault?.kind === 'lose-answer' ? undefined : this.#reply(result, 0);
    } catch (error) {
      if (!(error instanceof CmqRefusal)) throw error;
      return this.#reply({ message: error.message }, error.code);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#doorbell.ring();
  }

  /** The action of a request that is well-formed and signed. */
  #admit({ method, host, target, contentType, body }: CmqRequest): { form: Form; action: ActionName } {
    const [path = '', query = ''] = target.split('?');
    if (method !== 'GET' && method !== 'POST') throw new CmqRefusal('WrongMethod');
    if (path !== PATH || body.length > MAX_REQUEST_BYTES) throw new CmqRefusal('Unparsable');
    if (method === 'POST' && (contentType !== CONTENT_TYPE || query !== ''))
      throw new CmqRefusal('Unparsable');
    const form = Form.parse(method === 'POST' ? body.toString('utf8') : query);
    this.#signatures.verify(form, {
      ...{ method, host, path },
      keys: this.#settings.keys,
      now: this.#settings.now(),
    });
    const action = form.text('Action');
    if (!isAction(action)) throw new CmqRefusal('UnknownAction', action);
    form.allowOnly(ACTIONS[action].parameters);
    // A queue is one of its region, which the host names.
    if (!HOSTS.includes(host)) throw new CmqRefusal('NoQueue', `in the region of ${host}`);
    return { form, action };
  }

  #reply(fields: Readonly<Record<string, unknown>>, code: number): CmqReply {
    const { failureStatus, dates } = this.#behaviour;
    const answer = { code, message: '', requestId: randomUUID(), ...fields };
    const isFailure = answer.code !== 0;
    return {
      status: isFailure ? failureStatus : 200,
      headers: {
        'content-type': 'application/json',
        ...(dates ? { date: new Date(this.#settings.now()).toUTCString() } : {}),
      },
      body: Buffer.from(JSON.stringify(answer), 'utf8'),
    };
  }

  #createControl(): CmqControl {
    const { now } = this.#settings;
    const named = (name: string): LocalCmqQueue => {
      const queue = this.#queues.get(name);
      if (queue === undefined) throw new Error(`the embedded CMQ has no queue ${name}`);
      return queue;
    };
    return {
      behaviour: this.#behaviour,
      faults: this.#faults,
      createQueue: (name, settings = {}) => {
        this.#queues.set(name, new LocalCmqQueue(name, { ...DEFAULT_SETTINGS, ...settings }));
        return `cmq://${HOST}/${name}`;
      },
      send: (name, body, delaySeconds = 0) => {
        named(name).send(body, delaySeconds, now());
        this.#doorbell.ring();
      },
      messages: (name) => named(name).messages(now()),
      dropped: (name) => {
        named(name).messages(now()); // lets what is due be dropped
        return named(name).dropped;
      },
      lost: (name) => named(name).lost(now()),
      rewind: (name, from) => {
        named(name).rewind(from, now());
        this.#doorbell.ring();
      },
      fail: (action, fault, times = 1) => this.#faults.add(action, fault, times),
      calls: (action) => this.#calls.get(action) ?? 0,
      advanced: () => this.#doorbell.ring(),
    };
  }
}
