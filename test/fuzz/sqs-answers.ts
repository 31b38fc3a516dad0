import { createHash } from 'node:crypto';
import type { Transport, WireResponse } from '../../lib/cos/transport.js';
import { after, minutes, seconds } from '../../lib/domain/units.js';
import type { Lease, Outcome, PendingQueue, Settlement } from '../../lib/queue/pending-queue.js';
import { QueueError } from '../../lib/queue/queue-error.js';
import { openSqsQueue } from '../../lib/queue/sqs.js';
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

const URL_OF_JOBS = 'https://sqs.eu-central-1.amazonaws.com/123456789012/jobs';
const URL_OF_DEAD = 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead';

const OUTCOMES: [Outcome, ...Outcome[]] = [
  { kind: 'done' },
  { kind: 'look-again', delay: seconds(30) },
  { kind: 'look-again', delay: minutes(5) },
  { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' },
];

const NAMES: [string, ...string[]] = [
  'com.amazonaws.sqs#QueueDoesNotExist',
  'RequestThrottled',
  'AccessDeniedException',
  'InvalidSignatureException',
  'com.amazon.coral.service#RequestExpired',
  'InternalFailure',
  'Odd',
  '',
];

/** Opens the queue that is looked at; tests plant bugs in it. */
export type OpenQueue = (...given: Parameters<typeof openSqsQueue>) => PendingQueue;

/** Mutated answers of SQS: what is leased, and that nothing is deleted, or said to be settled, without a reason. */
export const sqsAnswersTarget = (open: OpenQueue = openSqsQueue): Target => ({
  name: 'sqs-answers',
  run: async (random) => {
    const service = new HostileSqs(random);
    const outcome = await outcomeOf(openOn(service, open, random), service, random);
    checkPrototypes();
    return { outcome, inputBytes: service.answeredBytes };
  },
});

function openOn(service: HostileSqs, open: OpenQueue, random: Random): PendingQueue {
  const clock = new VirtualClock(START);
  return open(
    {
      queueUrl: URL_OF_JOBS,
      deadLetterQueueUrl: URL_OF_DEAD,
      region: 'eu-central-1',
      endpoint: 'https://sqs.eu-central-1.amazonaws.com',
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
      credentials: { accessKeyId: 'AKIDfuzz', secretAccessKey: 'key', sessionToken: TOKEN },
      deadline: after(START, minutes(1)),
    },
  );
}

async function outcomeOf(queue: PendingQueue, service: HostileSqs, random: Random): Promise<string> {
  let leases: readonly Lease[];
  try {
    leases = await queue.lease({ max: 10, holdUntil: after(START, minutes(1)), wait: seconds(1) });
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
      service.handedOut.some(({ id, isIntact }) => id === lease.id && isIntact),
      'a lease is of a message that was handed out as it was sent',
    );
  }
  const settlements = leases.map((lease): Settlement => ({ lease, outcome: random.pick(OUTCOMES) }));
  for (const { lease, outcome } of settlements) if (outcome.kind === 'done') service.done.add(lease.id);
  const results = await queue.settle(settlements);
  check(results.length === settlements.length, 'each settlement has its result');
  const kinds = results.map((result, index) => {
    check(result.settlement === settlements[index], 'results are in order');
    if (!result.ok) {
      checkRefusal(result.error);
      return 'kept';
    }
    const { lease, outcome } = result.settlement;
    const [said, what] =
      outcome.kind === 'look-again'
        ? ([service.hidden, 'what is looked at again was hidden'] as const)
        : ([service.gone, 'what is settled was deleted'] as const);
    check(
      service.handlesOf(lease.id).some((handle) => said.has(handle)),
      what,
    );
    return outcome.kind;
  });
  return [...new Set(kinds)].sort().join(', ');
}

function checkRefusal(error: unknown): asserts error is QueueError {
  checkDeliberate(error);
  check(error instanceof QueueError, 'a queue fails with a QueueError');
  check(!error.message.includes(TOKEN), 'no message repeats the token');
}

type Fields = Readonly<Record<string, unknown>>;

interface HandedOut {
  readonly id: string;
  readonly body: string;
  readonly handle: string;
  /** Whether its MD5, if it has one, is that of its body. */
  readonly isIntact: boolean;
}

/** An SQS that answers with anything, and remembers what its answers mean to who reads them literally. */
class HostileSqs implements Transport {
  answeredBytes = 0;
  /** IDs of messages that are done. */
  readonly done = new Set<string>();
  readonly handedOut: HandedOut[] = [];
  /** Receipt handles that an answer said were deleted, or hidden. */
  readonly gone = new Set<string>();
  readonly hidden = new Set<string>();
  readonly #sent = new Set<string>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  exchange({ headers, body }: Parameters<Transport['exchange']>[0]): Promise<WireResponse> {
    const action = headers['x-amz-target']?.replace('AmazonSQS.', '') ?? '';
    const input = objectIn(body ?? new Uint8Array());
    if (action === 'DeleteMessageBatch')
      for (const entry of listIn(input, 'Entries')) this.#checkDelete(entry);
    const answer = this.#answerTo(action, input);
    this.#note(action, input, answer);
    this.answeredBytes += answer.body.length;
    return Promise.resolve(answer);
  }

  close(): void {
    // There is no connection.
  }

  handlesOf(id: string): readonly string[] {
    return this.handedOut.filter((message) => message.id === id).map(({ handle }) => handle);
  }

  #answerTo(action: string, input: Fields): WireResponse {
    const random = this.#random;
    const isRefused = random.oneIn(6);
    const fields = isRefused
      ? { __type: random.pick(NAMES), message: `The signed headers: x-amz-security-token:${TOKEN}` }
      : this.#success(action, input);
    const text = JSON.stringify(random.oneIn(2) ? fields : mutatedJson(fields, random));
    const refused: [number, ...number[]] = [400, 403, 404, 429, 500, 503];
    const other: [number, ...number[]] = [204, 301, 400, 500];
    const headers: Record<string, string> = random.oneIn(3)
      ? {}
      : { 'x-amzn-requestid': 'r1', date: new Date(START + random.below(3) * 3_600_000).toUTCString() };
    if (random.oneIn(8)) headers['x-amzn-query-error'] = `${random.pick(NAMES)};Sender`;
    return {
      status: isRefused ? random.pick(refused) : random.oneIn(12) ? random.pick(other) : 200,
      headers,
      body: Buffer.from(random.oneIn(12) ? mutated(text, random, text).body : text, 'utf8'),
    };
  }

  #success(action: string, input: Fields): object {
    const random = this.#random;
    if (action === 'ReceiveMessage') {
      return { Messages: Array.from({ length: random.below(5) + 1 }, () => this.#message()) };
    }
    const Failed: object[] = [];
    const Successful: object[] = [];
    for (const { Id, MessageBody } of listIn(input, 'Entries')) {
      if (random.oneIn(4)) Failed.push({ Id, Code: random.pick(NAMES), SenderFault: random.oneIn(2) });
      else if (typeof MessageBody === 'string') {
        Successful.push({ Id, MD5OfMessageBody: md5(random.oneIn(6) ? 'another' : MessageBody) });
      } else Successful.push({ Id });
    }
    return { Successful, Failed };
  }

  #message(): object {
    const random = this.#random;
    const number = random.below(1_000_000);
    const job = { jobId: `${JOB_ID.slice(0, -1)}${random.below(3)}`, ...SOURCE };
    const body = random.oneIn(8) ? random.pick(['', '{', 'no job', '[]']) : JSON.stringify(job);
    return {
      MessageId: `id-${number}`,
      ReceiptHandle: `handle-${number}`,
      Body: body,
      MD5OfBody: md5(random.oneIn(6) ? 'another' : body),
      Attributes: { SentTimestamp: String(START - random.below(600_000)) },
    };
  }

  /** What the answer says, read by other means than the client's. */
  #note(action: string, input: Fields, { status, body }: WireResponse): void {
    if (status !== 200) return;
    const answer = objectIn(body);
    if (action === 'ReceiveMessage') {
      this.handedOut.push(...listIn(answer, 'Messages').map(handedOutIn));
      return;
    }
    const failed = new Set(listIn(answer, 'Failed').map(({ Id }) => Id));
    for (const { Id, ReceiptHandle, MessageBody } of listIn(input, 'Entries')) {
      const succeeded = listIn(answer, 'Successful').filter((entry) => entry['Id'] === Id && !failed.has(Id));
      if (typeof MessageBody === 'string') {
        const isSent = succeeded.some(({ MD5OfMessageBody: hash }) => isMd5Of(hash, MessageBody));
        if (isSent) this.#sent.add(MessageBody);
      } else if (succeeded.length > 0) {
        (action === 'DeleteMessageBatch' ? this.gone : this.hidden).add(String(ReceiptHandle));
      }
    }
  }

  /** What is deleted goes on in the dead letters, or is done. */
  #checkDelete({ ReceiptHandle }: Fields): void {
    const messages = this.handedOut.filter(({ handle }) => handle === ReceiptHandle);
    check(messages.length > 0, 'only what was handed out is deleted');
    check(
      messages.some(({ id, body }) => this.done.has(id) || this.#sent.has(body)),
      'nothing is deleted before it is in the dead letters, or done',
    );
  }
}

function handedOutIn(message: Fields): HandedOut {
  const body = String(message['Body']);
  return {
    id: String(message['MessageId']),
    body,
    handle: String(message['ReceiptHandle']),
    isIntact: isMd5Of(message['MD5OfBody'], body),
  };
}

/** One that is not told speaks against nothing. */
function isMd5Of(hash: unknown, text: string): boolean {
  return hash === undefined || hash === null || hash === md5(text);
}

function md5(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex');
}

function listIn(fields: Fields, name: string): readonly Fields[] {
  const list = fields[name];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function objectIn(body: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
