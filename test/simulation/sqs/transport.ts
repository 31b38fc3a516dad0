import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import * as v from 'valibot';
import { TransportError } from '../../../lib/cos/errors/transport-error.js';
import type { ExchangeLimits, Transport, WireRequest, WireResponse } from '../../../lib/cos/transport.js';
import type { DeadLetterReason } from '../../../lib/queue/pending-queue.js';
import type { Dice } from '../core/dice.js';
import type { Ending, Process } from '../core/process.js';
import type { QueueObserver } from '../world/queue-world.js';
import type { SqsPlan } from './plan.js';
import type { Message, SimulatedSqs } from './service.js';

const FAULTS = [
  'request-lost',
  'answer-lost',
  'unavailable',
  'throttled',
  'access-denied',
  'entries-failed',
] as const;
type QueueFault = (typeof FAULTS)[number];

/** Where notices go. */
export const NOTICE_QUEUE_URL = 'https://sqs.ap-east-1.amazonaws.com/123456789012/notices';

/** The calls that the adapter makes, as they go over the wire. */
const Call = v.variant('action', [
  v.object({
    action: v.literal('ReceiveMessage'),
    MaxNumberOfMessages: v.number(),
    VisibilityTimeout: v.number(),
    WaitTimeSeconds: v.number(),
  }),
  v.object({
    action: v.literal('SendMessageBatch'),
    QueueUrl: v.string(),
    Entries: v.array(
      v.object({
        Id: v.string(),
        MessageBody: v.string(),
        MessageAttributes: v.optional(v.record(v.string(), v.object({ StringValue: v.string() })), {}),
      }),
    ),
  }),
  v.object({
    action: v.literal('DeleteMessageBatch'),
    Entries: v.array(v.object({ Id: v.string(), ReceiptHandle: v.string() })),
  }),
  v.object({
    action: v.literal('ChangeMessageVisibilityBatch'),
    Entries: v.array(v.object({ Id: v.string(), ReceiptHandle: v.string(), VisibilityTimeout: v.number() })),
  }),
]);
type Call = v.InferOutput<typeof Call>;

/** Carries one run's calls to the simulated SQS, with all that can go wrong on the way and there. */
export class SqsTransport implements Transport {
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

  exchange(request: WireRequest, limits: ExchangeLimits): Promise<WireResponse> {
    if (limits.signal.aborted) return Promise.reject(limits.signal.reason as Error); // as the real one does, whatever the reason is
    const call = callOf(request);
    return this.#process.effect<WireResponse>(`SQS ${call.action}`, (ending) => {
      this.#carry(call, this.#once(call, limits, ending));
    });
  }

  close(): void {
    // Nothing is open.
  }

  /** An ending that comes once: by what the call brings, by its timeout, or by an abort. */
  #once(call: Call, { signal, timeout }: ExchangeLimits, ending: Ending<WireResponse>): Ending<WireResponse> {
    let isOpen = true;
    const end = (finish: () => void): void => {
      if (!isOpen) return;
      isOpen = false;
      timer.cancelled = true;
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    const onAbort = (): void => end(() => ending.reject(signal.reason));
    const timer = this.#process.timer(timeout, `SQS ${call.action}: no answer within ${timeout} ms`, () =>
      end(() => ending.reject(new TransportError('timeout', `${call.action} failed: timeout`))),
    );
    setMaxListeners(0, signal);
    signal.addEventListener('abort', onAbort, { once: true });
    return {
      resolve: (value) => end(() => ending.resolve(value)),
      reject: (error) => end(() => ending.reject(error)),
    };
  }

  #carry(call: Call, ending: Ending<WireResponse>): void {
    const fault = this.#fault();
    const there = this.#latency();
    const refuse = (name: string, status: number): void => {
      const body = { __type: `com.amazonaws.sqs#${name}`, message: `simulated ${name}` };
      this.#process.wake(there, `SQS ${call.action}: ${name}`, () => ending.resolve(answer(body, status)));
    };
    switch (fault) {
      case 'request-lost':
        return;
      case 'unavailable':
        refuse('ServiceUnavailable', 503);
        return;
      case 'throttled':
        refuse('RequestThrottled', 403);
        return;
      case 'access-denied':
        refuse('AccessDenied', 403);
        return;
      case 'answer-lost':
        this.#process.serve(there, `SQS ${call.action}`, () => void this.#serve(call, true));
        return;
      case 'entries-failed':
      case undefined:
        this.#arrive(call, there, fault === 'entries-failed', ending);
    }
  }

  #arrive(call: Call, there: number, mayFailEntries: boolean, ending: Ending<WireResponse>): void {
    this.#process.serve(there, `SQS ${call.action}`, () => {
      const waitMs = call.action === 'ReceiveMessage' ? 1_000 * call.WaitTimeSeconds : 0;
      const said = this.#serve(call, !mayFailEntries);
      if (waitMs > 0 && 'Messages' in said && said.Messages.length === 0) this.#wait(call, waitMs, ending);
      else this.#answer(call, said, ending);
    });
  }

  /** A long poll looks once more when the next message becomes visible, or gives up. */
  #wait(call: Call, waitMs: number, ending: Ending<WireResponse>): void {
    const { now } = this.#process.scheduler;
    let next = Number.POSITIVE_INFINITY;
    for (const { visibleAt } of this.#sqs.messages)
      if (visibleAt > now) next = Math.min(next, visibleAt - now);
    this.#process.serve(Math.min(next, waitMs), `SQS ${call.action}, waited`, () =>
      this.#answer(call, this.#serve(call, true), ending),
    );
  }

  #answer(call: Call, said: object, ending: Ending<WireResponse>): void {
    this.#process.wake(this.#latency(), `SQS ${call.action} answered`, () => ending.resolve(answer(said)));
  }

  #serve(call: Call, allEntries: boolean): { readonly Messages: readonly unknown[] } | object {
    if (call.action === 'ReceiveMessage') {
      const { MaxNumberOfMessages, VisibilityTimeout } = call;
      const messages = this.#sqs.receive(this.#process, MaxNumberOfMessages, VisibilityTimeout * 1_000);
      return { Messages: messages.map(wireMessage) };
    }
    const Failed: { Id: string; Code: string; SenderFault: boolean }[] = [];
    const Successful: { Id: string }[] = [];
    for (const [index, { Id }] of call.Entries.entries()) {
      const fails = !allEntries && this.#dice.chance(0.5);
      const problem = fails ? 'InternalError' : this.#serveEntry(call, index);
      if (problem === undefined) Successful.push({ Id });
      else Failed.push({ Id, Code: problem, SenderFault: problem !== 'InternalError' });
    }
    return { Successful, Failed };
  }

  #serveEntry(call: Exclude<Call, { action: 'ReceiveMessage' }>, index: number): string | undefined {
    switch (call.action) {
      case 'DeleteMessageBatch': {
        const handle = handleOf(call.Entries[index]?.ReceiptHandle);
        this.#sqs.delete(handle.id, handle.serial);
        return undefined;
      }
      case 'ChangeMessageVisibilityBatch': {
        const entry = call.Entries[index];
        const handle = handleOf(entry?.ReceiptHandle);
        return this.#sqs.changeVisibility(handle.id, handle.serial, 1_000 * (entry?.VisibilityTimeout ?? 0));
      }
      case 'SendMessageBatch': {
        const { MessageBody: body = '', MessageAttributes = {} } = call.Entries[index] ?? {};
        if (call.QueueUrl === NOTICE_QUEUE_URL) {
          this.#observer.onNotice((JSON.parse(body) as { jobId: string }).jobId); // as it is published
          return undefined;
        }
        const text = (name: string): string => MessageAttributes[name]?.StringValue ?? '';
        // Only the adapter for jobs sends here, and its reasons are of that type.
        const reason = text('docjob-reason') as DeadLetterReason;
        const firstSeenAt = Date.parse(text('docjob-first-seen-at'));
        this.#sqs.bury(this.#subjects.get(body) ?? body, body, reason, firstSeenAt);
        return undefined;
      }
    }
  }

  #fault(): QueueFault | undefined {
    const { faultRate, until } = this.#plan;
    if (this.#process.scheduler.now >= until || !this.#dice.chance(faultRate)) return undefined;
    const fault = this.#dice.pick(FAULTS);
    this.#observer.onFault(`queue-${fault}`);
    return fault;
  }
}

function callOf({ headers, body }: WireRequest): Call {
  const action = headers['x-amz-target']?.replace(/^AmazonSQS\./, '');
  const input = JSON.parse(Buffer.from(body ?? []).toString('utf8')) as object; // the client sends an object
  return v.parse(Call, { ...input, action });
}

function answer(content: object, status = 200): WireResponse {
  return {
    status,
    headers: { 'x-amzn-requestid': 'sqs-request' },
    body: Buffer.from(JSON.stringify(content), 'utf8'),
  };
}

const wireMessage = ({ id, serial, body, sentAt }: Message): unknown => ({
  MessageId: id,
  ReceiptHandle: `${id} ${serial}`,
  Body: body,
  MD5OfBody: createHash('md5').update(body, 'utf8').digest('hex'),
  Attributes: { SentTimestamp: String(Math.floor(sentAt)) },
});

function handleOf(text = ''): { readonly id: string; readonly serial: number } {
  const [id = '', serial = ''] = text.split(' ');
  return { id, serial: Number(serial) };
}
