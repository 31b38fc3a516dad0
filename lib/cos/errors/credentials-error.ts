import { DocjobError } from '../../domain/docjob-error.js';

/** There is no usable key pair. Names the variables or the parameter that were looked at, never their values. */
export class CredentialsError extends DocjobError {
  override readonly name = 'CredentialsError';

  /** @param requestId of the service that was asked for the pair, if one was */
  constructor(message: string, requestId?: string) {
    super('no-credentials', message, { disposition: 'credentials', requestId });
  }
}
