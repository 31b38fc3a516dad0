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
  readonly delaySeconds: number;
  readonly replaces: readonly Delivery[];
  /** The job that goes on in it. */
  readonly job?: PendingJob;
}

/** One settlement under way. */
class Settling {
  readonly errors = new Map<Delivery, DocjobError>();
  readonly #target: SettleTarget;

  constructor(target: SettleTarget) {
    this.#target = target;
  }

  async remove(deliveries: readonly Delivery[]): Promise<void> {
    const { client, queue } = this.#target;
    const handles = deliveries.map(({ receiptHandle }) => receiptHandle);
    const found = await deleteMessages(client, queue, handles);
    for (const [index, delivery] of deliveries.entries()) this.#fail(delivery, found[index]);
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
    const parcels = byJob.map((group): Parcel => {
      const replaces = group.map(({ delivery }) => delivery);
      const delay = millis(Math.min(...group.map((one) => one.delay)));
      return { ...copyOf(replaces), delaySeconds: delaySeconds(delay, longestDelay), replaces };
    });
    // Not repeated when the answer is lost: the original is still there, and comes back.
    const sending = this.#sendAll(
      grouped(parcels, (parcel) => parcel.delaySeconds),
      { queue, once: true },
    );
    for (const { job } of parcels) if (job !== undefined) successors.sending(job, sending);
    await this.remove([...replaced.map(({ delivery }) => delivery), ...(await sending)]);
  }

  async bury(buried: readonly Buried[]): Promise<void> {
    const letters = buried.map(({ delivery, outcome }): Parcel => {
      const { lease, body } = delivery;
      const message = { id: lease.id, body, firstSeenAt: lease.firstSeenAt };
      return { body: cmqDeadLetterBody(message, outcome), delaySeconds: 0, replaces: [delivery] };
    });
    await this.remove(await this.#sendAll([letters], { queue: this.#target.deadLetters, once: false }));
  }

  /** Sends parcels in batches, those of one delay together. Gives the deliveries that are replaced. */
  async #sendAll(
    groups: readonly (readonly Parcel[])[],
    how: Pick<SendOptions, 'queue' | 'once'>,
  ): Promise<readonly Delivery[]> {
    const batches = groups.flatMap((parcels) =>
      splitIntoBatches(parcels, ({ body }) => Buffer.byteLength(body, 'utf8'), SEND_BATCH),
    );
    const arrived = await pMap(
      batches,
      async (batch) => {
        const error = await this.#send(batch, how);
        const deliveries = batch.flatMap(({ replaces }) => replaces);
        for (const delivery of deliveries) this.#fail(delivery, error);
        return error === undefined ? deliveries : [];
      },
      { concurrency: CONCURRENT_CALLS },
    );
    return arrived.flat();
  }

  /** Sends a batch of one delay, and remembers the successors in it. Gives what went wrong. */
  async #send(
    batch: readonly Parcel[],
    how: Pick<SendOptions, 'queue' | 'once'>,
  ): Promise<DocjobError | undefined> {
    const { client, successors, deleteTime } = this.#target;
    const order = successors.next();
    const [first] = batch;
    const bodies = batch.map(({ body }) => body);
    const deadline = before(firstEnd(batch), deleteTime);
    try {
      await sendMessages(client, bodies, { ...how, deadline, delaySeconds: first?.delaySeconds ?? 0 });
    } catch (error) {
      if (error instanceof DocjobError) return error;
      throw error;
    }
    for (const { job } of batch) if (job !== undefined) successors.sent(job, order);
    return undefined;
  }

  /** Notes what went wrong, if something did. */
  #fail(delivery: Delivery, error: DocjobError | undefined): void {
    if (error !== undefined) this.errors.set(delivery, error);
  }
}

/** When the first of the leases ends that a batch is sent for. */
function firstEnd(batch: readonly Parcel[]): EpochMs {
  return epochMs(Math.min(...batch.flatMap(({ replaces }) => replaces.map(({ lease }) => lease.until))));
}

/** What goes on for copies of one job; for a message that holds none, which comes alone, its body as it is. */
function copyOf(copies: readonly Delivery[]): Pick<Parcel, 'body' | 'job'> {
  const [first, ...others] = copies.map(({ lease }) => lease).filter(isJob);
  if (first === undefined) return { body: copies[0]?.body ?? '' };
  const job = successorOf([first, ...others]);
  return { body: formatMessage(job), job };
}

/** By their keys, in the order of each key's first. (`Map.groupBy` needs Node 21.) */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string | number): readonly (readonly T[])[] {
  const groups = new Map<string | number, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}

function isJob(lease: Lease): lease is JobLease {
  return lease.kind === 'job';
}
