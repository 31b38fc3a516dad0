import { ConfigError } from '../lib/config-error.js';
import { CredentialsError } from '../lib/cos/errors/credentials-error.js';
import { DocjobError, type Disposition } from '../lib/domain/docjob-error.js';
import { EXIT, type ExitCode } from './exit-codes.js';

/** The command line makes no sense. The message is one sentence that says why. */
export class UsageError extends DocjobError {
  override readonly name = 'UsageError';

  constructor(message: string) {
    super('usage', message, { disposition: 'configuration' });
  }
}

/** The config file cannot be used. The message names the file, and the profile and the key where it is about them; never a value. */
export class SettingsError extends DocjobError {
  override readonly name = 'SettingsError';

  constructor(message: string) {
    super('bad-settings', message, { disposition: 'configuration' });
  }
}

/** What was asked for is not there, or not yet. */
export class NotThereError extends DocjobError {
  override readonly name = 'NotThereError';

  constructor(code: 'unknown-job' | 'no-manifest' | 'no-dead-letter', message: string, requestId?: string) {
    super(code, message, { disposition: 'job', requestId });
  }
}

/** What a process ends with that was asked to, or whose output nobody reads any longer: well, in the last case, since whoever closed it has what they wanted. */
const INTERRUPTIONS = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGPIPE: EXIT.ok,
} as const;

/** Somebody asked the process to end, or reads its output no longer, and it did what it had to. The reason of an aborted {@link Machine.signal}. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: ExitCode;

  constructor(signal: keyof typeof INTERRUPTIONS) {
    super(`ended by ${signal}`);
    this.exitCode = INTERRUPTIONS[signal];
  }
}

/** What can be done about an error, where its message does not say so already. */
const HINTS: Readonly<Record<Disposition, string | undefined>> = {
  transient: 'try again; if it stays so, look at the service and the network',
  throttled: 'try again later, or lower REQUESTS_PER_SECOND',
  skewed: "compare this machine's clock with the time",
  credentials: 'check the key pair: its secret, its token, and whether it was disabled',
  configuration: 'check the name, the region and what the key pair is granted',
  job: undefined,
};

/** An error as it is told. */
export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly requestId: string | undefined;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;
}

/** What to tell about whatever was thrown. Never a stack: that is for `--debug`. */
export function toldError(error: unknown): ToldError {
  if (!(error instanceof DocjobError)) {
    return {
      code: 'internal',
      message: error instanceof Error ? error.message : String(error),
      requestId: undefined,
      hint: 'this is a bug in docjob: run it again with --debug and report what it prints',
      exitCode: EXIT.internal,
    };
  }
  const { code, message, requestId } = error;
  return { code, message, requestId, hint: hintOf(error), exitCode: exitCodeOf(error) };
}

function hintOf(error: DocjobError): string | undefined {
  if (error instanceof UsageError) return undefined;
  if (error instanceof SettingsError || error instanceof ConfigError)
    return 'docs/configuration.md lists every setting';
  if (error instanceof CredentialsError || error instanceof NotThereError) return undefined;
  return HINTS[error.disposition];
}

/** Our own classes tell by themselves; of all others the disposition does. */
function exitCodeOf(error: DocjobError): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof SettingsError || error instanceof ConfigError || error instanceof CredentialsError)
    return EXIT.configuration;
  if (error instanceof NotThereError) return EXIT.notThere;
  return error.disposition === 'job' ? EXIT.foundWrong : EXIT.unusable;
}
