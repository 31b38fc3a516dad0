import { DocjobError } from '../domain/docjob-error.js';

/** The manifest was not there when the time for waiting was over. A job that docjob has given up has none, ever: its dead letter says why. */
export class ManifestTimeoutError extends DocjobError {
  override readonly name = 'ManifestTimeoutError';

  /** @param cause what the last request failed with, if it failed */
  constructor(where: string, timeoutMs: number, cause: unknown) {
    const because = cause instanceof Error ? `; the last request failed: ${cause.message}` : '';
    super('manifest-timeout', `there was no manifest at ${where} after ${timeoutMs} ms${because}`, {
      disposition: 'job',
      requestId: cause instanceof DocjobError ? cause.requestId : undefined,
      cause,
    });
  }
}
