import type { RequestRecord } from '../../local/statistics.js';

/** Which queue the jobs wait in. */
export type QueueKind = 'sqs' | 'bucket';

/** What the bench asks of the process that holds the embedded cloud. */
export type CloudCommand =
  /** Makes jobs that have ended, and puts them into a queue. */
  | {
      readonly kind: 'fill';
      readonly jobs: number;
      readonly pages: number;
      readonly queue: QueueKind | 'none';
    }
  /** What became of jobs. */
  | { readonly kind: 'check'; readonly jobIds: readonly string[]; readonly queue: QueueKind | 'none' }
  /** A manifest's text. */
  | { readonly kind: 'read-manifest'; readonly jobId: string }
  /** The CPU time that the cloud has used and the requests that it has answered, so far. */
  | { readonly kind: 'usage' }
  /** Forgets the requests so far. */
  | { readonly kind: 'forget' }
  /** The requests to COS and CI since then, up to 20,000. */
  | { readonly kind: 'requests' };

/** What the process says when it is ready. */
export interface CloudReady {
  readonly origin: string;
  /** The environment of a function with each kind of queue. */
  readonly env: Readonly<Record<QueueKind, Readonly<Record<string, string>>>>;
}

/** What became of the jobs of one load. */
export interface LoadCheck {
  /** Jobs whose manifest is there. */
  readonly manifests: number;
  /** Messages that are left in the queue, in whatever state. */
  readonly pending: number;
  readonly deadLetters: number;
}

/** What the cloud has done so far. */
export interface CloudUsage {
  readonly cpuMs: number;
  /** Requests by service and operation. */
  readonly calls: Readonly<Record<string, number>>;
}

/** What came in at COS and CI. */
export interface Seen {
  readonly requests: readonly RequestRecord[];
  /** The most that were under way at a time. */
  readonly peakInFlight: number;
}

/** The answers, by command. */
export interface CloudAnswers {
  readonly fill: readonly string[];
  readonly check: LoadCheck;
  readonly 'read-manifest': string | null;
  readonly usage: CloudUsage;
  readonly forget: null;
  readonly requests: Seen;
}

/** A command on its way, and its answer. */
export interface CloudRequest {
  readonly id: number;
  readonly command: CloudCommand;
}
export type CloudResponse = { readonly id: number } & (
  { readonly result: CloudAnswers[CloudCommand['kind']] } | { readonly error: string }
);
