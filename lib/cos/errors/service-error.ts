import { DocjobError, type Disposition } from '../../domain/docjob-error.js';
import type { EpochMs, Millis } from '../../domain/units.js';

/** What an error answer said. */
export interface ServiceErrorDetails {
  /** What was asked, in words without secrets: method, host and path. */
  readonly asked: string;
  readonly status: number;
  /** The body's `Code`; undefined where the body did not parse or there was none. */
  readonly serviceCode?: string | undefined;
  /** The body's `Message`. */
  readonly serviceMessage?: string | undefined;
  readonly disposition: Disposition;
  /** A HEAD was refused: its answer has no body, so nothing tells a bad key from a wrong clock or a closed bucket. */
  readonly isUnexplained?: boolean;
  readonly requestId?: string | undefined;
  /** How long the service asked us to wait (`Retry-After`), unclamped. */
  readonly retryAfter?: Millis | undefined;
  /** The answer's `Date`: the service's clock. */
  readonly serverDate?: EpochMs | undefined;
}

/** How much of the service's own words a message quotes. */
const MAX_QUOTE = 300;

/** COS or CI answered, and the answer is an error: a status that is not 2xx, or a 200 whose body is an `<Error>`. */
export class ServiceError extends DocjobError {
  override readonly name = 'ServiceError';
  readonly status: number;
  readonly serviceCode: string | undefined;
  readonly serviceMessage: string | undefined;
  /** Whether the status is all that is known: the disposition is then a guess, and no verdict follows from it. */
  readonly isUnexplained: boolean;
  readonly retryAfter: Millis | undefined;
  readonly serverDate: EpochMs | undefined;

  constructor(details: ServiceErrorDetails) {
    const { status, serviceCode, serviceMessage } = details;
    const said = [serviceCode, serviceMessage?.slice(0, MAX_QUOTE)]
      .filter((part) => part !== undefined)
      .join(': ');
    const id = details.requestId === undefined ? '' : ` (request ID ${details.requestId})`;
    super(
      serviceCode ?? `http-${status}`,
      `${details.asked} was answered with ${status}${said === '' ? '' : ` ${said}`}${id}`,
      details,
    );
    this.status = status;
    this.serviceCode = serviceCode;
    this.serviceMessage = serviceMessage;
    this.isUnexplained = details.isUnexplained ?? false;
    this.retryAfter = details.retryAfter;
    this.serverDate = details.serverDate;
  }
}
