import type { Doorbell } from '../sqs/doorbell.js';
import { failingEntries, type CmqFault } from './faults.js';
import type { Form } from './form.js';
import type { LocalCmqQueue, Received } from './queue.js';
import { CmqRefusal } from './refusal.js';

/** What an action works with. */
export interface ActionContext {
  readonly queues: ReadonlyMap<string, LocalCmqQueue>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Rung whenever messages may have become visible. */
  readonly doorbell: Doorbell;
  /** Whether nobody waits for the answer any more. */
  readonly isAbandoned: () => boolean;
  readonly fault: CmqFault | undefined;
  /** Whether answers tell when a message is visible next. */
  readonly tellsNextVisibleTime: boolean;
}

/** What an action answers beside code 0, or with a code of its own. */
type ActionResult = Readonly<Record<string, unknown>>;

/** An action and the parameters that it takes, all others being refused. */
interface Action {
  readonly parameters: readonly string[];
  readonly run: (form: Form, context: ActionContext) => ActionResult | Promise<ActionResult>;
}

/** Sixteen messages in a batch, 64 KB of bodies in all (TDMQ-CMQ, BatchSendMessage and its siblings). */
const MAX_ENTRIES = 16;
const MAX_BATCH_BYTES = 65_536;

/** A delay beyond the twelve hours that a message can be unacknowledged is never of use. */
const MAX_DELAY_SECONDS = 43_200;

/** CreateCmqQueue: at most 64 characters, a letter first. */
const QUEUE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** The queue part of the data plane. */
export const ACTIONS = {
  SendMessage: {
    parameters: ['queueName', 'msgBody', 'delaySeconds'],
    run: (form, context) => {
      const queue = queueOf(form, context);
      const { id } = queue.send(form.optionalText('msgBody') ?? '', delayOf(form), context.now());
      context.doorbell.ring();
      return { msgId: id };
    },
  },
  BatchSendMessage: {
    parameters: ['queueName', 'msgBody.n', 'delaySeconds'],
    run: (form, context) => {
      const queue = queueOf(form, context);
      const bodies = form.list('msgBody', MAX_ENTRIES);
      const bytes = bodies.map((body) => Buffer.byteLength(body, 'utf8'));
      if (bytes.some((one) => one > queue.settings.maxMsgSize)) throw new CmqRefusal('MessageSize');
      if (bodies.includes('')) throw new CmqRefusal('EmptyBody');
      if (bytes.reduce((sum, one) => sum + one, 0) > MAX_BATCH_BYTES) throw new CmqRefusal('TotalSize');
      const delay = delayOf(form);
      const msgList = bodies.map((body) => ({ msgId: queue.send(body, delay, context.now()).id }));
      context.doorbell.ring();
      return { msgList };
    },
  },
  BatchReceiveMessage: {
    parameters: ['queueName', 'numOfMsg', 'pollingWaitSeconds'],
    run: async (form, context) => {
      const queue = queueOf(form, context);
      const max = form.integer('numOfMsg', 1, MAX_ENTRIES);
      const received = await receive(queue, max, form, context);
      return { msgInfoList: received.map((one) => describe(one, context)) };
    },
  },
  BatchDeleteMessage: {
    parameters: ['queueName', 'receiptHandle.n'],
    run: (form, context) => {
      const queue = queueOf(form, context);
      const failing = failingEntries(context.fault);
      const handles = form.list('receiptHandle', MAX_ENTRIES);
      const errorList = handles.flatMap((receiptHandle, position) => {
        const error = failing.get(position) ?? refusalOf(() => queue.delete(receiptHandle, context.now()));
        return error === undefined ? [] : [{ code: error.code, message: error.message, receiptHandle }];
      });
      if (errorList.length === 0) return {};
      const { code, message } = new CmqRefusal(
        errorList.length < handles.length ? 'PartlyDeleted' : 'NotDeleted',
      );
      return { code, message, errorList };
    },
  },
} as const satisfies Record<string, Action>;

/** An action that is emulated. */
export type ActionName = keyof typeof ACTIONS;

export function isAction(name: string): name is ActionName {
  return Object.hasOwn(ACTIONS, name);
}

/** Waits for a first message up to the wait that was asked for, or until nobody waits any more: such a call takes nothing. */
async function receive(
  queue: LocalCmqQueue,
  max: number,
  form: Form,
  { queues, now, doorbell, isAbandoned, fault }: ActionContext,
): Promise<readonly Received[]> {
  const wait = form.optionalInteger('pollingWaitSeconds', 0, 30) ?? queue.settings.pollingWaitSeconds;
  const deadLetters = queues.get(queue.settings.deadLetter?.queueName ?? '');
  const deadline = now() + wait * 1_000;
  while (!isAbandoned()) {
    const received = queue.receive(max, now(), deadLetters, fault?.kind === 'deliver-twice');
    if (received.length > 0) return received;
    if (now() >= deadline) break;
    await doorbell.wait(Math.min(deadline, queue.nextVisibleAt(now())) - now());
  }
  throw new CmqRefusal('NoMessage');
}

function describe({ message, handle }: Received, { tellsNextVisibleTime }: ActionContext): object {
  return {
    msgId: message.id,
    msgBody: message.body,
    receiptHandle: handle,
    enqueueTime: Math.floor(message.sentAt / 1_000),
    ...(tellsNextVisibleTime ? { nextVisibleTime: message.visibleAt / 1_000 } : {}),
    // Reserved in TDMQ-CMQ: nobody may rely on them.
    firstDequeueTime: 0,
    dequeueCount: 0,
  };
}

function queueOf(form: Form, { queues }: ActionContext): LocalCmqQueue {
  const name = form.text('queueName');
  if (!QUEUE_NAME.test(name)) throw new CmqRefusal('QueueName', name);
  const queue = queues.get(name);
  if (queue === undefined) throw new CmqRefusal('NoQueue', name);
  return queue;
}

function delayOf(form: Form): number {
  const text = form.optionalText('delaySeconds') ?? '0';
  if (!/^\d+$/.test(text) || Number(text) > MAX_DELAY_SECONDS) throw new CmqRefusal('DelayOutOfRange', text);
  return Number(text);
}

function refusalOf(act: () => void): CmqRefusal | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof CmqRefusal) return error;
    throw error;
  }
}
