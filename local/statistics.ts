import type { BucketName } from '../lib/domain/names.js';
import type { EpochMs } from '../lib/domain/units.js';
import type { Operation, OperationName } from './operation.js';
import type { Family } from './wire/route.js';

/** One request as it was answered. */
export interface RequestRecord {
  /** By the cloud's clock. */
  readonly at: EpochMs;
  readonly family: Family;
  readonly operation: OperationName;
  readonly bucket: BucketName | undefined;
  /** The object key, job ID or queue ID; empty when there is none. */
  readonly subject: string;
  /** The HTTP status; 0 when no answer went out. */
  readonly status: number;
}

/** What to count; what is left out, matches all. */
export type RequestFilter = Partial<Omit<RequestRecord, 'at'>>;

/** The log keeps this many requests; the counts keep all. */
const LOG_LENGTH = 20_000;

/** What the cloud was asked, for tables of calls and for tests. */
export class Statistics {
  readonly #counts = new Map<Family, Map<OperationName, number>>();
  readonly #describes = new Map<string, number>();
  #log: RequestRecord[] = [];
  #inFlight = 0;
  #peakInFlight = 0;

  /** A request has come in. */
  begin(): void {
    this.#inFlight += 1;
    this.#peakInFlight = Math.max(this.#peakInFlight, this.#inFlight);
  }

  /** It has been answered. */
  end({ family, name, bucket, subject = '' }: Operation, at: EpochMs, status: number): void {
    this.#inFlight -= 1;
    const ofFamily = this.#counts.get(family) ?? new Map<OperationName, number>();
    this.#counts.set(family, ofFamily.set(name, (ofFamily.get(name) ?? 0) + 1));
    if (name === 'DescribeDocProcessJob') this.#describes.set(subject, this.callsFor(subject) + 1);
    this.#log.push({ at, family, operation: name, bucket, subject, status });
    if (this.#log.length >= 2 * LOG_LENGTH) this.#log = this.#log.slice(-LOG_LENGTH);
  }

  /** All requests so far, by family and operation. */
  get counts(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return Object.fromEntries(
      [...this.#counts].map(([family, operations]) => [family, Object.fromEntries(operations)]),
    );
  }

  /** How often one job was asked about singly. */
  callsFor(jobId: string): number {
    return this.#describes.get(jobId) ?? 0;
  }

  /** The most requests that were under way at a time. */
  get peakInFlight(): number {
    return this.#peakInFlight;
  }

  /** The latest requests, the oldest first, that fit the filter: at least 20,000 where there were so many. */
  requests(filter: RequestFilter = {}): readonly RequestRecord[] {
    const wanted = Object.entries(filter);
    const isWanted = (record: RequestRecord): boolean => {
      const fields = new Map<string, unknown>(Object.entries(record));
      return wanted.every(([name, value]) => fields.get(name) === value);
    };
    return this.#log.filter(isWanted);
  }

  /** Forgets everything but what is in flight. */
  reset(): void {
    this.#counts.clear();
    this.#describes.clear();
    this.#log = [];
    this.#peakInFlight = this.#inFlight;
  }
}
