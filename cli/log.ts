import type { Clock } from '../lib/domain/effects.js';
import { jsonLog, LOG_LEVELS, type Log, type LogFields, type LogLevel } from '../lib/telemetry/log.js';
import type { Output } from './output.js';

/** The log of what runs inside a command, on standard error: a line of words each, or of JSON with `--json`. */
export function commandLog(level: LogLevel, output: Output, clock: Pick<Clock, 'now'>): Log {
  // Through the log of the functions in either case, which lets no secret pass.
  const write = output.isJson
    ? (line: string) => output.logLine(line)
    : (line: string) => inWords(line, output);
  return jsonLog({ level, now: () => clock.now(), write });
}

/** @param line as {@link jsonLog} writes it */
function inWords(line: string, output: Output): void {
  const { time, level, event, ...fields } = JSON.parse(line) as LogFields;
  const isUrgent = LOG_LEVELS.indexOf(level as LogLevel) >= LOG_LEVELS.indexOf('warn');
  const text = `${String(event)} ${wordsOf(fields)}`.trimEnd();
  if (isUrgent) output.warn(text);
  else output.note(`${String(time).slice(11, 19)} ${text}`);
}

function wordsOf(fields: LogFields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
