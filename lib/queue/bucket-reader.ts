import { parseHttpDate } from '../cos/backoff.js';
import type { CosRequester } from '../cos/requester.js';
import { listObjects, type ListedObject, type ObjectPage } from '../cos/list-objects.js';
import { getObject } from '../cos/objects.js';
import { after, before, epochMs, millis, minutes, type EpochMs, type Millis } from '../domain/units.js';
import { abortable } from './abortable.js';
import { checkpointKey, NOTHING_DONE, parseCheckpoint, type Claim } from './bucket-checkpoint.js';
import { parseName } from './bucket-name.js';
import { Round } from './bucket-round.js';
import { redrivenBy, type JobDefaults, type ParsedMessage } from './message.js';
import type { Lease, LeaseRequest } from './pending-queue.js';
import type { BucketQueueAddress } from './queue-url.js';

/** The first look time after `since` of what waits. `seed` tells one job from another, and `seenAt` is its first look time. */
export type NextLook = (
  waiting: {
    readonly seed: string;
    readonly createdAt: EpochMs | undefined;
    readonly firstSeenAt: EpochMs;
    readonly seenAt: EpochMs;
  },
  since: EpochMs,
) => EpochMs;

/** A lease and the object that it is on. */
export interface LeasedObject {
  readonly lease: Lease;
  readonly object: ListedObject;
  /** The object's key without the queue's prefix. */
  readonly name: string;
}

/** Which objects, and how to read them. */
interface ReaderOptions {
  readonly queue: BucketQueueAddress;
  readonly defaults: JobDefaults;
  readonly nextLook: NextLook;
}

/**
 * How late a listing may show a new object without its first look being missed: "GET Bucket" (436/7734) documents eventual consistency, and no
 * bound. For so long an object is due in every pass, which by the default schedule it is anyway.
 */
const LISTING_LAG: Millis = minutes(1);

/** `LastModified` has whole seconds: the object was written up to so much later. */
const GRAIN: Millis = millis(999);

/** Lists pending objects, hands out those that are due, and keeps account of what may be claimed about them. Holds one page at a time. */
export class BucketReader {
  readonly #options: ReaderOptions;
  readonly #requester: CosRequester;
  #stored: Claim | undefined;
  #round: Round;
  #page: ObjectPage | undefined;
  #next = 0;
  /** What has not been looked at yet, in the order of its keys, each with what may be claimed without it. */
  readonly #open = new Map<Lease, Claim>();
  readonly #leased = new WeakMap<Lease, LeasedObject>();
  #hasLooked = false;

  constructor(options: ReaderOptions, requester: CosRequester) {
    this.#options = options;
    this.#requester = requester;
    this.#round = new Round(options.queue.prefix, NOTHING_DONE);
  }

  /** Takes what is due, or all where that was asked for, from one page at most; empty once every key was seen. Rejects with the reason of the request's signal when that aborts. */
  async lease(request: LeaseRequest): Promise<readonly Lease[]> {
    const { signal } = request;
    signal?.throwIfAborted();
    if (this.#stored === undefined) {
      this.#stored = await abortable(this.#readCheckpoint(), signal);
      this.#round = new Round(this.#options.queue.prefix, this.#stored);
    }
    const round = this.#round;
    while (!round.isOver) {
      if (this.#page === undefined) {
        const { queue } = this.#options;
        const query = { prefix: queue.prefix, marker: round.position };
        this.#page = await abortable(listObjects(this.#requester, queue, query), signal);
        this.#next = 0;
        round.arrive(this.#page.listedAt);
      }
      const leases = this.#take(round, this.#page, request);
      if (leases.length > 0) return leases;
    }
    return [];
  }

  /** The object that a lease of this reader is on. */
  find(lease: Lease): LeasedObject | undefined {
    return this.#leased.get(lease);
  }

  /** A lease has had its look. */
  looked(lease: Lease): void {
    if (this.#open.delete(lease)) this.#hasLooked = true;
  }

  /** What later runs should know; undefined when there is nothing new, as where nothing was due. */
  claimToStore(): Claim | undefined {
    if (!this.#hasLooked) return undefined;
    const [withoutOpen] = this.#open.values();
    const claim = withoutOpen ?? this.#round.claim;
    return JSON.stringify(claim) === JSON.stringify(this.#stored) ? undefined : claim;
  }

  async #readCheckpoint(): Promise<Claim> {
    const { queue } = this.#options;
    const stored = await getObject(this.#requester, queue, checkpointKey(queue.prefix));
    if (stored === undefined) return NOTHING_DONE;
    const now = parseHttpDate(stored.headers['date']);
    return now === undefined ? NOTHING_DONE : parseCheckpoint(stored.body, queue.prefix, now);
  }

  /** Takes up to `max` objects off the page: those that are due, or all. */
  #take(round: Round, page: ObjectPage, request: LeaseRequest): readonly Lease[] {
    const { max } = request;
    const leases: Lease[] = [];
    while (leases.length < max) {
      const object = page.objects[this.#next];
      if (object === undefined) {
        if (page.nextMarker === undefined) round.endOfListing();
        this.#page = undefined;
        break;
      }
      this.#next += 1;
      const { since, claim } = round;
      if (!round.pass(object.key)) break;
      const leased = this.#leaseOf(object, { since, until: page.listedAt }, request);
      if (leased === undefined) continue;
      this.#leased.set(leased.lease, leased);
      // What is not due is in nobody's way, looked at or not.
      if (leased.isDue) this.#open.set(leased.lease, claim);
      leases.push(leased.lease);
    }
    return leases;
  }

  #leaseOf(
    object: ListedObject,
    window: { readonly since: EpochMs; readonly until: EpochMs },
    { holdUntil, early }: LeaseRequest,
  ): (LeasedObject & { readonly isDue: boolean }) | undefined {
    const { queue, defaults } = this.#options;
    const name = object.key.slice(queue.prefix.length);
    const parsed = parseName(name, defaults);
    const seenAt = object.lastModified;
    // A claim may make a job older, never younger: then it is given up sooner, not later.
    const claimed = parsed.kind === 'job' ? parsed.job.firstSeenAt : undefined;
    const firstSeenAt = epochMs(Math.min(claimed ?? seenAt, seenAt));
    // The last pass may not have seen what is this new.
    const isNew = seenAt > before(window.since, LISTING_LAG);
    const isDue = isNew || this.#isDue(parsed, name, { firstSeenAt, seenAt }, window);
    if (!isDue && early !== true) return undefined;
    const pass = { isDue, since: isNew ? NOTHING_DONE.since : window.since };
    // Safe in logs whatever the name is; a job's name stays as it is.
    const facts = {
      id: encodeURI(object.key),
      firstSeenAt,
      until: holdUntil,
      ...(early === true && { pass }),
    };
    // Not spread into a new one: V8 gives each object of two spreads a hidden class of its own, 240 bytes for each of ten thousand leases.
    const lease: Lease = Object.assign(facts, redrivenBy(after(seenAt, GRAIN), parsed));
    return { lease, object, name, isDue };
  }

  #isDue(
    parsed: ParsedMessage,
    name: string,
    seen: { readonly firstSeenAt: EpochMs; readonly seenAt: EpochMs },
    { since, until }: { readonly since: EpochMs; readonly until: EpochMs },
  ): boolean {
    const { seed, createdAt } =
      parsed.kind === 'job'
        ? { seed: parsed.job.jobId, createdAt: parsed.job.createdAt }
        : { seed: name, createdAt: undefined };
    return this.#options.nextLook({ seed, createdAt, ...seen }, since) <= until;
  }
}
