import pMap from 'p-map';
import * as v from 'valibot';
import { DocjobError } from '../domain/docjob-error.js';
import type { EpochMs } from '../domain/units.js';
import type { BatchLimits } from './batches.js';
import { OK, readFields, type CmqAnswer } from './cmq-answer.js';
import type { CmqCall, CmqClient } from './cmq-client.js';
import { cmqAnswerError, cmqEntryError } from './cmq-errors.js';
import type { CmqParameters } from './cmq-signing.js';
import type { CmqAddress } from './queue-url.js';

/** What a batch of sends can have (TDMQ-CMQ, BatchSendMessage: 16 messages of 64 KB together). */
export const SEND_BATCH: BatchLimits = { entries: 16, bytes: 65_536 };

/** What a batch of deletes, or a receive, can have (BatchDeleteMessage, BatchReceiveMessage). */
export const MAX_ENTRIES = 16;

/** Calls under way at a time: enough for a settlement of ten messages with ten delays to take two calls' time, few enough for a small function. */
export const CONCURRENT_CALLS = 8;

/** For each item of a list what went wrong with it, or undefined. */
export type Errors = readonly (DocjobError | undefined)[];

/** How to send. */
export type SendOptions = Pick<CmqCall, 'queue' | 'deadline' | 'once'> & { readonly delaySeconds: number };

const Sent = v.object({ msgId: v.string() });

/** Sends at most a batch. A batch of one goes by itself, since a message alone may be larger. @throws DocjobError when it is not known to be there. */
export async function sendMessages(
  client: CmqClient,
  bodies: readonly string[],
  { delaySeconds, ...rest }: SendOptions,
): Promise<void> {
  const only = bodies.length === 1 ? bodies[0] : undefined;
  const call: CmqCall = {
    ...rest,
    action: only === undefined ? 'BatchSendMessage' : 'SendMessage',
    parameters: {
      ...(only === undefined ? numbered('msgBody', bodies) : { msgBody: only }),
      delaySeconds: String(delaySeconds),
    },
  };
  const asked = { action: call.action, queueUrl: call.queue.url };
  await client.call(call, (answer) => {
    const ids =
      only === undefined
        ? readFields(answer, v.object({ msgList: v.array(Sent) }), asked).msgList
        : [readFields(answer, Sent, asked)];
    if (answer.code !== OK || ids.length !== bodies.length) {
      throw cmqAnswerError('an answer about other messages', asked, { requestId: answer.requestId });
    }
  });
}

const DeleteFailures = v.object({
  errorList: v.optional(
    v.array(
      v.object({
        code: v.pipe(v.number(), v.integer()),
        message: v.optional(v.string(), ''),
        receiptHandle: v.string(),
      }),
    ),
    [],
  ),
});

/** Deletes messages by their handles, in batches; a failure that may pass is tried once more. Tells for each what went wrong with it. Does not throw. */
export async function deleteMessages(
  client: CmqClient,
  queue: CmqAddress,
  handles: readonly string[],
): Promise<Errors> {
  const errors = new Map<string, DocjobError | undefined>();
  await pMap(
    batchesOf(handles),
    async (batch) => {
      const first = await deleteBatch(client, queue, batch);
      const again = batch.filter((handle) => first.get(handle)?.isPassing === true);
      const second = again.length === 0 ? first : await deleteBatch(client, queue, again);
      for (const handle of batch) {
        errors.set(handle, (again.includes(handle) ? second : first).get(handle)?.error);
      }
    },
    { concurrency: CONCURRENT_CALLS },
  );
  return handles.map((handle) => errors.get(handle));
}

/** As many of them at a time as a delete can have. */
function batchesOf(handles: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(handles.length / MAX_ENTRIES);
  return Array.from({ length: count }, (_, index) =>
    handles.slice(index * MAX_ENTRIES, (index + 1) * MAX_ENTRIES),
  );
}

interface DeleteFailure {
  readonly error: DocjobError;
  /** The entry failed, through no fault of ours; the client has not tried again. */
  readonly isPassing: boolean;
}

/** The failures of one batch, by handle. A batch that failed in part or as a whole, and does not say of which entries, counts as failed. */
async function deleteBatch(
  client: CmqClient,
  queue: CmqAddress,
  handles: readonly string[],
): Promise<ReadonlyMap<string, DeleteFailure>> {
  const action = 'BatchDeleteMessage';
  const asked = { action, queueUrl: queue.url };
  const read = (answer: CmqAnswer): ReadonlyMap<string, DeleteFailure> => {
    const { errorList } = readFields(answer, DeleteFailures, asked);
    const told = new Map(
      errorList
        .filter(({ code, receiptHandle }) => code !== OK && handles.includes(receiptHandle))
        .map((entry) => {
          const error = cmqEntryError(entry, asked, answer.requestId);
          return [entry.receiptHandle, { error, isPassing: error.disposition === 'transient' }];
        }),
    );
    const isUntold = answer.code === ALL_FAILED || (answer.code !== OK && told.size === 0);
    if (!isUntold) return told;
    const error = cmqAnswerError(`code ${answer.code} without this message`, asked, answer);
    return new Map(handles.map((handle) => [handle, told.get(handle) ?? { error, isPassing: true }]));
  };
  try {
    return await client.call({ action, queue, parameters: numbered('receiptHandle', handles) }, read);
  } catch (error) {
    if (!(error instanceof DocjobError)) throw error;
    return new Map(handles.map((handle) => [handle, { error, isPassing: false }]));
  }
}

/** BatchDeleteMessage: not one of the messages was deleted. */
const ALL_FAILED = 6020;

/** A moment in whole seconds since 1970, as far as it is one: anything else, milliseconds among it, is not believed. */
const Moment = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(99_999_999_999));

const Received = v.object({
  msgInfoList: v.array(
    v.object({
      msgId: v.string(),
      msgBody: v.string(),
      receiptHandle: v.pipe(v.string(), v.minLength(1)),
      enqueueTime: v.fallback(v.optional(Moment), undefined),
      nextVisibleTime: v.fallback(v.optional(Moment), undefined),
    }),
  ),
});

/** A message as the service handed it out. Times are by its clock, in seconds. */
export type ReceivedMessage = v.InferOutput<typeof Received>['msgInfoList'][number];

/** What a receive brought, and when. */
export interface Receipt {
  readonly messages: readonly ReceivedMessage[];
  readonly sentAt: EpochMs;
  readonly serverDate: EpochMs | undefined;
}

/** Takes messages; none where the service has none. @throws what {@link CmqClient.call} throws. */
export function receiveMessages(
  client: CmqClient,
  call: Pick<CmqCall, 'queue' | 'wait' | 'signal'> & { readonly parameters: CmqParameters },
): Promise<Receipt> {
  const action = 'BatchReceiveMessage';
  const asked = { action, queueUrl: call.queue.url };
  return client.call({ ...call, action }, (answer) => {
    const { sentAt, serverDate } = answer;
    if (answer.code !== OK) return { messages: [], sentAt, serverDate };
    return { messages: readFields(answer, Received, asked).msgInfoList, sentAt, serverDate };
  });
}

/** `name.0`, `name.1`, …: how a list is passed. */
function numbered(name: string, values: readonly string[]): CmqParameters {
  return Object.fromEntries(values.map((value, index) => [`${name}.${index}`, value]));
}
