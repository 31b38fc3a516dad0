import { Command as Declared } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import type { Command, Example, Group, ReadValues } from './command.js';
import type { Style } from './style.js';

/** What the tree of commands is built with. */
export interface ProgramOptions {
  readonly commands: readonly (Command | Group)[];
  /** Called with the command that was named, and what commander read for it. */
  readonly act: (command: Command, values: ReadValues) => Promise<void>;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  /** Hears what is wrong with a command line, in commander's words, and of which command, such as `docjob dead show`. */
  readonly onProblem: (message: string, command: string) => void;
  readonly style: Style;
  readonly columns: number;
}

const ABOUT =
  'Document transcoding jobs of Tencent Cloud: submits them, looks after them, and reads their manifests.\n' +
  'Settings come from the environment and from a config file: docs/cli.md.';

const EXIT_CODES = `
Exit codes:
  0 done  1 done, and something was found wrong  2 wrong command line  3 wrong settings
  4 the service or the queue cannot be used  5 not there, or not yet  130 ended by Ctrl-C
`;

/** Builds the tree of commands. Parsing throws commander's CommanderError after a help, a version or a problem was written. */
export function buildProgram(options: ProgramOptions): Declared {
  const { style, columns, writeOut, writeErr } = options;
  const program = new Declared('docjob')
    .description(ABOUT)
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand('help [command]', 'print help for a command')
    .optionsGroup('Options of every command:')
    .option('--config <file>', 'the config file (default: docjob.config.json, if there is one)')
    .option('--profile <name>', 'the profile of the config file')
    .option('--json', 'print JSON, for machines')
    .option('--verbose', 'tell on standard error what is being done')
    .option('--debug', 'print a stack trace with an error')
    .exitOverride()
    .configureOutput({
      writeOut,
      writeErr,
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
      // What is written is dressed already, or is not to be.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: style.bold,
      styleCommandText: style.green,
      styleOptionTerm: style.green,
      styleSubcommandTerm: style.green,
      styleArgumentTerm: style.green,
    })
    .addHelpText('after', EXIT_CODES);
  tellProblems(program, 'docjob', options);
  for (const entry of options.commands) hang(program, entry, 'docjob', options);
  return program;
}

function hang(parent: Declared, entry: Command | Group, above: string, options: ProgramOptions): void {
  const declared = parent.command(entry.name).summary(entry.summary);
  const name = `${above} ${entry.name}`;
  tellProblems(declared, name, options);
  if (entry.kind === 'group') {
    declared.description(sentence(entry.summary));
    for (const below of entry.commands) hang(declared, below, name, options);
    return;
  }
  declared
    .description([sentence(entry.summary), entry.details].filter((part) => part !== undefined).join('\n'))
    .addHelpText('after', examplesText(entry.examples, options.style));
  entry.declare?.(declared);
  declared.action(() => options.act(entry, valuesOf(declared)));
}

function tellProblems(declared: Declared, name: string, { onProblem }: ProgramOptions): void {
  declared.configureOutput({ outputError: (text) => onProblem(text.trim().replace(/^error: /, ''), name) });
}

function valuesOf(declared: Declared): ReadValues {
  const given: readonly unknown[] = declared.processedArgs;
  const operands = declared.registeredArguments.map(
    (operand, index) => [operand.name(), given[index]] as const,
  );
  const options: Readonly<Record<string, unknown>> = declared.opts();
  return { operands: withoutMissing(operands), options: withoutMissing(Object.entries(options)) };
}

function withoutMissing(
  entries: readonly (readonly [name: string, value: unknown])[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function examplesText(examples: readonly Example[], { bold, dim }: Style): string {
  const lines = examples.map(({ line, says }) => `  ${dim(`# ${says}`)}\n  ${line}`);
  return `\n${bold('Examples:')}\n${lines.join('\n')}\n`;
}
