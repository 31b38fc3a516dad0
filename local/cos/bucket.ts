import type { BucketName, Region } from '../../lib/domain/names.js';
import type { EpochMs } from '../../lib/domain/units.js';
import type { BucketFiles } from './bucket-files.js';
import { KeyedLock } from './keyed-lock.js';
import { SortedKeys } from './sorted-keys.js';
import { digestsOf, type Digests, type StoredObject } from './stored-object.js';

/** What is fixed about a bucket. */
export interface BucketFacts {
  readonly name: BucketName;
  readonly region: Region;
  readonly createdAt: EpochMs;
  /** Of another account's bucket: whether it is open to ours. */
  readonly shared: boolean;
}

/** The objects of a bucket as a listing shows them. */
export interface Listed {
  readonly keys: SortedKeys;
  find(key: string): StoredObject | undefined;
}

/** An object that is no more: it was removed or written over at that moment. */
interface PastObject {
  readonly object: StoredObject;
  readonly endedAt: EpochMs;
}

/** No listing lags further behind than this. */
export const LONGEST_LIST_LAG_MS = 3_600_000;

/** An object with its bytes. */
export interface ObjectContent {
  readonly object: StoredObject;
  readonly body: Buffer;
}

/** The objects of one bucket: bytes on disk, everything else in memory as well, so that a listing reads no files. */
export class Bucket implements Listed {
  readonly facts: BucketFacts;
  readonly keys = new SortedKeys();
  /** What GET Bucket versioning tells (436/19888); undefined where it was never switched on. Only told: no versions are kept. */
  versioning: 'Enabled' | 'Suspended' | undefined;
  /** Whether CI is bound to it, with document processing switched on. */
  hasDocProcessing = true;
  readonly #objects = new Map<string, StoredObject>();
  readonly #files: BucketFiles;
  readonly #locks = new KeyedLock();
  /** In the order in which they ended. */
  #past: PastObject[] = [];

  private constructor(facts: BucketFacts, files: BucketFiles) {
    this.facts = facts;
    this.#files = files;
  }

  /** Opens a bucket with what is on disk already. */
  static async open(facts: BucketFacts, files: BucketFiles): Promise<Bucket> {
    const bucket = new Bucket(facts, files);
    for (const object of await files.load()) bucket.#remember(object);
    return bucket;
  }

  /** What is known of an object without reading it. */
  find(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** The objects as they were at a moment, at most {@link LONGEST_LIST_LAG_MS} ago: what a listing shows that lags behind. */
  asOf(moment: EpochMs): Listed {
    const objects = new Map<string, StoredObject>();
    for (const { object, endedAt } of this.#past) {
      if (object.lastModified <= moment && moment < endedAt) objects.set(object.key, object);
    }
    for (const object of this.#objects.values()) {
      if (object.lastModified <= moment) objects.set(object.key, object);
    }
    const keys = new SortedKeys();
    for (const key of objects.keys()) keys.add(key);
    return { keys, find: (key) => objects.get(key) };
  }

  /** An object with its bytes, all of one version. */
  read(key: string): Promise<ObjectContent | undefined> {
    return this.#locks.run(key, async () => {
      const object = this.#objects.get(key);
      return object === undefined ? undefined : { object, body: await this.#files.read(key) };
    });
  }

  /** Stores an object over whatever was there. */
  put(
    key: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    lastModified: EpochMs,
  ): Promise<StoredObject> {
    return this.#store({ key, ...digestsOf(body), headers, lastModified }, body, true);
  }

  /** Stores an object whose digests are known, and of which a restart may forget everything but the bytes. */
  putKnown(
    key: string,
    content: { readonly body: Uint8Array; readonly digests: Digests; readonly contentType: string },
    lastModified: EpochMs,
  ): Promise<StoredObject> {
    const headers = { 'content-type': content.contentType };
    return this.#store({ key, ...content.digests, headers, lastModified }, content.body, false);
  }

  /** Removes an object, if it is there. */
  delete(key: string, now: EpochMs): Promise<void> {
    return this.#locks.run(key, async () => {
      const object = this.#objects.get(key);
      if (object === undefined) return;
      this.#end(object, now);
      this.#objects.delete(key);
      this.keys.remove(key);
      await this.#files.remove(key);
    });
  }

  #store(object: StoredObject, body: Uint8Array, withSidecar: boolean): Promise<StoredObject> {
    return this.#locks.run(object.key, async () => {
      await this.#files.write(object, body, withSidecar);
      this.#remember(object);
      return object;
    });
  }

  #remember(object: StoredObject): void {
    const before = this.#objects.get(object.key);
    if (before === undefined) this.keys.add(object.key);
    else this.#end(before, object.lastModified);
    this.#objects.set(object.key, object);
  }

  /** Remembers an object that is no more, and forgets those that no listing can show any longer. */
  #end(object: StoredObject, now: EpochMs): void {
    const firstKept = this.#past.findIndex(({ endedAt }) => endedAt > now - LONGEST_LIST_LAG_MS);
    this.#past = firstKept < 0 ? [] : firstKept === 0 ? this.#past : this.#past.slice(firstKept);
    this.#past.push({ object, endedAt: now });
  }
}
