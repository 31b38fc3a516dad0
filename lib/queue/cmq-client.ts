import { parseHttpDate } from '../cos/backoff.js';
import { TransportError } from '../cos/errors/transport-error.js';
import { UndecodableError } from '../cos/errors/undecodable-error.js';
import { targetAt } from '../cos/hosts.js';
import { ServerClock } from '../cos/server-clock.js';
import { credentialsInTime } from '../cos/credentials-in-time.js';
import type { CredentialsProvider } from '../cos/credentials.js';
import type { Transport, WireResponse } from '../cos/transport.js';
import type { SigningCredentials } from '../cos-signer/index.js';
import type { Clock, RandomSource } from '../domain/effects.js';
import { between, epochMs, millis, type EpochMs, type Millis } from '../domain/units.js';
import type { Asked } from './asked.js';
import { LEAST_ATTEMPT, waitBeforeRetry } from './attempts.js';
import { readAnswer, type CmqAnswer } from './cmq-answer.js';
import { CMQ_PATH, signCmq, SIGNATURE_METHOD, type CmqParameters } from './cmq-signing.js';
import { QueueError } from './queue-error.js';
import type { CmqAddress } from './queue-url.js';

/** How calls are made. */
export interface CmqConnection {
  /** `CMQ_ENDPOINT`: connect there instead; the service's name stays in `Host`, and in the signature. */
  readonly endpoint?: URL | undefined;
  /** How long one attempt may take, a long poll's wait not counted. */
  readonly requestTimeout: Millis;
}

/** What a client works through. */
export interface CmqEffects {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly transport: Transport;
  readonly credentials: CredentialsProvider;
  /** No attempt outlives this moment. */
  readonly deadline: EpochMs;
}

/** One call of the data plane (TDMQ-CMQ, "Data Flow APIs"). */
export interface CmqCall {
  readonly action: 'SendMessage' | 'BatchSendMessage' | 'BatchReceiveMessage' | 'BatchDeleteMessage';
  readonly queue: CmqAddress;
  readonly parameters: CmqParameters;
  /** How long the service may hold its answer back. */
  readonly wait?: Millis;
  /** Sooner than the client's. */
  readonly deadline?: EpochMs;
  readonly signal?: AbortSignal | undefined;
  /** Only a call that the service said it did not take is tried again: for a send that would breed copies. */
  readonly once?: boolean;
}

/** Sixteen messages have at most a mebibyte each (CreateCmqQueue, MaxMsgSize), escaped in JSON. */
const MAX_ANSWER_BYTES = 32 * 1_048_576;

/** Nonces that never repeat within a second, and that a JSON number of any service can hold. */
const NONCES = 2 ** 48;

const NEVER = new AbortController().signal;

/**
 * Signed calls to the data plane of TDMQ-CMQ, tried again with full jitter within the deadline. Made anew for each run: credentials and the
 * correction of our clock are the run's own.
 */
export class CmqClient {
  readonly #connection: CmqConnection;
  readonly #effects: CmqEffects;
  readonly #serverClock: ServerClock;
  #credentials: Promise<SigningCredentials> | undefined;
  /** The key that came after one was refused. */
  #fresh: Promise<SigningCredentials> | undefined;

  constructor(connection: CmqConnection, effects: CmqEffects) {
    this.#connection = connection;
    this.#effects = effects;
    this.#serverClock = new ServerClock(() => effects.clock.now());
  }

  /**
   * Calls, and gives what `read` makes of the answer.
   *
   * @throws QueueError when the call failed, CredentialsError when there is no key, DeadlineError when none comes in time, the signal's reason when that aborts, and what `read`
   * throws, a QueueError of which is treated like any other.
   */
  async call<T>(call: CmqCall, read: (answer: CmqAnswer) => T): Promise<T> {
    const asked = askedOf(call);
    for (let attempt = 1; ; attempt += 1) {
      this.#credentials ??= this.#askForCredentials();
      const key = await this.#credentials;
      let serverDate: EpochMs | undefined;
      try {
        const sentAt = this.#effects.clock.now();
        const response = await this.#exchange(call, key, sentAt);
        serverDate = parseHttpDate(response.headers['date']);
        return read(readAnswer(response, asked, { sentAt, serverDate }, key.token));
      } catch (error) {
        call.signal?.throwIfAborted();
        if (!(error instanceof QueueError)) throw error;
        const isRepaired = await this.#repair(error, key, serverDate);
        const failed = { error, attempts: attempt, deadline: this.#deadlineOf(call), once: call.once };
        const wait = isRepaired ? millis(0) : waitBeforeRetry(failed, this.#effects);
        if (wait === undefined) throw error;
        if (wait > 0) await this.#effects.clock.sleep(wait, call.signal);
      }
    }
  }

  async #exchange(call: CmqCall, key: SigningCredentials, sentAt: EpochMs): Promise<WireResponse> {
    const { queue, signal = NEVER, wait = millis(0) } = call;
    const asked = askedOf(call);
    const remaining = between(sentAt, this.#deadlineOf(call));
    if (remaining < LEAST_ATTEMPT) {
      const words = `${asked.action} on ${asked.queueUrl} was not sent: there is no time left for it`;
      throw new QueueError('queue-unavailable', words);
    }
    const target = targetAt(queue.origin, this.#connection.endpoint);
    const body = Buffer.from(new URLSearchParams(this.#signed(call, target.host, key)).toString());
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(body.byteLength),
    };
    const request = { target, method: 'POST', path: CMQ_PATH, headers, body };
    try {
      return await this.#effects.transport.exchange(
        { ...request, asked: `${asked.action} on ${asked.queueUrl}` },
        {
          timeout: millis(Math.min(this.#connection.requestTimeout + wait, remaining)),
          maxBodyBytes: MAX_ANSWER_BYTES,
          signal,
        },
      );
    } catch (error) {
      if (!(error instanceof TransportError) && !(error instanceof UndecodableError)) throw error;
      // It says what was asked of whom.
      throw new QueueError('queue-unavailable', error.message, { cause: error });
    }
  }

  /** A call's parameters and the common ones, all of them signed. */
  #signed(
    { action, queue, parameters }: CmqCall,
    host: string,
    { secretId, secretKey, token }: SigningCredentials,
  ): CmqParameters {
    const unsigned = {
      ...parameters,
      queueName: queue.queueName,
      Action: action,
      SecretId: secretId,
      Timestamp: String(Math.floor(this.#serverClock.now() / 1_000)),
      Nonce: String(Math.floor(this.#effects.random() * NONCES) + 1),
      SignatureMethod: SIGNATURE_METHOD,
      ...(token === undefined ? {} : { Token: token }),
    };
    return { ...unsigned, Signature: signCmq(host, unsigned, secretKey) };
  }

  /**
   * Repairs what may have made the service refuse our signature: our clock, by the service's own, else the key, read anew. Each once in a run.
   * The service does not tell the two apart (code 4100).
   */
  async #repair(
    error: QueueError,
    refused: SigningCredentials,
    serverDate: EpochMs | undefined,
  ): Promise<boolean> {
    if (error.disposition !== 'credentials' && error.disposition !== 'skewed') return false;
    if (serverDate !== undefined && this.#serverClock.repair(serverDate) !== undefined) return true;
    this.#fresh ??= this.#askForCredentials(refused);
    this.#credentials = this.#fresh;
    const fresh = await this.#fresh;
    return (
      fresh.secretId !== refused.secretId ||
      fresh.secretKey !== refused.secretKey ||
      fresh.token !== refused.token
    );
  }

  #askForCredentials(refused?: SigningCredentials): Promise<SigningCredentials> {
    const { clock, credentials, deadline } = this.#effects;
    return credentialsInTime(credentials(refused), { clock, deadline });
  }

  #deadlineOf({ deadline }: CmqCall): EpochMs {
    return epochMs(Math.min(this.#effects.deadline, deadline ?? this.#effects.deadline));
  }
}

function askedOf({ action, queue }: CmqCall): Asked {
  return { action, queueUrl: queue.url };
}
