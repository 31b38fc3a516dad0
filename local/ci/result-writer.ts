import type { BucketName } from '../../lib/domain/names.js';
import type { EpochMs } from '../../lib/domain/units.js';
import type { ObjectStore } from '../cos/object-store.js';
import { endStateOf, type Job } from './job.js';
import { pictureOf } from './pictures/index.js';

/** Files under way at a time. */
const AT_ONCE = 8;

/**
 * Writes the pictures of jobs that have succeeded, in the background, one job of a bucket after another. Whoever reads the bucket waits for it first:
 * in the real service the pictures are there before the job is at `Success`.
 */
export class ResultWriter {
  readonly #store: ObjectStore;
  readonly #tails = new Map<BucketName, Promise<void>>();
  #isClosed = false;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Takes on the pictures of a job whose work has ended. There are none to write if the output bucket is not in this cloud. */
  add(job: Job, endedAt: EpochMs): void {
    const { bucket, region } = job.request.output;
    if (endStateOf(job.script) !== 'Success' || this.#store.find(bucket, region) === undefined) return;
    // One job's failure is no reason to leave out the next.
    const before = this.settled(bucket).catch(() => undefined);
    const tail = before.then(() => this.#write(job, endedAt));
    this.#tails.set(bucket, tail);
    // Whoever waits for the bucket hears of a failure; nobody may be waiting.
    tail.catch(() => undefined);
  }

  /** Resolves when all pictures that are due in `bucket` are there. Rejects when the disk refused one. */
  settled(bucket: BucketName): Promise<void> {
    return this.#tails.get(bucket) ?? Promise.resolve();
  }

  /** Stops after the files that are under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#tails.values());
  }

  async #write({ request, result }: Job, endedAt: EpochMs): Promise<void> {
    const { output } = request;
    const bucket = this.#store.find(output.bucket, output.region);
    if (bucket === undefined) return;
    for (let from = 0; from < result.pages.length && !this.#isClosed; from += AT_ONCE) {
      const some = result.pages.slice(from, from + AT_ONCE);
      await Promise.all(some.map((page) => bucket.putKnown(page.key, pictureOf(request, page), endedAt)));
    }
  }
}
