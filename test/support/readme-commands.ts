/** What a document tells its reader to type: each line of each `sh` block, taken apart at `&&`, and whatever stands in the text as code and starts like a command. */
export function commandsIn(markdown: string): readonly string[] {
  const blocks = Array.from(markdown.matchAll(/^```sh\n([^]*?)^```/gm), ([, block = '']) => block);
  const prose = markdown.replaceAll(/^```[^]*?^```/gm, '');
  const inline = Array.from(prose.matchAll(/`([^`\n]+)`/g), ([, code = '']) => code);
  return [
    ...blocks.flatMap((block) => block.split(/\n|&&/)),
    ...inline.filter((code) => /^(?:npm|npx|node|docjob|tsx|\.\/?\w+\/\w+) |^-/.test(code)),
  ]
    .map((command) => command.trim())
    .filter((command) => command !== '' && !command.startsWith('#'));
}

/** The commands of a document that none of the given texts, by command the test that is said to execute it, has as the words it starts a process with. */
export function notExecuted(markdown: string, tests: ReadonlyMap<string, string>): readonly string[] {
  return commandsIn(markdown).filter((command) => {
    const text = tests.get(command) ?? '';
    // The call of test/support/npm-command.ts, or of one that hands its line on; `.ci/run` has the line that it hands to a shell.
    const starts = [`npmCommand('${command}'`, `.run('${command}'`];
    const shell = /^command='(.*)'$/m.exec(text)?.[1]?.split(' && ') ?? [];
    return !starts.some((start) => text.includes(start)) && !shell.includes(command);
  });
}
