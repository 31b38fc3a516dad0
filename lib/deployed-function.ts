import { DocjobError } from './domain/docjob-error.js';
import type { Clock, RandomSource } from './domain/effects.js';
import type { Environment } from './env-reader.js';
import type { Call } from './platform/invocation.js';
import { jsonLog, type Log, type LogLevel } from './telemetry/log.js';

/** What a function takes from the machine. */
export interface FunctionEffects {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Takes one line of the log. */
  readonly writeLine: (line: string) => void;
}

/**
 * A deployed function without its platform. The configuration is checked at the first call, so that a wrong one fails calls, each with its whole
 * list of problems, and not the loading of the code. What a call throws is logged, and thrown on: the platform should know.
 */
export function deployedFunction<C extends { readonly logLevel: LogLevel }, A extends Call, R>(
  env: Environment,
  { clock, writeLine }: FunctionEffects,
  parse: (env: Environment) => C,
  serve: (call: A, config: C, log: Log) => Promise<R>,
): (call: A) => Promise<R> {
  let config: C | undefined;
  const logFor = ({ requestId }: A, level: LogLevel): Log =>
    jsonLog({ level, now: () => clock.now(), write: writeLine, context: { requestId } });

  return async (call) => {
    try {
      config ??= parse(env);
      return await serve(call, config, logFor(call, config.logLevel));
    } catch (error) {
      const details =
        error instanceof DocjobError
          ? { code: error.code, disposition: error.disposition, serviceRequestId: error.requestId }
          : {};
      const message = error instanceof Error ? error.message : 'not an error';
      logFor(call, 'error').error('call-failed', { ...details, message });
      throw error;
    }
  };
}
