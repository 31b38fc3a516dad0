import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProgressDisplay } from '../../local/demo/progress.js';
import { median, table } from '../../local/demo/table.js';
import { npmCommand } from '../support/npm-command.js';

const folders: string[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  // A demo leaves some thousand files, which a busy disk takes its time to remove.
}, 60_000);

/** Starts the demo in an empty folder of its own. */
async function start(...args: string[]) {
  const cwd = await mkdtemp(join(tmpdir(), 'docjob-demo-'));
  folders.push(cwd);
  // What another command keeps beside the demo's own folder.
  await mkdir(join(cwd, '.docjob', 'cloud'), { recursive: true });
  const [node, demo] = npmCommand('npm start');
  const child = spawn(node, [...demo, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exit = new Promise<{ code: number | null; output: string; errors: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, output, errors }));
  });
  return { child, exit, cwd };
}

describe('the demo', () => {
  test('ends with every job as it should be, and says so in one line of JSON', async () => {
    const { exit, cwd } = await start('--json');
    const { code, output, errors } = await exit;
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output.trim().split('\n')).toHaveLength(1);
    const summary = JSON.parse(output) as Record<string, unknown>; // the demo's own line
    expect(summary).toMatchObject({ ok: true, failedRuns: 0 });
    expect(summary['jobs']).toBeGreaterThanOrEqual(40);
    expect(summary['asExpected']).toBe(summary['jobs']);
    const page = (name: string): Promise<string> => readFile(join(cwd, '.docjob', 'demo', name), 'utf8');
    expect((await page('view.html')).match(/<img src="data:image\/png;base64,/g)).toHaveLength(7);
    expect(await page('report.html')).toContain('<h1><bdi>The demo</bdi></h1>');
  }, 90_000);

  test('is stopped cleanly by Ctrl-C, and leaves what it did not make', async () => {
    const { child, exit, cwd } = await start();
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { code, errors } = await exit;
    expect(code).toBe(130);
    expect(errors).toContain('Stopped. Nothing is left running.');
    expect(await readdir(join(cwd, '.docjob'))).toEqual(['cloud', 'demo']);
  }, 30_000);

  test('says what it takes when it is called wrongly', async () => {
    const { exit } = await start('--fast');
    const { code, errors } = await exit;
    expect(code).toBe(2);
    expect(errors).toMatch(/Unknown option '--fast'[^]*Usage: npm start/);
  }, 30_000);
});

describe('progress', () => {
  const steps = [0, 1, 1, 2].map((settled) => ({
    settled,
    total: 2,
    manifests: settled,
    deadLetters: 0,
    runs: settled,
    elapsedMs: 1_000 * settled,
  }));

  function shown(isTTY: boolean): string {
    let text = '';
    const display = new ProgressDisplay({ isTTY, columns: 60, write: (part) => (text += part) });
    for (const step of steps) display.show(step);
    display.end();
    return text;
  }

  test('is one line that is written over on a terminal, never wider than it', () => {
    const text = shown(true);
    expect(text.endsWith('\n')).toBe(true);
    expect(text.split('\n')).toHaveLength(2);
    for (const line of text.trimEnd().split('\r\u001b[2K')) expect(line.length).toBeLessThan(60);
  });

  test('is a plain line for each change elsewhere', () => {
    expect(shown(false)).toBe(
      '0/2 settled: 0 manifests, 0 dead letters; 0 runs, 0 s\n' +
        '1/2 settled: 1 manifests, 0 dead letters; 1 runs, 1 s\n' +
        '2/2 settled: 2 manifests, 0 dead letters; 2 runs, 2 s\n',
    );
  });
});

test('a table lines its columns up, numbers to the right', () => {
  expect(
    table([
      ['what', 'calls'],
      ['short', '2.9'],
      ['longer', '12.0'],
    ]),
  ).toBe(['what    calls', '------  -----', 'short     2.9', 'longer   12.0'].join('\n'));
});

test.each([
  [[], undefined],
  [[3], 3],
  [[5, 1], 3],
  [[9, 1, 4], 4],
])('the median of %j is %j', (values, middle) => {
  expect(median(values)).toBe(middle);
});
