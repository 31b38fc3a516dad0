import { CommanderError } from 'commander';
import type { Environment } from '../lib/env-reader.js';
import { COMMANDS } from './commands/index.js';
import type { Context, GlobalOptions, Machine } from './context.js';
import { Interruption, toldError, UsageError } from './errors.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { Output } from './output.js';
import { buildProgram } from './program.js';
import { readSettings } from './settings.js';
import { hasColours, styleOf } from './style.js';
import { withoutSecrets } from './variables.js';

/** For help that goes into a file or a pipe. */
const PLAIN_COLUMNS = 100;

/**
 * The whole command: parses, runs, tells what went wrong. Never throws.
 *
 * @param args without the names of the interpreter and the script
 * @returns what the process is to end with
 */
export async function runCli(args: readonly string[], machine: Machine): Promise<ExitCode> {
  const { env, stdout, stderr, clock, signal } = machine;
  // Before commander has read the line, and also where it cannot: errors are told in the form that was asked for.
  const isJson = args.includes('--json');
  const output = new Output({ stdout, stderr, env, clock, isJson });
  const known: { settings?: Promise<Environment>; problem?: string; exitCode?: ExitCode } = {};

  const program = buildProgram({
    commands: COMMANDS,
    act: async (command, values) => {
      const options = globalOptions(program.opts());
      const context: Context = {
        ...machine,
        options,
        output,
        program,
        settings: () =>
          (known.settings ??= readSettings({ ...machine, options }, (text) => output.warn(text))),
      };
      known.exitCode = await command.prepare(values)(context);
    },
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    onProblem: (message, command) =>
      (known.problem = `${message.replaceAll('\n', ' ')}; see ${command} --help`),
    style: styleOf(hasColours(env, stdout.isTTY)),
    columns: stdout.columns ?? PLAIN_COLUMNS,
  });

  try {
    await program.parseAsync([...args], { from: 'user' });
    output.endProgress();
    return interruptionOf(signal)?.exitCode ?? known.exitCode ?? EXIT.ok;
  } catch (error) {
    output.endProgress();
    const interruption = interruptionOf(signal);
    if (interruption !== undefined) return interruption.exitCode;
    if (error instanceof CommanderError && known.problem === undefined) {
      // A help or the version was asked for; or nothing at all, which is answered by the help.
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    const told = error instanceof CommanderError ? new UsageError(known.problem ?? error.message) : error;
    return tell(told, output, {
      env: (await known.settings?.catch(() => undefined)) ?? env,
      isDebug: args.includes('--debug'),
    });
  }
}

function tell(
  error: unknown,
  output: Output,
  { env, isDebug }: { readonly env: Environment; readonly isDebug: boolean },
): ExitCode {
  const told = toldError(error);
  output.error({ ...told, message: withoutSecrets(told.message, env) });
  if (isDebug && error instanceof Error) output.stack(withoutSecrets(stackOf(error), env));
  return told.exitCode;
}

/** With the stacks of what led to it. */
function stackOf(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by ${stackOf(error.cause)}` : stack;
}

function interruptionOf(signal: AbortSignal): Interruption | undefined {
  return signal.aborted && signal.reason instanceof Interruption ? signal.reason : undefined;
}

function globalOptions(given: Readonly<Record<string, unknown>>): GlobalOptions {
  const { config, profile, json, verbose, debug } = given;
  return {
    ...(typeof config === 'string' ? { config } : {}),
    ...(typeof profile === 'string' ? { profile } : {}),
    json: json === true,
    verbose: verbose === true,
    debug: debug === true,
  };
}
