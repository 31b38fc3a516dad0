import { namesWith, quoted, type Offers } from './tree.js';

/** Completion for bash 3.2 and newer. */
export function bashCompletion(offers: readonly Offers[]): string {
  const commands = offers.filter(({ where }) => where !== '').map(({ where }) => quoted(where));
  const cases = offers.map(({ where, commands: below, options }) => {
    const words = [...below.map(({ name }) => name), ...options.flatMap(({ names }) => names)];
    return `    ${quoted(where)}) words=${quoted(words.join(' '))} ;;`;
  });
  return `# Completion of docjob for bash: source <(docjob completion bash)
_docjob() {
  local word="\${COMP_WORDS[COMP_CWORD]}" where='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$where \${COMP_WORDS[i]}" in
      ${commands.join(' | ')}) where="$where \${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in
    ${namesWith(offers, 'file').join(' | ')}) local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${namesWith(offers, 'other').join(' | ')}) return ;;
  esac
  case "$where" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _docjob docjob
`;
}
