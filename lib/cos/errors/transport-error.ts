import { DocjobError } from '../../domain/docjob-error.js';

/** Why no whole answer came. */
export type TransportFault =
  /** Nothing whole came within the attempt's time. */
  | 'timeout'
  /** No connection, or it broke before the answer began. */
  | 'connection'
  /** The answer began, and broke off or turned out not to be HTTP. */
  | 'cut-short';

/** No whole answer came; whether the request took effect is unknown. */
export class TransportError extends DocjobError {
  override readonly name = 'TransportError';
  readonly fault: TransportFault;

  constructor(fault: TransportFault, message: string, cause?: unknown) {
    super(`transport-${fault}`, message, { disposition: 'transient', cause });
    this.fault = fault;
  }
}
