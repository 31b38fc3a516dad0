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

/** An object with its bytes. */
export interface ObjectContent {
  readonly object: StoredObject;
  readonly body: Buffer;
}

/** The objects of one bucket: bytes on disk, everything else in memory as well, so that a listing reads no files. */
export class Bucket {
  readonly facts: BucketFacts;
  readonly keys = new SortedKeys();
  readonly #objects = new Map<string, StoredObject>();
  readonly #files: BucketFiles;
  readonly #locks = new KeyedLock();

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
  delete(key: string): Promise<void> {
    return this.#locks.run(key, async () => {
      if (!this.#objects.delete(key)) return;
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
    if (!this.#objects.has(object.key)) this.keys.add(object.key);
    this.#objects.set(object.key, object);
  }
}
