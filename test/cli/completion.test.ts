import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMANDS } from '../../cli/commands/index.js';
import { docjob, temporaryFolder } from './command-line.js';

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout } = await docjob(['completion', shell]);
  expect(code).toBe(0);
  return stdout;
}

/** What bash would offer for the last of these words. */
function offeredByBash(script: string, words: readonly string[], cwd?: string): readonly string[] {
  const program = `${script}
COMP_WORDS=(docjob ${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_docjob
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc'], { input: program, encoding: 'utf8', cwd });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Whether the machine has a shell; those that it has not are held to what is told of them only. */
async function accepts(shell: string, script: string): Promise<boolean> {
  const file = join(await temporaryFolder(), 'completion');
  await writeFile(file, script);
  const { status, error } = spawnSync(shell, ['-n', file]);
  return error !== undefined || status === 0;
}

/** What fish would offer at the end of a line; undefined where the machine has no fish. */
async function offeredByFish(script: string, line: string): Promise<readonly string[] | undefined> {
  const file = join(await temporaryFolder(), 'completion');
  await writeFile(file, script);
  const program = `source '${file}'; complete -C '${line}'`;
  const { stdout, stderr, error } = spawnSync('fish', ['--no-config', '-c', program], { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  expect(stderr).toBe('');
  return stdout.split('\n').flatMap((offer) => (offer === '' ? [] : [offer.split('\t')[0] ?? '']));
}

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])(
    'for %s is a script that names every command and is right to the shell',
    async (shell) => {
      const script = await scriptFor(shell);
      for (const { name } of COMMANDS) expect(script).toMatch(new RegExp(`\\b${name}\\b`));
      for (const option of ['time-limit', 'dry-run', 'profile']) expect(script).toContain(option);
      expect(await accepts(shell, script)).toBe(true);
    },
  );

  test("for bash offers commands, a command's own options, and files", async () => {
    const script = await scriptFor('bash');
    expect(offeredByBash(script, ['st'])).toEqual(['status']);
    expect(offeredByBash(script, ['--json', 'po'])).toEqual(['poll']);
    expect(offeredByBash(script, ['poll', '--d'])).toEqual(['--dry-run', '--debug']);
    expect(offeredByBash(script, ['status', '--dr'])).toEqual([]);
    expect(offeredByBash(script, ['status', '--bucket', ''])).toEqual([]);
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a list.txt'), '');
    expect(offeredByBash(script, ['submit', '--from', ''], folder)).toEqual(['a list.txt']);
  });

  test.each([
    ['docjob st', ['status']],
    ['docjob --json po', ['poll']],
    ['docjob poll --d', ['--debug', '--dry-run']],
    ['docjob dead re', ['redrive']],
    ['docjob status --dr', []],
  ])('for fish offers, where there is one, for %j just %j', async (line, offers) => {
    expect([offers, undefined]).toContainEqual(await offeredByFish(await scriptFor('fish'), line));
  });

  test('refuses a shell that it does not know', async () => {
    const { code, stderr } = await docjob(['completion', 'tcsh']);
    expect(code).toBe(2);
    expect(stderr).toContain('<shell> is "tcsh": expected bash, zsh or fish');
  });
});
