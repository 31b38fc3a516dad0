import type { DocjobError } from '../domain/docjob-error.js';
import type { BucketName, Region } from '../domain/names.js';

/** What a bucket can be closed to, each by itself. */
export const OPERATIONS = ['describe', 'write-manifest'] as const;

export type Operation = (typeof OPERATIONS)[number];

/**
 * The operations that this run has found closed (no grant, no such bucket). Its other jobs of the same bucket are not asked about, so that one
 * closed bucket costs a call or a few and the others go on (DESIGN promise 7).
 */
export class Holds {
  readonly #errors = new Map<string, DocjobError>();

  /** Why the operation is closed; undefined while it is not known to be. */
  find(operation: Operation, bucket: BucketName, region: Region): DocjobError | undefined {
    return this.#errors.get(`${operation} ${bucket} ${region}`);
  }

  /** Remembers that the operation is closed. True the first time: say so once. */
  add(operation: Operation, bucket: BucketName, region: Region, error: DocjobError): boolean {
    const key = `${operation} ${bucket} ${region}`;
    const first = !this.#errors.has(key);
    if (first) this.#errors.set(key, error);
    return first;
  }
}
