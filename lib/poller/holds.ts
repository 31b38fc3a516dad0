import { UndecodableError } from '../cos/errors/undecodable-error.js';
import type { DocjobError } from '../domain/docjob-error.js';
import type { BucketName, Region } from '../domain/names.js';

/** What a bucket can be closed to, each by itself. */
export const OPERATIONS = ['describe', 'write-manifest'] as const;

export type Operation = (typeof OPERATIONS)[number];

/** A bucket, which has a host of its own for each operation. */
interface Place {
  readonly bucket: BucketName;
  readonly region: Region;
}

/** So many jobs that meet an outage one after the other are no longer those jobs' bad luck; each of them was tried several times. */
const FAILURES_IN_A_ROW = 5;

interface Door {
  failures: number;
  /** Why nothing more is asked. */
  closedBy: DocjobError | undefined;
}

/**
 * The operations that this run has found closed: by a lack of grants or of the bucket, or by an outage that several jobs met in a row. Other jobs of
 * the same bucket are not asked about, so that one closed bucket costs a few calls and the others go on (DESIGN promise 7). The next run
 * tries again: it is what a breaker calls half-open.
 */
export class Holds {
  readonly #doors: Readonly<Record<Operation, Map<string, Door>>> = {
    describe: new Map(),
    'write-manifest': new Map(),
  };

  /** Why the operation is closed; undefined while it is not known to be. */
  find(operation: Operation, at: Place): DocjobError | undefined {
    return this.#door(operation, at).closedBy;
  }

  /** Takes note of a success. */
  succeeded(operation: Operation, at: Place): void {
    this.#door(operation, at).failures = 0;
  }

  /** Takes note of a failure. True when the operation is closed by it: say so once. */
  failed(operation: Operation, at: Place, error: DocjobError): boolean {
    const door = this.#door(operation, at);
    const { closedBy } = door;
    // A lack of grants outranks an outage: it does not pass by itself, so somebody must hear of it.
    if (error.disposition === 'configuration') {
      if (closedBy?.disposition === 'configuration') return false;
    } else {
      if (isOutage(error)) door.failures += 1;
      if (closedBy !== undefined || door.failures < FAILURES_IN_A_ROW) return false;
    }
    door.closedBy = error;
    return true;
  }

  /** The outage that leaves nothing to do: one of the operations fails wherever it was tried, and somewhere not for lack of a grant. */
  get outage(): DocjobError | undefined {
    for (const operation of OPERATIONS) {
      const doors = [...this.#doors[operation].values()];
      const errors = doors.flatMap(({ closedBy }) => closedBy ?? []);
      if (errors.length < doors.length) continue;
      const outage = errors.find(({ disposition }) => disposition !== 'configuration');
      if (outage !== undefined) return outage;
    }
    return undefined;
  }

  #door(operation: Operation, { bucket, region }: Place): Door {
    const doors = this.#doors[operation];
    const key = `${bucket} ${region}`;
    const known = doors.get(key);
    if (known !== undefined) return known;
    const door = { failures: 0, closedBy: undefined };
    doors.set(key, door);
    return door;
  }
}

/** Whether an error speaks of the service and not of one job: an answer that cannot be read may be that job's own. */
function isOutage(error: DocjobError): boolean {
  const { disposition } = error;
  return (
    (disposition === 'transient' || disposition === 'throttled' || disposition === 'skewed') &&
    !(error instanceof UndecodableError)
  );
}
