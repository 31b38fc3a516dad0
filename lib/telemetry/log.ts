import type { EpochMs } from '../domain/units.js';

/** From the least to the most urgent. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a log line says beside its event: flat or nested plain data. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes events. An event is a stable name in kebab case, made for machines; its fields say the rest. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** Fields whose values never reach a log, wherever they stand. A second line of defence: nothing of the kind is passed in the first place. */
const SECRET_FIELD = /secret|token|authorization|password|signature|signkey/i;

/** A log that writes one JSON object a line (for CloudWatch and CLS alike), from `level` up, through `write`. */
export function jsonLog(options: {
  readonly level: LogLevel;
  readonly now: () => EpochMs;
  /** Takes one line without its newline. */
  readonly write: (line: string) => void;
  /** Fields that every line carries, such as the invocation's request ID. */
  readonly context?: LogFields;
}): Log {
  const least = LOG_LEVELS.indexOf(options.level);
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(level) < least) return;
      const time = new Date(options.now()).toISOString();
      options.write(JSON.stringify({ time, level, event, ...options.context, ...fields }, redact));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function redact(key: string, value: unknown): unknown {
  return SECRET_FIELD.test(key) ? '[redacted]' : value;
}
