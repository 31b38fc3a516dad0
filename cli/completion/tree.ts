import type { Command as Declared, Option } from 'commander';

/** An option, as completion sees it. */
export interface OptionOffer {
  /** With its dashes. */
  readonly names: readonly string[];
  readonly help: string;
  /** What follows it. */
  readonly value: 'none' | 'file' | 'other';
}

/** What can come after the words that name a command. */
export interface Offers {
  /** The words after `docjob`, each with a space before it; empty for `docjob` itself. */
  readonly where: string;
  readonly commands: readonly { readonly name: string; readonly help: string }[];
  readonly options: readonly OptionOffer[];
}

/** What each command of the tree offers, the program itself first. */
export function offersOf(program: Declared): readonly Offers[] {
  return offersBelow(program, '', []);
}

function offersBelow(
  declared: Declared,
  where: string,
  inherited: readonly OptionOffer[],
): readonly Offers[] {
  const own = declared.options.map(optionOffer);
  const help: OptionOffer = { names: ['-h', '--help'], help: 'print help for a command', value: 'none' };
  const commands = declared.commands.map((below) => ({ name: below.name(), help: below.summary() }));
  return [
    { where, commands, options: [...own, ...inherited, help] },
    ...declared.commands.flatMap((below) =>
      offersBelow(below, `${where} ${below.name()}`, [...inherited, ...own.filter(isForCommands)]),
    ),
  ];
}

/** The version is that of the whole. */
function isForCommands({ names }: OptionOffer): boolean {
  return !names.includes('--version');
}

function optionOffer({ short, long, description, flags, required, optional }: Option): OptionOffer {
  const names = [short, long].filter((name) => name !== undefined);
  const isFile = /<(?:file|folder)>/.test(flags);
  return { names, help: description, value: required || optional ? (isFile ? 'file' : 'other') : 'none' };
}

/** Words for `case`, of the options that take such a value. */
export function namesWith(offers: readonly Offers[], value: OptionOffer['value']): readonly string[] {
  const names = offers.flatMap(({ options }) => options.filter((one) => one.value === value));
  return [...new Set(names.flatMap((one) => one.names))];
}

/** `text` as one word of a POSIX-like shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
