import { DocjobError, type Disposition } from '../../lib/domain/docjob-error.js';

/** A step of the deployment failed. Its message says which, with which request ID, and what to do. */
export class DeployError extends DocjobError {
  override readonly name = 'DeployError';

  constructor(
    code: string,
    message: string,
    details: {
      readonly disposition?: Disposition;
      readonly requestId?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(code, message, { disposition: 'configuration', ...details });
  }
}
