import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { zip, type ZipEntry } from './zip.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** A function, ready to be deployed. */
export interface Bundle {
  /** All that is deployed: `index.js`, its source map, and the note that it is CommonJS. */
  readonly files: readonly ZipEntry[];
  /** The size of `index.js` in bytes. */
  readonly codeBytes: number;
}

/** How functions are bundled, whoever else bundles for a comparison. */
export const BUNDLING = {
  bundle: true,
  minify: true,
  // Names of classes appear in errors and logs.
  keepNames: true,
  platform: 'node',
  // The packages' ES modules, where they have them: what is not used of those is left out.
  mainFields: ['module', 'main'],
  format: 'cjs',
  target: 'node20',
  // The file must not depend on where it was built.
  legalComments: 'none',
} as const satisfies BuildOptions;

/**
 * Bundles a function into one CommonJS file, which runs on Lambda and on SCF alike (SCF documents CommonJS only) and needs no `node_modules`. The
 * same sources give the same bytes.
 */
export async function bundle(name: string): Promise<Bundle> {
  const result = await build({
    ...BUNDLING,
    absWorkingDir: root,
    entryPoints: [join('functions', name, 'handler.ts')],
    outfile: 'index.js',
    write: false,
    sourcemap: 'linked',
    // The map names files and lines; the code itself is in the repository.
    sourcesContent: false,
  });
  const built = result.outputFiles.map(({ path, contents }) => ({ name: basename(path), bytes: contents }));
  const code = built.find((file) => file.name === 'index.js');
  if (code === undefined) throw new Error(`bundling ${name} gave no index.js`);
  const note = { name: 'package.json', bytes: Buffer.from('{"type":"commonjs"}\n') };
  return {
    files: [...built, note].sort((a, b) => (a.name < b.name ? -1 : 1)),
    codeBytes: code.bytes.length,
  };
}

/** Writes a function's files into a folder. */
export async function bundleIntoFolder(name: string, folder: string): Promise<Bundle> {
  const bundled = await bundle(name);
  await mkdir(folder, { recursive: true });
  for (const file of bundled.files) await writeFile(join(folder, file.name), file.bytes);
  return bundled;
}

/** Writes the zip that is deployed. */
export async function bundleIntoZip(name: string, file: string): Promise<Bundle> {
  const bundled = await bundle(name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, zip(bundled.files));
  return bundled;
}
