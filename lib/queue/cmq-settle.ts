import pMap from 'p-map';
import { DocjobError } from '../domain/docjob-error.js';
import { before, epochMs, millis, type EpochMs, type Millis } from '../domain/units.js';
import { splitIntoBatches } from './batches.js';
import type { CmqClient } from './cmq-client.js';
import { cmqDeadLetterBody } from './cmq-dead-letter.js';
import {
  CONCURRENT_CALLS,
  deleteMessages,
  SEND_BATCH,
  sendMessages,
  type Errors,
  type SendOptions,
} from './cmq-messages.js';
import { jobKey, successorOf, type Order, type Successors } from './cmq-successors.js';
import { delaySeconds } from './cmq-times.js';
import { formatMessage } from './message.js';
import type { JobLease, Lease, Outcome, PendingJob } from './pending-queue.js';
import type { CmqAddress } from './queue-url.js';

/** What settling a lease takes. */
export interface Delivery {
  readonly lease: Lease;
  readonly receiptHandle: string;
  readonly body: string;
  /** When it was received, in the order of the run. */
  readonly order: Order;
}

/** A delivery and how it ends. */
export interface Ending {
  readonly delivery: Delivery;
  readonly outcome: Outcome;
}

/** Where and how to settle. */
export interface SettleTarget {
  readonly client: CmqClient;
  readonly queue: CmqAddress;
  readonly deadLetters: CmqAddress;
  readonly successors: Successors;
  readonly longestDelay: Millis;
  /** What a delete gets after a send: a send that would end later than this before the end of its lease is not made. */
  readonly deleteTime: Millis;
}

/**
 * Ends deliveries. Done: deleted. Look again: a delayed copy is sent, then the original deleted; the copies of a job that the run holds become one.
 * Dead letter: sent there, then deleted. What was not sent is not deleted. Tells for each, in order, what went wrong with it, or undefined.
 */
export async function settleDeliveries(endings: readonly Ending[], target: SettleTarget): Promise<Errors> {
  const { successors } = target;
  for (const { delivery, outcome } of endings) {
    if (outcome.kind === 'done' && delivery.lease.kind === 'job') successors.done(delivery.lease);
  }
  const settling = new Settling(target);
  const gone: Delivery[] = [];
  const relayed: Relayed[] = [];
  const buried: Buried[] = [];
  for (const { delivery, outcome } of endings) {
    if (outcome.kind === 'done' || isDone(delivery, successors)) gone.push(delivery);
    else if (outcome.kind === 'look-again') relayed.push({ delivery, delay: outcome.delay });
    else buried.push({ delivery, outcome });
  }
  await Promise.all([settling.remove(gone), settling.relay(relayed), settling.bury(buried)]);
  return endings.map(({ delivery }) => settling.errors.get(delivery));
}

/** Whether the job's manifest is there, so that a copy of it needs no more than a delete, whatever its own look brought. */
function isDone({ lease }: Delivery, successors: Successors): boolean {
  return lease.kind === 'job' && successors.isDone(lease);
}

/** Whether another copy of the job goes on for this one. */
function isReplaced({ lease, order }: Delivery, successors: Successors): boolean {
  return lease.kind === 'job' && successors.hasSuccessor(lease, order);
}

interface Relayed {
  readonly delivery: Delivery;
  readonly delay: Millis;
}

interface Buried {
  readonly delivery: Delivery;
  readonly outcome: Extract<Outcome, { kind: 'dead-letter' }>;
}

/** Something to send for some deliveries, which are deleted once it is there. */
interface Parcel {
  readonly body: string;
  readonly replaces: readonly Delivery[];
  /** The job that goes on in it. */
  readonly job?: PendingJob;
}

/** One settlement under way. */
class Settling {
  readonly errors = new Map<Delivery, DocjobError | undefined>();
  readonly #target: SettleTarget;

  constructor(target: SettleTarget) {
    this.#target = target;
  }

  async remove(deliveries: readonly Delivery[]): Promise<void> {
    const { client, queue } = this.#target;
    const handles = deliveries.map(({ receiptHandle }) => receiptHandle);
    const found = await deleteMessages(client, queue, handles);
    for (const [index, delivery] of deliveries.entries()) this.errors.set(delivery, found[index]);
  }

  /** Sends one successor for all the copies of a job, due when the first of them would be. Settlements of one run may overlap: none sends a second one. */
  async relay(relayed: readonly Relayed[]): Promise<void> {
    const { successors, longestDelay, queue } = this.#target;
    const leases = relayed.map(({ delivery }) => delivery.lease);
    for (let other = successors.onItsWay(leases); other; other = successors.onItsWay(leases)) await other;

    // From here until the sends are under way nothing is waited for.
    const replaced = relayed.filter(({ delivery }) => isReplaced(delivery, successors));
    const byJob = grouped(
      relayed.filter((one) => !replaced.includes(one)),
      ({ delivery: { lease, receiptHandle } }) => (lease.kind === 'job' ? jobKey(lease.job) : receiptHandle),
    );
    const parcels = [...byJob.values()].map((group) => {
      const replaces = group.map(({ delivery }) => delivery);
      const delay = millis(Math.min(...group.map((one) => one.delay)));
      const jobs = replaces.map(({ lease }) => lease).filter(isJob);
      const copy = copyOf(group[0].delivery.body, jobs);
      return { ...copy, delaySeconds: delaySeconds(delay, longestDelay), replaces };
    });
    const byDelay = grouped(parcels, (parcel) => parcel.delaySeconds);
    // Not repeated when the answer is lost: the original is still there, and comes back.
    const sending = this.#sendAll(byDelay, { queue, once: true });
    for (const { job } of parcels) if (job !== undefined) successors.sending(job, sending);
    await this.remove([...replaced.map(({ delivery }) => delivery), ...(await sending)]);
  }

  async bury(buried: readonly Buried[]): Promise<void> {
    const letters = buried.map(({ delivery, outcome }): Parcel => {
      const { lease, body } = delivery;
      const message = { id: lease.id, body, firstSeenAt: lease.firstSeenAt };
      return { body: cmqDeadLetterBody(message, outcome), replaces: [delivery] };
    });
    const queue = this.#target.deadLetters;
    await this.remove(await this.#sendAll(new Map([[0, letters]]), { queue, once: false }));
  }

  /** Sends parcels in batches, by the delays in seconds that they are for. Gives the deliveries that are replaced. */
  async #sendAll(
    byDelay: ReadonlyMap<number, readonly Parcel[]>,
    how: Pick<SendOptions, 'queue' | 'once'>,
  ): Promise<readonly Delivery[]> {
    const batches = [...byDelay].flatMap(([delaySeconds, parcels]) =>
      splitIntoBatches(parcels, ({ body }) => Buffer.byteLength(body), SEND_BATCH).map((batch) => ({
        batch,
        delaySeconds,
      })),
    );
    const arrived = await pMap(
      batches,
      async ({ batch, delaySeconds }) => {
        const error = await this.#send(batch, { ...how, delaySeconds });
        const deliveries = batch.flatMap(({ replaces }) => replaces);
        for (const delivery of deliveries) this.errors.set(delivery, error);
        return error === undefined ? deliveries : [];
      },
      { concurrency: CONCURRENT_CALLS },
    );
    return arrived.flat();
  }

  /** Sends a batch, and remembers the successors in it. Gives what went wrong. */
  async #send(
    batch: readonly Parcel[],
    how: Pick<SendOptions, 'queue' | 'once' | 'delaySeconds'>,
  ): Promise<DocjobError | undefined> {
    const { client, successors, deleteTime } = this.#target;
    const order = successors.next();
    const bodies = batch.map(({ body }) => body);
    const deadline = before(firstEnd(batch), deleteTime);
    try {
      await sendMessages(client, bodies, { ...how, deadline });
    } catch (error) {
      if (error instanceof DocjobError) return error;
      throw error;
    }
    for (const { job } of batch) if (job !== undefined) successors.sent(job, order);
    return undefined;
  }
}

/** When the first of the leases ends that a batch is sent for. */
function firstEnd(batch: readonly Parcel[]): EpochMs {
  return epochMs(Math.min(...batch.flatMap(({ replaces }) => replaces.map(({ lease }) => lease.until))));
}

/** What goes on for the copies of one job; without any, for a message that holds none, its body as it is. */
function copyOf(body: string, [first, ...others]: readonly JobLease[]): Pick<Parcel, 'body' | 'job'> {
  if (first === undefined) return { body };
  const job = successorOf([first, ...others]);
  return { body: formatMessage(job), job };
}

/** By their keys, in the order of each key's first. (`Map.groupBy` needs Node 21.) */
function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly [T, ...T[]]> {
  const groups = new Map<K, [T, ...T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function isJob(lease: Lease): lease is JobLease {
  return lease.kind === 'job';
}
