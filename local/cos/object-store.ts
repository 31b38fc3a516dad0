import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseBucketName, parseRegion, type BucketName, type Region } from '../../lib/domain/names.js';
import { epochMs } from '../../lib/domain/units.js';
import { BucketFiles } from './bucket-files.js';
import { Bucket, type BucketFacts } from './bucket.js';
import { KeyedLock } from './keyed-lock.js';

const SavedFacts = v.object({ region: v.string(), createdAt: v.number(), shared: v.boolean() });

/** All buckets of the cloud, as folders below `root`. */
export class ObjectStore {
  readonly #root: string;
  readonly #buckets = new Map<BucketName, Bucket>();
  readonly #locks = new KeyedLock();

  private constructor(root: string) {
    this.#root = root;
  }

  /** Opens the buckets that are below `root`, which is made when it is not there. */
  static async open(root: string): Promise<ObjectStore> {
    const store = new ObjectStore(root);
    await rm(join(root, '.tmp'), { recursive: true, force: true });
    await mkdir(join(root, '.meta'), { recursive: true });
    for (const file of await readdir(join(root, '.meta'))) {
      const name = file.endsWith('.json') ? parseBucketName(file.slice(0, -'.json'.length)) : undefined;
      if (name === undefined) continue;
      const saved = v.parse(SavedFacts, JSON.parse(await readFile(join(root, '.meta', file), 'utf8')));
      const region = parseRegion(saved.region);
      if (region !== undefined)
        await store.#open({ ...saved, name, region, createdAt: epochMs(saved.createdAt) });
    }
    return store;
  }

  get buckets(): readonly Bucket[] {
    return [...this.#buckets.values()];
  }

  /** The bucket of that name in that region: COS does not find it under another region's host. */
  find(name: BucketName, region: Region): Bucket | undefined {
    const bucket = this.#buckets.get(name);
    return bucket?.facts.region === region ? bucket : undefined;
  }

  /** The bucket of that name, wherever it is: names are unique over all regions. */
  named(name: BucketName): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /**
   * Makes a bucket, or gives the one that is there.
   *
   * @throws Error when there is one of that name in another region.
   */
  create(facts: BucketFacts): Promise<Bucket> {
    return this.#locks.run(facts.name, async () => {
      const existing = this.#buckets.get(facts.name);
      if (existing !== undefined) {
        if (existing.facts.region === facts.region) return existing;
        throw new Error(`there is a bucket ${facts.name} already, in ${existing.facts.region}`);
      }
      const { region, createdAt, shared } = facts;
      const file = join(this.#root, '.meta', `${facts.name}.json`);
      await writeFile(file, `${JSON.stringify({ region, createdAt, shared })}\n`);
      return this.#open(facts);
    });
  }

  async #open(facts: BucketFacts): Promise<Bucket> {
    const bucket = await Bucket.open(facts, new BucketFiles(this.#root, facts.name));
    this.#buckets.set(facts.name, bucket);
    return bucket;
  }
}
