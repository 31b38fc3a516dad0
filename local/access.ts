import { appIdOf } from '../lib/domain/names.js';
import type { BucketFacts } from './cos/bucket.js';
import type { Operation, OperationName } from './operation.js';
import { accessDenied } from './wire/refusal.js';

/** What is forbidden; what is left out, matches all. */
export interface Denial {
  readonly operation?: Exclude<OperationName, 'Unknown'>;
  readonly bucket?: string;
  /** Object keys (or job IDs) that begin so. */
  readonly prefix?: string;
}

/** Who may do what: the account everything in its own buckets and in those shared with it, less what is denied. */
export class Access {
  readonly #appId: string;
  readonly #denials = new Set<Denial>();

  constructor(appId: string) {
    this.#appId = appId;
  }

  /** Forbids something until the returned function is called. */
  deny(denial: Denial): () => void {
    const own = { ...denial };
    this.#denials.add(own);
    return () => this.#denials.delete(own);
  }

  /**
   * Lets an operation pass that is allowed.
   *
   * @throws Refusal 403 `AccessDenied`.
   */
  check(operation: Operation, bucket: BucketFacts | undefined): void {
    const isForeign = bucket !== undefined && !bucket.shared && appIdOf(bucket.name) !== this.#appId;
    if (isForeign || [...this.#denials].some((denial) => isMeant(denial, operation))) throw accessDenied();
  }
}

function isMeant(denial: Denial, { name, bucket, subject = '' }: Operation): boolean {
  return (
    (denial.operation === undefined || denial.operation === name) &&
    (denial.bucket === undefined || denial.bucket === bucket) &&
    (denial.prefix === undefined || subject.startsWith(denial.prefix))
  );
}
