import type { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeadLetterReason } from '../../../lib/queue/pending-queue.js';
import type { Dice } from '../core/dice.js';
import type { Ending, Process } from '../core/process.js';
import type { QueueObserver } from '../world/queue-world.js';
import type { SqsPlan } from './plan.js';
import type { Message, SimulatedSqs } from './service.js';

/** As the adapter configures its SDK client (lib/queue/sqs-client.ts). */
const ATTEMPTS = 3;
const REQUEST_TIMEOUT_MS = 1_000;

/** Where notices go. */
export const NOTICE_QUEUE_URL = 'https://sqs.ap-east-1.amazonaws.com/123456789012/notices';

/** An error as the SDK throws it. */
class SdkError extends Error {
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string };

  constructor(name: string, status?: number) {
    super(`simulated ${name}`);
    this.name = name;
    this.$metadata = status === undefined ? {} : { httpStatusCode: status, requestId: 'sqs-request' };
  }
}

const FAULTS = [
  'request-lost',
  'answer-lost',
  'unavailable',
  'throttled',
  'access-denied',
  'entries-failed',
] as const;
type QueueFault = (typeof FAULTS)[number];

interface SendOptions {
  readonly abortSignal?: AbortSignal;
}

type Command =
  | ReceiveMessageCommand
  | SendMessageBatchCommand
  | DeleteMessageBatchCommand
  | ChangeMessageVisibilityBatchCommand;

/** The SDK's client for one run, as the real adapter uses it: the wire, the SDK's own retries, and SQS behind them. */
export class SimulatedSdkClient {
  readonly #process: Process;
  readonly #sqs: SimulatedSqs;
  readonly #plan: SqsPlan;
  readonly #dice: Dice;
  readonly #observer: QueueObserver;
  readonly #latency: () => number;
  readonly #subjects: ReadonlyMap<string, string>;

  constructor(
    process: Process,
    sqs: SimulatedSqs,
    about: {
      readonly plan: SqsPlan;
      readonly dice: Dice;
      readonly observer: QueueObserver;
      readonly latency: () => number;
    },
    subjects: ReadonlyMap<string, string>,
  ) {
    this.#process = process;
    this.#sqs = sqs;
    this.#plan = about.plan;
    this.#dice = about.dice;
    this.#observer = about.observer;
    this.#latency = about.latency;
    this.#subjects = subjects;
  }

  /** Stands in for an SDK client where only `send` and `destroy` are used. */
  asSdkClient(): SQSClient {
    // The adapter uses nothing else of a client.
    return this as unknown as SQSClient;
  }

  send(command: Command, { abortSignal }: SendOptions = {}): Promise<unknown> {
    const name = command.constructor.name.replace(/Command$/, '');
    return this.#process.effect<unknown>(`SQS ${name}`, (ending) => {
      const abort = (): void => ending.reject(new SdkError('AbortError'));
      if (abortSignal?.aborted === true) {
        abort();
        return;
      }
      abortSignal?.addEventListener('abort', abort, { once: true });
      this.#attempt(command, name, 1, {
        resolve: (value) => {
          abortSignal?.removeEventListener('abort', abort);
          ending.resolve(value);
        },
        reject: (error) => {
          abortSignal?.removeEventListener('abort', abort);
          ending.reject(error);
        },
      });
    });
  }

  destroy(): void {
    // Nothing is open.
  }

  /** One attempt of the SDK; a failed one is tried again as its standard retry mode does. */
  #attempt(command: Command, name: string, attempt: number, ending: Ending<unknown>): void {
    const fault = this.#fault();
    const fail = (error: SdkError, afterMs: number, mayRetry = true): void => {
      const isLast = attempt >= ATTEMPTS || !mayRetry;
      const pause = isLast ? 0 : this.#dice.integer(0, 100 * 2 ** (attempt - 1));
      this.#process.wake(afterMs + pause, `SQS ${name}: ${error.name}`, () => {
        if (isLast) ending.reject(error);
        else this.#attempt(command, name, attempt + 1, ending);
      });
    };
    const there = this.#latency();
    switch (fault) {
      case 'request-lost': {
        fail(new SdkError('TimeoutError'), REQUEST_TIMEOUT_MS);
        return;
      }
      case 'unavailable': {
        fail(new SdkError('ServiceUnavailable', 503), there);
        return;
      }
      case 'throttled': {
        fail(new SdkError('RequestThrottled', 400), there);
        return;
      }
      case 'access-denied': {
        fail(new SdkError('AccessDenied', 403), there, false);
        return;
      }
      case 'answer-lost':
        this.#process.serve(there, `SQS ${name}`, () => void this.#serve(command, true));
        {
          fail(new SdkError('TimeoutError'), REQUEST_TIMEOUT_MS);
          return;
        }
      case 'entries-failed':
      case undefined:
        this.#arrive(command, name, there, fault === 'entries-failed', ending);
    }
  }

  #arrive(
    command: Command,
    name: string,
    there: number,
    mayFailEntries: boolean,
    ending: Ending<unknown>,
  ): void {
    this.#process.serve(there, `SQS ${name}`, () => {
      const waitMs =
        command instanceof ReceiveMessageCommand ? 1_000 * (command.input.WaitTimeSeconds ?? 0) : 0;
      const answer = this.#serve(command, !mayFailEntries);
      if (waitMs > 0 && this.#isEmpty(answer)) {
        this.#wait(command, name, waitMs, ending);
        return;
      }
      this.#process.wake(this.#latency(), `SQS ${name} answered`, () => ending.resolve(answer));
    });
  }

  /** A long poll looks once more when the next message becomes visible, or gives up. */
  #wait(command: Command, name: string, waitMs: number, ending: Ending<unknown>): void {
    const { now } = this.#process.scheduler;
    let next = Number.POSITIVE_INFINITY;
    for (const { visibleAt } of this.#sqs.messages)
      if (visibleAt > now) next = Math.min(next, visibleAt - now);
    this.#process.serve(Math.min(next, waitMs), `SQS ${name}, waited`, () => {
      const answer = this.#serve(command, true);
      this.#process.wake(this.#latency(), `SQS ${name} answered`, () => ending.resolve(answer));
    });
  }

  #isEmpty(answer: unknown): boolean {
    return (
      typeof answer === 'object' &&
      answer !== null &&
      'Messages' in answer &&
      Array.isArray(answer.Messages) &&
      answer.Messages.length === 0
    );
  }

  #serve(command: Command, allEntries: boolean): unknown {
    const $metadata = { requestId: 'sqs-request' };
    if (command instanceof ReceiveMessageCommand) {
      const { MaxNumberOfMessages = 1, VisibilityTimeout = 30 } = command.input;
      const messages = this.#sqs.receive(this.#process, MaxNumberOfMessages, VisibilityTimeout * 1_000);
      return { $metadata, Messages: messages.map(asSdkMessage) };
    }
    const entries: readonly { readonly Id?: string | undefined }[] = command.input.Entries ?? [];
    const failed: { Id: string; Code: string; SenderFault: boolean }[] = [];
    const done: { Id: string }[] = [];
    for (const entry of entries) {
      const Id = entry.Id ?? '';
      const problem = !allEntries && this.#dice.chance(0.5) ? 'InternalError' : this.#serveEntry(command, Id);
      if (problem === undefined) done.push({ Id });
      else failed.push({ Id, Code: problem, SenderFault: problem !== 'InternalError' });
    }
    return { $metadata, Successful: done, Failed: failed };
  }

  #serveEntry(command: Exclude<Command, ReceiveMessageCommand>, id: string): string | undefined {
    if (command instanceof DeleteMessageBatchCommand) {
      const handle = handleOf(command.input.Entries?.find((entry) => entry.Id === id)?.ReceiptHandle);
      this.#sqs.delete(handle.id, handle.serial);
      return undefined;
    }
    if (command instanceof ChangeMessageVisibilityBatchCommand) {
      const entry = command.input.Entries?.find(({ Id }) => Id === id);
      const handle = handleOf(entry?.ReceiptHandle);
      return this.#sqs.changeVisibility(handle.id, handle.serial, 1_000 * (entry?.VisibilityTimeout ?? 0));
    }
    const { MessageBody: body = '', MessageAttributes: attributes = {} } =
      command.input.Entries?.find(({ Id }) => Id === id) ?? {};
    if (command.input.QueueUrl === NOTICE_QUEUE_URL) {
      this.#observer.onNotice((JSON.parse(body) as { jobId: string }).jobId); // as it is published
      return undefined;
    }
    const text = (name: string): string => attributes[name]?.StringValue ?? '';
    // Only the adapter for jobs sends here, and its reasons are of that type.
    const reason = text('docjob-reason') as DeadLetterReason;
    this.#sqs.bury(this.#subjects.get(body) ?? body, body, reason, Date.parse(text('docjob-first-seen-at')));
    return undefined;
  }

  #fault(): QueueFault | undefined {
    const { faultRate, until } = this.#plan;
    if (this.#process.scheduler.now >= until || !this.#dice.chance(faultRate)) return undefined;
    const fault = this.#dice.pick(FAULTS);
    this.#observer.onFault(`queue-${fault}`);
    return fault;
  }
}

const asSdkMessage = ({ id, serial, body, sentAt }: Message): unknown => ({
  MessageId: id,
  ReceiptHandle: `${id} ${serial}`,
  Body: body,
  Attributes: { SentTimestamp: String(Math.floor(sentAt)) },
});

function handleOf(text = ''): { readonly id: string; readonly serial: number } {
  const [id = '', serial = ''] = text.split(' ');
  return { id, serial: Number(serial) };
}
