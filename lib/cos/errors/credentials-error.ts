import { DocjobError } from '../../domain/docjob-error.js';

/** There is no usable key pair. Names the variables that were looked at, never their values. */
export class CredentialsError extends DocjobError {
  override readonly name = 'CredentialsError';

  constructor(message: string) {
    super('no-credentials', message, { disposition: 'credentials' });
  }
}
