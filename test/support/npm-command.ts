import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>; // our own package.json
};

/**
 * The process that npm would start for a command line such as `npm run cloud -- --json`, by package.json, to be started in any folder and without the half second that
 * npm takes. Tests that execute a command of the README start it by this, with the README's own words: test/readme.test.ts looks for them.
 *
 * @throws Error when there is no such script, or it does not start with `node`
 */
export function npmCommand(line: string): readonly [file: string, args: readonly string[]] {
  const [, name = line.replace(/^npm /, ''), own = ''] = /^npm run ([a-z:]+)(?: -- (.+))?$/.exec(line) ?? [];
  const [node, ...words] = (scripts[name] ?? '').split(' ');
  if (node !== 'node') throw new Error(`package.json has no script of Node's for ${line}`);
  const args = words.map((word) => {
    if (word === 'tsx') return import.meta.resolve('tsx');
    return word.endsWith('.ts') ? join(ROOT, word) : word;
  });
  return [process.execPath, [...args, ...own.split(' ').filter((word) => word !== '')]];
}
