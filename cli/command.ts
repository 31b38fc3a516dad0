import type { Command as Declared } from 'commander';
import * as v from 'valibot';
import { shown } from '../lib/env-reader.js';
import type { Context } from './context.js';
import { UsageError } from './errors.js';
import type { ExitCode } from './exit-codes.js';

/** A command line that works as it stands, and what it does. */
export interface Example {
  /** Has `docjob` in it once; a pipe may come before it or after it. */
  readonly line: string;
  readonly says: string;
}

/** What is written about a command. */
export interface CommandSpec<Schema extends v.GenericSchema> {
  readonly name: string;
  /** One line for the list of commands, in lower case and without a full stop. */
  readonly summary: string;
  /** Further sentences for the command's own help. */
  readonly details?: string;
  readonly examples: readonly [Example, ...Example[]];
  /** Declares operands and options in commander's words, in kebab case; says nothing of their types. */
  readonly declare?: (command: Declared) => void;
  /** What operands and options must be, by their names in camel case: the one place where they get their types. */
  readonly args: Schema;
  /** Does it. Throws a DocjobError where it cannot; what it returns, the process ends with. */
  readonly run: (args: v.InferOutput<Schema>, context: Context) => Promise<ExitCode>;
}

/** A command, ready to be hung into the tree. */
export interface Command extends Omit<CommandSpec<v.GenericSchema>, 'args' | 'run'> {
  readonly kind: 'command';
  /** Checks what commander read. @throws UsageError */
  readonly prepare: (values: ReadValues) => (context: Context) => Promise<ExitCode>;
}

/** A command that only has further ones below it. */
export interface Group {
  readonly kind: 'group';
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

/** What commander read, not yet checked. */
export interface ReadValues {
  readonly operands: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Makes a command of what is written about it. */
export function command<const Schema extends v.GenericSchema>(spec: CommandSpec<Schema>): Command {
  const { args, run, ...rest } = spec;
  return {
    ...rest,
    kind: 'command',
    prepare: (values) => {
      const checked = check(args, values);
      return (context) => run(checked, context);
    },
  };
}

/** Puts commands below a common name, such as `dead list` and `dead show`. */
export function group(name: string, summary: string, commands: readonly Command[]): Group {
  return { kind: 'group', name, summary, commands };
}

function check<Schema extends v.GenericSchema>(
  schema: Schema,
  { operands, options }: ReadValues,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, { ...options, ...operands });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = issue.path?.[0]?.key;
  const name = typeof key === 'string' ? key : '';
  if (name === '') throw new UsageError(issue.message);
  const label = Object.hasOwn(operands, name) ? `<${name}>` : `--${kebab(name)}`;
  const given = typeof issue.input === 'string' ? shown(issue.input) : 'missing';
  throw new UsageError(`${label} is ${given}: expected ${issue.message}`);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
