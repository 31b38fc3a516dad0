import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type BuildOptions } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Where package.json's `bin` and `exports` point into. */
const OUT = 'dist/npm';

const COMMON = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  keepNames: true,
  legalComments: 'none',
} as const satisfies BuildOptions;

/**
 * `npm run build:npm`, which `npm pack` runs first: makes what the package has beside its documents.
 *
 * - `docjob.js`: the command, with the package's own dependencies left to npm; each command and the embedded cloud are chunks of their own, read when they are needed.
 * - `documented/`: what the embedded cloud answers where it is asked for an example of the documentation.
 * - `esm/`, `cjs/`: `docjob/manifest` for both module systems, each with its types. The CommonJS one holds its dependencies, some of which are ES modules alone.
 */
await rm(join(root, OUT), { recursive: true, force: true });
await build({
  ...COMMON,
  entryPoints: { docjob: 'cli/main.ts' },
  outdir: OUT,
  format: 'esm',
  packages: 'external',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});
const command = join(root, OUT, 'docjob.js');
// The embedded cloud reads its documented answers from beside the folder that its code is in.
await cp(join(root, 'local/documented'), join(root, OUT, 'documented'), { recursive: true });
await writeFile(command, `#!/usr/bin/env node\n${await readFile(command, 'utf8')}`);
await chmod(command, 0o755);

await build({
  ...COMMON,
  entryPoints: { manifest: 'lib/consumer/index.ts' },
  outdir: `${OUT}/esm`,
  format: 'esm',
  packages: 'external',
});
await build({
  ...COMMON,
  entryPoints: { manifest: 'lib/consumer/index.ts' },
  outdir: `${OUT}/cjs`,
  format: 'cjs',
  mainFields: ['module', 'main'],
});

const types = join(root, OUT, 'esm', 'types');
await promisify(execFile)(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'deploy/tsconfig.npm-types.json', '--outDir', types],
  { cwd: root },
);
await mkdir(join(root, OUT, 'cjs'), { recursive: true });
await cp(types, join(root, OUT, 'cjs', 'types'), { recursive: true });
// What is below it is CommonJS, its types too.
await writeFile(join(root, OUT, 'cjs', 'package.json'), '{"type":"commonjs"}\n');
