import type { EpochMs } from '../lib/domain/units.js';
import type { Operation } from './operation.js';
import type { CloudRequest } from './wire/request.js';

/** One request on its way through the cloud. */
export interface Exchange {
  readonly request: CloudRequest;
  readonly operation: Operation;
  /** The moment by the clock that this request is judged by. */
  readonly now: EpochMs;
  readonly requestId: string;
}
