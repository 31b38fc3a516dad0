import type { Offers, OptionOffer } from './tree.js';

/** Completion for fish. */
export function fishCompletion(offers: readonly Offers[]): string {
  const commands = offers.filter(({ where }) => where !== '').map(({ where }) => quoted(where));
  const lines = offers.flatMap(({ where, commands: below, options }) => {
    const at = `complete -c docjob -n ${quoted(`__docjob_at ${quoted(where)}`)}`;
    return [
      ...below.map(({ name, help }) => `${at} -a ${quoted(name)} -d ${quoted(help)}`),
      ...options.map((option) => `${at} ${optionWords(option)} -d ${quoted(option.help)}`),
    ];
  });
  return `# Completion of docjob for fish: docjob completion fish | source
function __docjob_at
    set -l where ''
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$where $word"
            case ${commands.join(' ')}
                set where "$where $word"
        end
    end
    test "$where" = "$argv[1]"
end
complete -c docjob -f
${lines.join('\n')}
`;
}

function optionWords({ names, value }: OptionOffer): string {
  const words = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const after = { none: [], file: ['-r', '-F'], other: ['-x'] }[value];
  return [...words, ...after].join(' ');
}

/** In fish a backslash escapes in single quotes, too. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
