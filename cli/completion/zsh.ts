import { namesWith, quoted, type Offers } from './tree.js';

/** Completion for zsh, sourced or as a file `_docjob` in fpath. */
export function zshCompletion(offers: readonly Offers[]): string {
  const commands = offers.filter(({ where }) => where !== '').map(({ where }) => quoted(where));
  const cases = offers.map(({ where, commands: below, options }) => {
    const words = [
      ...below.map(({ name, help }) => quoted(`${name}:${help}`)),
      ...options.flatMap(({ names, help }) => names.map((name) => quoted(`${name}:${help}`))),
    ];
    return `    ${quoted(where)})\n      offers=(\n        ${words.join('\n        ')}\n      ) ;;`;
  });
  return `#compdef docjob
# Completion of docjob for zsh: source <(docjob completion zsh)
_docjob() {
  local where='' i
  local -a offers
  for ((i = 2; i < CURRENT; i++)); do
    case "$where $words[i]" in
      ${commands.join(' | ')}) where="$where $words[i]" ;;
    esac
  done
  case "$words[CURRENT-1]" in
    ${namesWith(offers, 'file').join(' | ')}) _files; return ;;
    ${namesWith(offers, 'other').join(' | ')}) return ;;
  esac
  case "$where" in
${cases.join('\n')}
  esac
  _describe 'docjob' offers
}
if [ "$funcstack[1]" = '_docjob' ]; then
  _docjob "$@"
else
  compdef _docjob docjob
fi
`;
}
