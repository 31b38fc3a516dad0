import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { BUNDLING } from '../../deploy/bundle.js';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A file that was bundled as functions are. */
export interface BenchBundle {
  readonly file: string;
  readonly bytes: number;
  /** The bytes of the bundle that each package has in it, the largest first; `docjob` is our own code. */
  readonly packages: readonly { readonly name: string; readonly bytes: number }[];
}

/** What is different from a deployment's bundle. */
export interface BenchBundleOptions {
  /** Leaves the code readable, for a profile. */
  readonly isReadable?: boolean;
}

/** Bundles one file of this repository with the options of a deployment, for docjob and its peers alike. */
export async function bundleForBench(
  entry: string,
  folder: string,
  { isReadable = false }: BenchBundleOptions = {},
): Promise<BenchBundle> {
  const name = entry.replaceAll(/[^a-z0-9-]+/gi, '-');
  const outfile = join(folder, name, 'index.cjs');
  await mkdir(join(folder, name), { recursive: true });
  const { metafile } = await build({
    ...BUNDLING,
    minify: !isReadable,
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    metafile: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'error',
  });
  return { file: outfile, ...accountOf(metafile) };
}

/** A bundle's bytes by package: all but what esbuild itself adds to tie the files together. */
function accountOf({ outputs }: Metafile): Pick<BenchBundle, 'bytes' | 'packages'> {
  const [code] = Object.entries(outputs)
    .filter(([path]) => path.endsWith('.cjs'))
    .map(([, output]) => output);
  if (code === undefined) throw new Error('the bundle has no code');
  const bytes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(code.inputs)) {
    const name = packageOf(path);
    bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
  }
  const packages = [...bytes].map(([name, size]) => ({ name, bytes: size })).filter((one) => one.bytes > 0);
  return { bytes: code.bytes, packages: packages.sort((a, b) => b.bytes - a.bytes) };
}

/** The package that a source file belongs to, by its path in this repository. */
export function packageOf(path: string): string {
  const inPackage = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  return inPackage ?? (path.startsWith('bench/') ? 'bench' : 'docjob');
}
