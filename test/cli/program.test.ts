import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { command, group, type Command, type Group, type ReadValues } from '../../cli/command.js';
import { COMMANDS } from '../../cli/commands/index.js';
import { EXIT } from '../../cli/exit-codes.js';
import { buildProgram } from '../../cli/program.js';
import { styleOf } from '../../cli/style.js';
import { docjob } from './command-line.js';

/** Every command with the words that name it. */
function everyCommand(entries: readonly (Command | Group)[] = COMMANDS, before = ''): [string, Command][] {
  return entries.flatMap((entry): [string, Command][] =>
    entry.kind === 'group'
      ? everyCommand(entry.commands, `${before}${entry.name} `)
      : [[before + entry.name, entry]],
  );
}

/** The words of docjob's own command line in an example, as a shell would split it: quotes taken off, ends at a pipe or the like. */
function wordsOf(line: string): readonly string[] {
  const [, own = ''] = /(?:^|[\s(])docjob ((?:'[^']*'|[^'|>)])*)/.exec(line) ?? [];
  return [...own.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain);
}

/** What would be run for a command line. */
async function parsed(args: readonly string[], commands = COMMANDS): Promise<[Command, ReadValues]> {
  const found: [Command, ReadValues][] = [];
  const program = buildProgram({
    commands,
    act: (one, values) => {
      found.push([one, values]);
      return Promise.resolve();
    },
    writeOut: () => undefined,
    writeErr: () => undefined,
    onProblem: (message) => {
      throw new Error(message);
    },
    style: styleOf(false),
    columns: 100,
  });
  await program.parseAsync([...args], { from: 'user' });
  const [one] = found;
  if (one === undefined) throw new Error(`${args.join(' ')} names no command`);
  return one;
}

describe('the help', () => {
  test('of docjob names every command and the exit codes', async () => {
    const { code, stdout, stderr } = await docjob(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const { name, summary } of COMMANDS) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b.*${summary.slice(0, 20)}`, 'm'));
    }
    expect(stdout).toContain('Exit codes:');
  });

  test.each(everyCommand())(
    'of %s says what it is for, with examples that parse',
    async (name, { examples, summary }) => {
      const { code, stdout } = await docjob([...name.split(' '), '--help']);
      expect(code).toBe(0);
      expect(stdout.toLowerCase()).toContain(summary.slice(0, 20).toLowerCase());
      for (const { line, says } of examples) {
        expect(stdout).toContain(`  # ${says}\n  ${line}\n`);
        const [found, values] = await parsed(wordsOf(line));
        expect(found.name).toBe(name.split(' ').at(-1));
        expect(() => found.prepare(values)).not.toThrow();
      }
    },
  );

  test('comes for docjob alone, as a wrong command line', async () => {
    const { code, stdout, stderr } = await docjob([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: docjob');
  });

  test('has no colours in a pipe, and has them on a terminal', async () => {
    expect((await docjob(['--help'])).stdout).not.toContain('\u001b');
    expect((await docjob(['--help'], { isTTY: true })).stdout).toContain('\u001b[1m');
    expect((await docjob(['--help'], { isTTY: true, env: { NO_COLOR: '1' } })).stdout).not.toContain(
      '\u001b',
    );
    expect((await docjob(['--help'], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[1m');
  });
});

describe('docs/cli.md', () => {
  const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

  test('has examples that parse, of every command', async () => {
    const lines = [...page.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = '']) =>
      block.trim().split('\n'),
    );
    const named = new Set<Command>();
    for (const line of lines) {
      const [found, values] = await parsed(wordsOf(line));
      expect(() => found.prepare(values)).not.toThrow();
      named.add(found);
    }
    const missing = everyCommand().filter(([, one]) => !named.has(one));
    expect(missing.map(([name]) => name)).toEqual([]);
  });

  test('names every exit code', () => {
    for (const code of Object.values(EXIT)) expect(page).toMatch(new RegExp(`^\\|.*\\b${code}\\b.*\\|`, 'm'));
  });
});

describe('the command line', () => {
  test('says its version', async () => {
    const { code, stdout } = await docjob(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('suggests what may have been meant, in one line', async () => {
    const { code, stderr } = await docjob(['staus', 'd1']);
    expect(code).toBe(2);
    expect(stderr).toBe(
      "docjob: unknown command 'staus' (Did you mean status?); see docjob --help [usage]\n",
    );
  });

  test.each([
    [['submit', '--nope'], 'docjob submit'],
    [['dead', 'show', '--nope'], 'docjob dead show'],
    [['dead', 'nope'], 'docjob dead'],
    [['sign'], 'docjob sign'],
  ])('points to the help of the command that was used wrongly: %j', async (args, command) => {
    const { code, stderr } = await docjob(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^docjob: [^;]+; see /);
    expect(stderr).toContain(`; see ${command} --help [usage]`);
  });

  test('tells what is wrong in JSON where JSON was asked for, wherever that stands', async () => {
    const { code, stderr } = await docjob(['status', '--json', '--nonsense', 'd1']);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'usage', exitCode: 2 } });
  });

  test('takes its global options before and after the command', async () => {
    for (const args of [
      ['--config', 'missing', 'status', 'd1'],
      ['status', 'd1', '--config', 'missing'],
    ]) {
      expect((await docjob(args)).stderr).toContain('missing cannot be read');
    }
  });

  test('has commands below a common name', async () => {
    const show = command({
      name: 'show',
      summary: 'show one',
      examples: [{ line: 'docjob dead show d1', says: 'one' }],
      declare: (declared) => {
        declared.argument('<name>').option('--at-most <n>');
      },
      args: v.object({ name: v.string(), atMost: v.string() }),
      run: () => Promise.resolve(0),
    });
    const [found, values] = await parsed(
      ['dead', 'show', 'x', '--at-most', '3'],
      [group('dead', 'dead letters', [show])],
    );
    expect(found).toBe(show);
    expect(values).toEqual({ operands: { name: 'x' }, options: { atMost: '3' } });
    expect(() => show.prepare({ operands: { name: 'x' }, options: { atMost: 3 } })).toThrow(/^--at-most is/);
  });
});
