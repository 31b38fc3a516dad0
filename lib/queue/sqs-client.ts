import * as v from 'valibot';
import type { AwsCredentials } from '../aws/credentials.js';
import { signedJsonRequest } from '../aws/json-request.js';
import { readRefusal, requestIdOf } from '../aws/refusal.js';
import { V4Signer } from '../aws/sign-v4.js';
import { parseHttpDate } from '../cos/backoff.js';
import { TransportError } from '../cos/errors/transport-error.js';
import { UndecodableError } from '../cos/errors/undecodable-error.js';
import { ServerClock } from '../cos/server-clock.js';
import type { Transport, WireResponse } from '../cos/transport.js';
import type { Clock, RandomSource } from '../domain/effects.js';
import { between, millis, type EpochMs, type Millis } from '../domain/units.js';
import type { Asked } from './asked.js';
import { LEAST_ATTEMPT, waitBeforeRetry } from './attempts.js';
import { QueueError } from './queue-error.js';
import {
  readAttributes,
  readBatch,
  readReceived,
  type BatchAnswer,
  type ReadAnswer,
  type ReceivedMessages,
} from './sqs-answers.js';
import { answerError, callError } from './sqs-errors.js';

/** Where SQS is. */
export interface SqsConnection {
  readonly region: string;
  /** The origin that all requests go to. */
  readonly endpoint: string;
  /** How long one attempt may take, a long poll's wait not counted. */
  readonly requestTimeout: Millis;
}

/** What a client works through. */
export interface SqsEffects {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly transport: Transport;
  readonly credentials: AwsCredentials;
  /** No attempt outlives this moment. */
  readonly deadline: EpochMs;
}

/** What to receive (SQS API Reference, ReceiveMessage). */
export interface ReceiveRequest {
  readonly queueUrl: string;
  readonly max: number;
  readonly visibilitySeconds: number;
  readonly waitSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** An entry of a batch; `Id` names it within its batch. */
interface Entry {
  readonly Id: string;
}

/** A message to send (SQS API Reference, SendMessageBatchRequestEntry). */
export interface SendEntry extends Entry {
  readonly body: string;
  readonly delaySeconds?: number;
  /** Each goes as a `String`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A message to take out of the queue. */
export interface DeleteEntry extends Entry {
  readonly receiptHandle: string;
}

/** A message to hide for so long from now on. */
export interface VisibilityEntry extends DeleteEntry {
  readonly visibilitySeconds: number;
}

/** A call of SQS, and how to read its answer. */
export interface SqsCall<T> {
  readonly action: string;
  readonly queueUrl: string;
  /** The parameters but the queue's URL. */
  readonly input: object;
  readonly read: (answer: unknown) => ReadAnswer<T>;
  /** How long SQS may hold its answer back. */
  readonly wait?: Millis;
  readonly signal?: AbortSignal | undefined;
}

/** What an answer says, and its request ID. */
interface Answered<T> {
  readonly value: T;
  readonly requestId: string | undefined;
}

/** Ten messages have at most a mebibyte each (SQS Developer Guide, "Message quotas"), escaped in JSON. */
const MAX_ANSWER_BYTES = 32 * 1_048_576;

const Json = v.pipe(v.string(), v.parseJson());

const NO_BODIES: ReadonlyMap<string, string> = new Map();

/**
 * The calls of Amazon SQS that docjob makes, in the AWS JSON 1.0 protocol: signed, tried again with full jitter within the deadline, and read into
 * what they mean. Made anew for each run: the key and the correction of our clock are the run's own.
 *
 * Each call throws a QueueError when it failed, and the signal's reason when that aborts. A send that was tried again may have arrived twice.
 */
export class SqsClient {
  readonly #connection: SqsConnection;
  readonly #effects: SqsEffects;
  readonly #signer: V4Signer;
  readonly #serverClock: ServerClock;

  constructor(connection: SqsConnection, effects: SqsEffects) {
    this.#connection = connection;
    this.#effects = effects;
    this.#signer = new V4Signer(effects.credentials, { service: 'sqs', region: connection.region });
    this.#serverClock = new ServerClock(() => effects.clock.now());
  }

  /** Takes messages, waiting for a first one as long as asked. */
  async receive(request: ReceiveRequest): Promise<ReceivedMessages & Pick<BatchAnswer, 'requestId'>> {
    const { queueUrl, max, visibilitySeconds, waitSeconds, signal } = request;
    const { value, requestId } = await this.call({
      action: 'ReceiveMessage',
      queueUrl,
      input: {
        MaxNumberOfMessages: max,
        VisibilityTimeout: visibilitySeconds,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['SentTimestamp'],
      },
      read: readReceived,
      wait: millis(waitSeconds * 1_000),
      signal,
    });
    return { ...value, requestId };
  }

  /** Puts messages into a queue. One that arrived there as something else counts as failed. */
  send(queueUrl: string, entries: readonly SendEntry[]): Promise<BatchAnswer> {
    const Entries = entries.map(({ Id, body, delaySeconds, attributes }) => ({
      Id,
      MessageBody: body,
      DelaySeconds: delaySeconds,
      MessageAttributes: attributes === undefined ? undefined : attributesOf(attributes),
    }));
    const bodies = new Map(entries.map(({ Id, body }) => [Id, body]));
    return this.#batch('SendMessageBatch', queueUrl, Entries, bodies);
  }

  delete(queueUrl: string, entries: readonly DeleteEntry[]): Promise<BatchAnswer> {
    const Entries = entries.map(({ Id, receiptHandle }) => ({ Id, ReceiptHandle: receiptHandle }));
    return this.#batch('DeleteMessageBatch', queueUrl, Entries);
  }

  changeVisibility(queueUrl: string, entries: readonly VisibilityEntry[]): Promise<BatchAnswer> {
    const Entries = entries.map(({ Id, receiptHandle, visibilitySeconds }) => ({
      Id,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: visibilitySeconds,
    }));
    return this.#batch('ChangeMessageVisibilityBatch', queueUrl, Entries);
  }

  /** A queue's attributes, all of them, as SQS writes them (SQS API Reference, GetQueueAttributes). */
  async attributes(queueUrl: string): Promise<Readonly<Record<string, string>>> {
    const input = { AttributeNames: ['All'] };
    const { value } = await this.call({
      action: 'GetQueueAttributes',
      queueUrl,
      input,
      read: readAttributes,
    });
    return value;
  }

  async #batch(
    action: string,
    queueUrl: string,
    Entries: readonly Entry[],
    bodies: ReadonlyMap<string, string> = NO_BODIES,
  ): Promise<BatchAnswer> {
    const read = (answer: unknown): ReturnType<typeof readBatch> => readBatch(answer, bodies);
    const { value, requestId } = await this.call({ action, queueUrl, input: { Entries }, read });
    return { ...value, requestId };
  }

  async call<T>(call: SqsCall<T>): Promise<Answered<T>> {
    for (let attempts = 1; ; attempts += 1) {
      const { correction } = this.#serverClock;
      let serverDate: EpochMs | undefined;
      try {
        const response = await this.#exchange(call);
        serverDate = parseHttpDate(response.headers['date']);
        return this.#read(call, response);
      } catch (error) {
        call.signal?.throwIfAborted();
        if (!(error instanceof QueueError)) throw error;
        const isRepaired = this.#repairClock(error, serverDate, correction);
        const { deadline } = this.#effects;
        const wait = isRepaired ? millis(0) : waitBeforeRetry({ error, attempts, deadline }, this.#effects);
        if (wait === undefined) throw error;
        if (wait > 0) await this.#effects.clock.sleep(wait, call.signal);
      }
    }
  }

  async #exchange<T>(call: SqsCall<T>): Promise<WireResponse> {
    const { action, queueUrl, input, wait = millis(0), signal = new AbortController().signal } = call;
    const asked = `${action} on ${queueUrl}`;
    const remaining = between(this.#effects.clock.now(), this.#effects.deadline);
    if (remaining < LEAST_ATTEMPT) {
      throw new QueueError('queue-unavailable', `${asked} was not sent: there is no time left for it`);
    }
    const request = signedJsonRequest(
      {
        version: '1.0',
        origin: this.#connection.endpoint,
        operation: `AmazonSQS.${action}`,
        // The names of errors in SQS's older protocol come beside the newer ones then (Smithy, "awsQueryCompatible trait").
        headers: { 'x-amzn-query-mode': 'true' },
        input: { QueueUrl: queueUrl, ...input },
        asked,
      },
      this.#signer,
      this.#serverClock.now(),
    );
    try {
      return await this.#effects.transport.exchange(request, {
        timeout: millis(Math.min(this.#connection.requestTimeout + wait, remaining)),
        maxBodyBytes: MAX_ANSWER_BYTES,
        signal,
      });
    } catch (error) {
      if (!(error instanceof TransportError) && !(error instanceof UndecodableError)) throw error;
      // It says what was asked of whom.
      throw new QueueError('queue-unavailable', error.message, { cause: error });
    }
  }

  /** @throws QueueError for an error answer, and for one that does not say what it should. */
  #read<T>({ read, ...asked }: SqsCall<T> & Asked, response: WireResponse): Answered<T> {
    const requestId = requestIdOf(response);
    if (response.status !== 200) {
      const refusal = readRefusal(response);
      const message = this.#withoutToken(refusal.message);
      throw callError({ ...refusal, message }, response.status, asked, requestId);
    }
    const json = v.safeParse(Json, response.body.toString('utf8'));
    const answer = json.success ? read(json.output) : { ok: false as const, problem: 'it is no JSON' };
    if (answer.ok) return { value: answer.value, requestId };
    throw answerError(`an answer that is none: ${answer.problem}`, asked, { requestId });
  }

  /**
   * Corrects our clock by the service's, once in a run, where that may be why it refused our signature: it does not always say so. Tells whether it
   * was corrected since that was made.
   */
  #repairClock(
    { disposition }: QueueError,
    serverDate: EpochMs | undefined,
    signedUnder: Millis | undefined,
  ): boolean {
    if (disposition !== 'credentials' && disposition !== 'skewed') return false;
    if (serverDate !== undefined) this.#serverClock.repair(serverDate);
    return this.#serverClock.correction !== signedUnder;
  }

  #withoutToken(words: string | undefined): string | undefined {
    const { sessionToken } = this.#effects.credentials;
    return sessionToken === undefined ? words : words?.replaceAll(sessionToken, '…');
  }
}

function attributesOf(attributes: Readonly<Record<string, string>>): object {
  const entries = Object.entries(attributes).map(([name, value]) => [
    name,
    { DataType: 'String', StringValue: value },
  ]);
  return Object.fromEntries(entries) as object; // a record of what is made above
}
