import * as v from 'valibot';
import { command } from '../command.js';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { offersOf } from '../completion/tree.js';
import { zshCompletion } from '../completion/zsh.js';
import { EXIT } from '../exit-codes.js';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `docjob completion <shell>`: a script that completes this command's words. */
export const completion = command({
  name: 'completion',
  summary: 'print a script that completes docjob in your shell',
  examples: [
    { line: 'source <(docjob completion bash)', says: 'in ~/.bashrc' },
    { line: 'source <(docjob completion zsh)', says: 'in ~/.zshrc, after compinit' },
    { line: 'docjob completion fish > ~/.config/fish/completions/docjob.fish', says: 'for fish' },
  ],
  declare: (declared) => {
    declared.argument('<shell>', 'bash, zsh or fish');
  },
  args: v.object({ shell: v.picklist(['bash', 'zsh', 'fish'], 'bash, zsh or fish') }),
  run: ({ shell }, { output, program }) => {
    const script = SHELLS[shell](offersOf(program));
    output.result({ shell, script }, () => script);
    return Promise.resolve(EXIT.ok);
  },
});
