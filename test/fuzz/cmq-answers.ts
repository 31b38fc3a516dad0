import type { Transport, WireResponse } from '../../lib/cos/transport.js';
import { after, minutes, seconds } from '../../lib/domain/units.js';
import { openCmqQueue } from '../../lib/queue/cmq.js';
import { DEFAULT_CMQ_SETTINGS } from '../../lib/queue/cmq-times.js';
import type { Lease, Outcome, PendingQueue, Settlement } from '../../lib/queue/pending-queue.js';
import { QueueError } from '../../lib/queue/queue-error.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { JOB_ID } from '../doc-jobs/answers.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START, VirtualClock } from '../support/virtual-clock.js';
import type { Target } from './campaign.js';
import { check, checkDeliberate, checkPrototypes } from './check.js';
import { mutatedJson } from './hostile-json.js';
import { mutated } from './mutators.js';
import type { Random } from './random.js';

const TOKEN = 'the-token-that-no-message-repeats';

const OUTCOMES: [Outcome, ...Outcome[]] = [
  { kind: 'done' },
  { kind: 'look-again', delay: seconds(30) },
  { kind: 'look-again', delay: minutes(5) },
  { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' },
];

const CODES: [number, ...number[]] = [4000, 4100, 4200, 4300, 4410, 4430, 4440, 6000, 6010, 6020, 7000, -1];

/** Opens the queue that is looked at; tests plant bugs in it. */
export type OpenQueue = typeof openCmqQueue;

/** Mutated answers of CMQ's data plane: what is leased, and that nothing is deleted, or said to be, without a reason. */
export const cmqAnswersTarget = (open: OpenQueue = openCmqQueue): Target => ({
  name: 'cmq-answers',
  run: async (random) => {
    const service = new HostileService(random);
    const outcome = await outcomeOf(openOn(service, open, random), service, random);
    checkPrototypes();
    return { outcome, inputBytes: service.answeredBytes };
  },
});

function openOn(service: HostileService, open: OpenQueue, random: Random): PendingQueue {
  const clock = new VirtualClock(START);
  const address = (queueName: string) => ({
    kind: 'cmq' as const,
    url: `cmq://ap-guangzhou/${queueName}`,
    queueName,
    origin: 'https://cmq-gz.public.tencenttdmq.com',
  });
  return open(
    {
      queue: address('jobs'),
      deadLetters: address('dead'),
      settings: DEFAULT_CMQ_SETTINGS,
      defaults: SOURCE,
      requestTimeout: seconds(5),
    },
    {
      clock,
      log: jsonLog({
        level: 'debug',
        now: () => clock.now(),
        write: (line) => check(line.length <= 2_000, 'a log line is short'),
      }),
      random: () => random.below(1_000) / 1_000,
      transport: service,
      credentials: () => ({ secretId: 'AKIDfuzz', secretKey: 'key', token: TOKEN }),
      deadline: after(START, minutes(1)),
    },
  );
}

async function outcomeOf(queue: PendingQueue, service: HostileService, random: Random): Promise<string> {
  let leases: readonly Lease[];
  try {
    leases = await queue.lease({ max: 16, holdUntil: after(START, minutes(1)), wait: seconds(3) });
  } catch (error) {
    checkRefusal(error);
    return `no lease: ${error.code}`;
  }
  if (leases.length === 0) return 'nothing there';
  for (const lease of leases) {
    check(Number.isSafeInteger(lease.firstSeenAt), 'a lease was seen at some time');
    check(Number.isSafeInteger(lease.until), 'a lease ends at some time');
    check(lease.id.length <= 100, 'the ID of a lease is short');
    check(
      service.handedOut.some(({ id }) => id === lease.id),
      'a lease is of a message that was handed out',
    );
  }
  const settlements = leases.map((lease): Settlement => ({ lease, outcome: random.pick(OUTCOMES) }));
  for (const { lease, outcome } of settlements) {
    if (outcome.kind !== 'done') continue;
    service.done.add(lease.id);
    if (lease.kind === 'job') service.done.add(lease.job.jobId);
  }
  const results = await queue.settle(settlements);
  check(results.length === settlements.length, 'each settlement has its result');
  const kinds = results.map((result, index) => {
    check(result.settlement === settlements[index], 'results are in order');
    if (!result.ok) {
      checkRefusal(result.error);
      return 'kept';
    }
    check(service.saysItIsGone(result.settlement.lease.id), 'what is settled was deleted');
    return result.settlement.outcome.kind;
  });
  return [...new Set(kinds)].sort().join(', ');
}

function checkRefusal(error: unknown): asserts error is QueueError {
  checkDeliberate(error);
  check(error instanceof QueueError, 'a queue fails with a QueueError');
  check(!error.message.includes(TOKEN), 'no message repeats the token');
}

interface HandedOut {
  readonly id: string;
  readonly body: string;
  readonly handle: string;
}

/** A service that answers with anything, and remembers what its answers mean to who reads them literally. */
class HostileService implements Transport {
  answeredBytes = 0;
  /** Messages that are done, and their jobs, so that other copies of these need nothing to go on. */
  readonly done = new Set<string>();
  readonly handedOut: HandedOut[] = [];
  readonly #sent: string[] = [];
  readonly #gone = new Set<string>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  exchange({ body }: Parameters<Transport['exchange']>[0]): Promise<WireResponse> {
    const form = new URLSearchParams(Buffer.from(body ?? []).toString('utf8'));
    const answer = this.#answerTo(form);
    this.#note(form, answer);
    this.answeredBytes += answer.body.length;
    return Promise.resolve(answer);
  }

  close(): void {
    // There is no connection.
  }

  /** Whether an answer said so of all messages with this ID. */
  saysItIsGone(id: string): boolean {
    return this.handedOut.filter((message) => message.id === id).some(({ handle }) => this.#gone.has(handle));
  }

  #answerTo(form: URLSearchParams): WireResponse {
    const random = this.#random;
    const fields = random.oneIn(6)
      ? { code: random.pick(CODES), message: `(10${random.below(1_000)}) ${TOKEN}`, requestId: 'r1' }
      : { code: 0, message: '', requestId: 'r1', clientRequestId: 1, ...this.#success(form) };
    const isWhole = random.oneIn(2);
    const text = JSON.stringify(isWhole ? fields : mutatedJson(fields, random));
    const statuses: [number, ...number[]] = [400, 401, 403, 429, 500, 503, 204];
    return {
      status: random.oneIn(12) ? random.pick(statuses) : 200,
      headers: random.oneIn(3) ? {} : { date: new Date(START).toUTCString() },
      body: Buffer.from(random.oneIn(12) ? mutated(text, random, text).body : text, 'utf8'),
    };
  }

  #success(form: URLSearchParams): object {
    switch (form.get('Action')) {
      case 'BatchReceiveMessage':
        return { msgInfoList: Array.from({ length: this.#random.below(5) + 1 }, () => this.#message()) };
      case 'SendMessage':
        return { msgId: 'm' };
      case 'BatchSendMessage':
        return { msgList: numbered(form, 'msgBody').map((_, index) => ({ msgId: `m${index}` })) };
      default: {
        const failed = numbered(form, 'receiptHandle').filter(() => this.#random.oneIn(3));
        if (failed.length === 0 || this.#random.oneIn(2)) return {};
        const entry = (receiptHandle: string) => ({ code: 4430, message: 'lost', receiptHandle });
        return { code: 6010, errorList: failed.map(entry) };
      }
    }
  }

  #message(): object {
    const random = this.#random;
    const number = random.below(1_000_000);
    const job = { jobId: `${JOB_ID.slice(0, -1)}${random.below(3)}`, ...SOURCE };
    return {
      msgId: `id-${number}`,
      msgBody: random.oneIn(8) ? random.pick(['', '{', 'no job', '[]']) : JSON.stringify(job),
      receiptHandle: `handle-${number}`,
      enqueueTime: START / 1_000 - random.below(600),
      nextVisibleTime: START / 1_000 + 30,
      dequeueCount: 1,
    };
  }

  /** What the answer says, read by other means than the client's. */
  #note(form: URLSearchParams, { status, body }: WireResponse): void {
    const answer = objectIn(body);
    const isSuccess = answer['code'] === 0 && status >= 200 && status < 300;
    const action = form.get('Action');
    if (action === 'BatchReceiveMessage') {
      if (isSuccess) this.handedOut.push(...handedOutIn(answer));
      return;
    }
    if (action !== 'BatchDeleteMessage') {
      if (isSuccess) this.#sent.push(...numbered(form, 'msgBody'), form.get('msgBody') ?? '');
      return;
    }
    const failed = listIn(answer, 'errorList').filter((entry) => entry['code'] !== 0);
    for (const handle of numbered(form, 'receiptHandle')) {
      this.#checkDelete(handle);
      const isTold = failed.some((entry) => entry['receiptHandle'] === handle);
      const isPart = answer['code'] === 6010 && failed.length > 0;
      if ((isSuccess || isPart) && !isTold) this.#gone.add(handle);
    }
  }

  /** What is deleted goes on elsewhere, or is done. */
  #checkDelete(handle: string): void {
    const messages = this.handedOut.filter((message) => message.handle === handle);
    check(messages.length > 0, 'only what was handed out is deleted');
    const isSafe = messages.some(({ id, body }) => {
      const jobId = /"jobId":"([^"]*)"/.exec(body)?.[1];
      if (this.done.has(id) || (jobId !== undefined && this.done.has(jobId))) return true;
      return this.#sent.some(
        (sent) => sent === body || sent.includes(jobId ?? JSON.stringify(body.trim()).slice(1, -1)),
      );
    });
    check(isSafe, 'nothing is deleted before it goes on elsewhere, or is done');
  }
}

function handedOutIn(answer: Readonly<Record<string, unknown>>): readonly HandedOut[] {
  return listIn(answer, 'msgInfoList').map((message) => ({
    id: String(message['msgId']).slice(0, 100),
    body: String(message['msgBody']),
    handle: String(message['receiptHandle']),
  }));
}

function listIn(
  answer: Readonly<Record<string, unknown>>,
  name: string,
): readonly Readonly<Record<string, unknown>>[] {
  const list = answer[name];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function objectIn(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function numbered(form: URLSearchParams, name: string): readonly string[] {
  return [...form].filter(([key]) => key.startsWith(`${name}.`)).map(([, value]) => value);
}
