import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { signRequest } from '../../lib/cos-signer/index.js';
import { npmCommand } from '../support/npm-command.js';
import { temporaryFolder } from './clouds.js';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Started {
  readonly child: ChildProcess;
  /** Resolves with what is on stdout once it has that many lines, or ended. */
  output(lines: number): Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

const CLOUD = npmCommand('npm run cloud');

function start(args: readonly string[], [node, cloud] = CLOUD): Started {
  const child = spawn(node, [...cloud, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }));
  const output = (lines: number): Promise<string> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (text.stdout.split('\n').length > lines) resolve(text.stdout);
      };
      child.stdout.on('data', check);
      child.once('close', () => resolve(text.stdout));
      check();
    });
  return { child, output, ended };
}

describe('npm run cloud', () => {
  test('says in one line of JSON what to set, works so, and ends cleanly', async () => {
    const cloud = start(['--root', await temporaryFolder()], npmCommand('npm run cloud -- --json'));
    const line = await cloud.output(1);
    expect(line.trimEnd().split('\n')).toHaveLength(1);
    // Its own promise, tested here.
    const { origin, settings } = JSON.parse(line) as {
      origin: string;
      settings: Readonly<Record<string, string>>;
    };
    expect(settings).toMatchObject({
      COS_ENDPOINT: origin,
      CI_ENDPOINT: origin,
      AWS_ENDPOINT_URL: origin,
      SOURCE_BUCKET: 'docs-1250000000',
      SOURCE_REGION: 'ap-beijing',
    });
    expect(new URL(settings['QUEUE_URL'] ?? '').origin).toBe(origin);
    expect(await signedGet(origin, settings)).toBe(200);

    cloud.child.kill('SIGTERM');
    expect(await cloud.ended).toEqual({ code: 0, stdout: line, stderr: '' });
  });

  test('says so in words without --json, and ends at Ctrl-C', async () => {
    const cloud = start(['--root', await temporaryFolder()]);
    const words = await cloud.output(22);
    expect(words).toMatch(/listens on http:\/\/127\.0\.0\.1:\d+ /);
    expect(words).toContain('  docs-1250000000 in ap-beijing\n');
    expect(words).toMatch(/export TENCENTCLOUD_SECRET_ID=AKID\w+\n/);
    expect(words).toMatch(
      /^ {2}curl -T report\.docx "\$\(docjob sign PUT 'http:\/\/docs-.*\.localhost:\d+\/report\.docx' --presign\)"$/m,
    );

    cloud.child.kill('SIGINT');
    expect(await cloud.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    [['--port', 'x'], '--port must be a number'],
    [['--port', '65536'], '--port must be a number'],
    [['--root', ''], '--root must name a folder'],
    [['--verbose'], "Unknown option '--verbose'"],
    [['here'], "Unexpected argument 'here'"],
    [['--port', '--json'], "Option '--port"],
  ])('refuses %j with one clear line', async (args, message) => {
    const { code, stdout, stderr } = await start(args).ended;

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('fails with one clear line where it cannot work', async () => {
    const root = join(await temporaryFolder(), 'file');
    await writeFile(root, '');
    const { code, stderr } = await start(['--root', root]).ended;

    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('prints how it is used', async () => {
    const { code, stdout } = await start(['--help']).ended;

    expect(code).toBe(0);
    expect(stdout).toContain('--port <number>');
  });
});

/** The status of a signed listing of the source bucket. */
async function signedGet(origin: string, settings: Readonly<Record<string, string>>): Promise<number> {
  const host = `${settings['SOURCE_BUCKET'] ?? ''}.cos.${settings['SOURCE_REGION'] ?? ''}.myqcloud.com`;
  const start = Math.floor(Date.now() / 1_000);
  const { authorization } = signRequest(
    { method: 'GET', path: '/', headers: { host } },
    {
      secretId: settings['TENCENTCLOUD_SECRET_ID'] ?? '',
      secretKey: settings['TENCENTCLOUD_SECRET_KEY'] ?? '',
    },
    { start, end: start + 60 },
  );
  const sent = request(new URL(origin), { headers: { host, authorization }, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage]; // what the event has
  response.resume();
  return response.statusCode ?? 0;
}
