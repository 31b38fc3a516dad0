import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Bundles a function into `<folder>/index.js`: one CommonJS file with nothing beside it but the note that it is CommonJS, which runs on Lambda and
 * on SCF alike (SCF documents CommonJS only). Needs no `node_modules`. The same sources give the same bytes.
 *
 * @returns the size of the bundle in bytes
 */
export async function bundleFunction(name: string, folder: string): Promise<number> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join('functions', name, 'handler.ts')],
    outfile: 'index.js',
    write: false,
    bundle: true,
    minify: true,
    // Names of classes appear in errors and logs.
    keepNames: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // The file must not depend on where it was built.
    legalComments: 'none',
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`bundling ${name} gave no file`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.js'), file.contents);
  await writeFile(join(folder, 'package.json'), '{"type":"commonjs"}\n');
  return file.contents.length;
}
