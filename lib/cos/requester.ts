import type { BucketName, Region } from '../domain/names.js';

/** COS for objects, CI for jobs: two host families with two token headers. */
export type HostFamily = 'cos' | 'ci';

/** A request to one bucket's COS or CI host, before signing. */
export interface CosRequest {
  readonly family: HostFamily;
  readonly bucket: BucketName;
  readonly region: Region;
  readonly method: 'GET' | 'PUT' | 'HEAD' | 'POST' | 'DELETE';
  /** The path, DECODED, beginning with `/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Further headers, signed with the rest; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** A successful (2xx) answer, whole: its body has the length that was announced. */
export interface CosResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The service's request ID (`x-cos-request-id` or `x-ci-request-id`). */
  readonly requestId: string | undefined;
}

/**
 * Sends signed requests. `decode` turns the answer into what the caller wants and runs inside each attempt: what it throws with a disposition
 * of `transient` is retried like a network fault.
 *
 * @throws ServiceError for an answer that is an error, TransportError when none came, DeadlineError when the run has no time left, and
 * whatever `decode` throws.
 */
export interface CosRequester {
  send<T>(request: CosRequest, decode: (response: CosResponse) => T): Promise<T>;
}
