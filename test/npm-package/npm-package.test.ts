import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { publint } from 'publint';
import { readManifest } from '../../lib/manifest/index.js';
import { startCloud } from '../../local/cloud.js';
import { aBucket, aRegion } from '../support/pending-jobs.js';
import { startRegistry, type Packed } from './registry.js';

const run = promisify(execFile);

interface Locked {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

/** Above what the package has today, by a fifth: growth is to be noticed. */
const MOST_PACKED_BYTES = 480_000;
const MOST_INSTALLED_BYTES = 1_780_000;

const project = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }; // our own
const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Locked>;
}; // npm's
const runtime = Object.entries(lockfile.packages)
  .filter(([path, { dev, devOptional, optional }]) => path !== '' && !dev && !devOptional && !optional)
  .map(([path]) => path);

let root: string;
let app: string;
let packed: Packed & { size: number; unpackedSize: number; files: readonly { path: string }[] };
let registry: Awaited<ReturnType<typeof startRegistry>>;

/** The package as it would be published, installed by npm into an empty folder, from a registry on loopback that holds it and what it needs. */
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'docjob-npm-'));
  app = join(root, 'app');
  mkdirSync(app);
  const pack = async (
    paths: readonly string[],
    ...options: readonly string[]
  ): Promise<(typeof packed)[]> => {
    const args = ['pack', '--json', '--pack-destination', root, ...options, ...paths];
    const { stdout } = await run('npm', args, { maxBuffer: 64_000_000 });
    return JSON.parse(stdout.slice(stdout.indexOf('['))) as (typeof packed)[]; // npm's
  };
  const [own] = await pack(['.']);
  if (own === undefined) throw new Error('npm pack packed nothing');
  packed = own;
  // What is installed here is what was published: its scripts have run long ago.
  const others = await pack(
    runtime.map((path) => `./${path}`),
    '--ignore-scripts',
  );
  const manifestAt = (path: string) =>
    JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<string, unknown>; // npm's
  registry = await startRegistry(root, [
    { packed: own, manifest: manifestAt('.') },
    ...others.map((other, index) => ({ packed: other, manifest: manifestAt(runtime[index] ?? '.') })),
  ]);
  writeFileSync(join(app, 'package.json'), '{"name":"app","version":"1.0.0","private":true}');
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--ignore-scripts'];
  const where = [
    '--registry',
    registry.origin,
    '--cache',
    join(root, 'cache'),
    '--userconfig',
    join(root, 'npmrc'),
  ];
  await run('npm', ['install', 'docjob', ...quiet, ...where], { cwd: app });
}, 240_000);

afterAll(async () => {
  await registry.close();
  rmSync(root, { recursive: true, force: true });
});

const inApp = (command: string, args: readonly string[]) => run(command, args, { cwd: app });

describe('the package', () => {
  test('holds the command, the library, the schema and the documents, and nothing else', () => {
    const kinds = new Set(packed.files.map(({ path }) => path.replace(/^(dist\/npm\/[^/]+|[^/]+).*$/, '$1')));
    expect([...kinds].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/npm/chunks',
      'dist/npm/cjs',
      'dist/npm/docjob.js',
      'dist/npm/documented',
      'dist/npm/esm',
      'docs',
      'package.json',
      'schema',
    ]);
  });

  test('stays small', () => {
    expect(packed.size).toBeLessThan(MOST_PACKED_BYTES);
    expect(packed.unpackedSize).toBeLessThan(MOST_INSTALLED_BYTES);
  });

  test('has nothing that publint finds fault with', async () => {
    const { messages } = await publint({
      pkgDir: join(app, 'node_modules/docjob'),
      strict: true,
      pack: false,
    });
    expect(messages).toEqual([]);
  });
});

describe('installed in an empty folder', () => {
  test('the command tells its version and helps', async () => {
    const { stdout: version } = await inApp('npx', ['--no-install', 'docjob', '--version']);
    expect(version.trim()).toBe(project.version);
    const { stdout: help } = await inApp('npx', ['--no-install', 'docjob', '--help']);
    expect(help).toContain('Usage: docjob');
    // What it refers its user to must be there.
    const [named] = /docs\/[a-z-]+\.md/.exec(help) ?? [];
    expect(packed.files.map(({ path }) => path)).toContain(named);
  });

  test('the embedded cloud starts, and the other commands work on it', async () => {
    const docjob = join(app, 'node_modules/docjob/dist/npm/docjob.js');
    const cloud = spawn(process.execPath, [docjob, 'cloud', '--json'], {
      cwd: app,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let said = '';
      for await (const chunk of cloud.stdout) {
        said += String(chunk);
        if (said.endsWith('\n}\n')) break;
      }
      const { settings } = JSON.parse(said) as { settings: Record<string, string> }; // its own
      const { stdout } = await run(process.execPath, [docjob, 'list', '--json'], { cwd: app, env: settings });
      expect(JSON.parse(stdout)).toMatchObject({ visible: 0 });
    } finally {
      cloud.kill('SIGKILL');
    }
  });

  test.each([
    ['an ES module', 'mjs', "import * as docjob from 'docjob/manifest';"],
    ['CommonJS', 'cjs', "const docjob = require('docjob/manifest');"],
  ])('%s reads a manifest with it', async (_what, extension, load) => {
    const manifest = join(app, 'manifest.json');
    cpSync('test/manifest/fixtures/document.json', manifest);
    const script = join(app, `read.${extension}`);
    const read = `console.log(docjob.readManifest(process.getBuiltinModule('fs').readFileSync(${JSON.stringify(manifest)})).job.jobId);`;
    writeFileSync(script, `${load}\n${read}\n`);
    const { stdout, stderr } = await inApp(process.execPath, [script]);
    expect(stdout.trim()).toBe('d13cfd584cd9011ea820b597ad1785a2f');
    expect(stderr).toBe('');
  });

  test.each(['manifest', 'notice'])('the schema of a %s is there to be imported', async (name) => {
    const script = `process.stdout.write(require('docjob/${name}.schema.json').$id)`;
    const { stdout } = await inApp(process.execPath, ['-e', script]);
    expect(stdout).toBe(`urn:docjob:${name}:1`);
  });

  test('the example of a downstream function tells a hook of each new manifest, with URLs that get the pages', async () => {
    const heard: { jobId: string; state: string; pages: { pageNo: number; url: string }[] }[] = [];
    const hook = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        heard.push(JSON.parse(body) as (typeof heard)[number]); // compared below
        response.end();
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    const cloud = await startCloud({ root: join(root, 'cloud') });
    try {
      const bucket = aBucket('docs-1250000000');
      await cloud.control.createBucket(bucket, aRegion('ap-beijing'));
      const manifest = readManifest(readFileSync('test/manifest/fixtures/document.json'));
      const { jobId } = manifest.job;
      const output = { bucket, region: 'ap-beijing', object: 'big/test-${Number}' };
      const ours = { ...manifest, job: { ...manifest.job, output } };
      await cloud.control.putObject(bucket, `manifests/${jobId}.json`, Buffer.from(JSON.stringify(ours)));
      await cloud.control.putObject(bucket, 'big/test-1', Buffer.from('a picture'));

      await build({
        entryPoints: ['examples/tell-when-done/handler.ts'],
        outfile: join(app, 'handler.mjs'),
        bundle: true,
        platform: 'node',
        format: 'esm',
        external: ['docjob/*'],
      });
      const event = readFileSync('test/platform/events/cos-object-created.json', 'utf8');
      const raised = event.replace('in/report.docx', `manifests/${jobId}.json`);
      const { port } = hook.address() as AddressInfo; // listening on TCP
      const env = {
        ...process.env,
        HOOK_URL: `http://127.0.0.1:${port}/done`,
        COS_ENDPOINT: cloud.origin,
        TENCENTCLOUD_SECRETID: cloud.credentials.longLived.secretId,
        TENCENTCLOUD_SECRETKEY: cloud.credentials.longLived.secretKey,
      };
      const call = `import { main_handler } from './handler.mjs'; console.log(await main_handler(${raised}));`;
      writeFileSync(join(app, 'call.mjs'), call);
      const { stdout } = await run(process.execPath, ['call.mjs'], { cwd: app, env });
      expect(stdout.trim()).toBe('ok');
      expect(heard).toMatchObject([{ jobId, state: 'Success', pages: [{ pageNo: 2 }] }]);
      const { host, pathname, search } = new URL(heard[0]?.pages[0]?.url ?? '');
      expect(host).toBe('docs-1250000000.cos.ap-beijing.myqcloud.com');
      const { hostname, port: cloudPort } = new URL(cloud.origin);
      const status = await new Promise((resolve, reject) => {
        const options = { hostname, port: cloudPort, path: pathname + search, headers: { host } };
        get(options, (response) => resolve(response.resume().statusCode)).on('error', reject);
      });
      expect(status).toBe(200);
    } finally {
      hook.closeAllConnections();
      hook.close();
      await cloud.close();
    }
  });

  test('its types hold in both module systems, under the strictest settings', async () => {
    cpSync('test/npm-package/consumers', app, { recursive: true });
    cpSync('examples/tell-when-done/handler.ts', join(app, 'handler.mts'));
    const compilerOptions = {
      module: 'node16',
      target: 'es2022',
      lib: ['es2023'],
      types: ['node'],
      typeRoots: [join(process.cwd(), 'node_modules/@types')],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
    };
    writeFileSync(
      join(app, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['*.mts', '*.cts'] }),
    );
    const tsc = join(process.cwd(), 'node_modules/typescript/bin/tsc');
    const { stdout } = await inApp(process.execPath, [tsc, '-p', '.']).catch(
      (error: unknown) => error as { stdout: string },
    ); // execFile's
    expect(stdout).toBe('');
  });
});
