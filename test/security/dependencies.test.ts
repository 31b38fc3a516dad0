import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Sbom {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly name: string; readonly type: string } };
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly hashes?: readonly { readonly alg: string }[];
    readonly licenses?: readonly unknown[];
  }[];
}

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const text = (path: string): string => readFileSync(root(path), 'utf8');

// The project's own, and npm's of version 3.
const project = JSON.parse(text('package.json')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>;
const locked = (JSON.parse(text('package-lock.json')) as { packages: Record<string, Locked> }).packages;
const packages = Object.entries(locked).filter(([path]) => path !== '');

const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Where Node finds `name` for the package at `from`; undefined for an optional one that is not there. */
function resolve(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (locked[path] !== undefined) return path;
    if (folder === '') return undefined;
  }
}

/** All packages that are reached from the runtime dependencies: another way to them than npm's marks. */
function runtimePaths(): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (name: string, from: string): void => {
    const path = resolve(name, from);
    if (path === undefined || reached.has(path)) return;
    reached.add(path);
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = locked[path] ?? {};
    const peers = Object.keys(peerDependencies ?? {}).filter(
      (peer) => peerDependenciesMeta?.[peer]?.optional !== true,
    );
    for (const next of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers])
      visit(next, path);
  };
  for (const name of Object.keys(project.dependencies)) visit(name, '');
  return reached;
}

describe('install scripts', () => {
  const documented = /## Install scripts\n([^#]*)/.exec(text('docs/dependencies.md'))?.[1] ?? '';
  const having = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);

  test('are all listed, with what they do, in docs/dependencies.md, and nothing else is', () => {
    const listed = Array.from(documented.matchAll(/`((?:@[\w-]+\/)?[\w.-]+)`/g), ([, name]) => name);
    expect([...new Set(having.map(([path]) => nameOf(path)))].sort()).toEqual([...new Set(listed)].sort());
  });

  test('are none of the function’s', () => {
    const runtime = runtimePaths();
    expect(having.filter(([path, { dev }]) => dev !== true || runtime.has(path))).toEqual([]);
  });
});

describe('the lockfile', () => {
  test('pins what package.json pins: exact versions, everywhere', () => {
    for (const [name, wanted] of Object.entries({ ...project.dependencies, ...project.devDependencies })) {
      const version = /^(?:npm:[\w@/-]+@)?(\d+\.\d+\.\d+)$/.exec(wanted)?.[1];
      expect([name, locked[`node_modules/${name}`]?.version]).toEqual([
        name,
        version ?? `an exact version, not ${wanted}`,
      ]);
    }
  });

  test('names no address to download from: no package can come from elsewhere than its registry', () => {
    expect(packages.filter(([, { resolved, link }]) => resolved !== undefined || link === true)).toEqual([]);
    const foreign = packages.flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.entries({ ...dependencies, ...optionalDependencies })
        .filter(([, wanted]) => /^(?:https?|git|file|github|link)\b.*[:/]/.test(wanted))
        .map(([name]) => `${name} for ${path}`),
    );
    expect(foreign).toEqual([]);
  });

  test('has the hash of every package but the documented platform packages of development tools', () => {
    const without = packages.filter(([, { integrity }]) => integrity === undefined);
    const unexpected = without.filter(
      ([path, { dev }]) =>
        dev !== true ||
        !/^node_modules\/(?:@swc\/core-|@oxc-parser\/binding-|@unrs\/resolver-binding-)[a-z0-9-]+$/.test(
          path,
        ),
    );
    expect(unexpected).toEqual([]);
    // Nothing that is installed where the tests and the deployments run.
    expect(without.filter(([path]) => /linux-(?:x64|arm64)-(?:gnu|musl)$/.test(path))).toEqual([]);
  });

  test('has hashes of SHA-512 alone', () => {
    const weak = packages.filter(([, { integrity = 'sha512-' }]) => !integrity.startsWith('sha512-'));
    expect(weak.map(([path]) => path)).toEqual([]);
  });
});

describe('the bill of materials', () => {
  const sbom = (): Sbom =>
    // CycloneDX, as npm writes it.
    JSON.parse(
      execFileSync(process.execPath, ['--import', 'tsx', 'deploy/sbom.ts'], {
        cwd: root('.'),
        maxBuffer: 16_000_000,
      }).toString(),
    ) as Sbom;

  test('lists exactly the runtime dependencies, each with version and hash', () => {
    const { bomFormat, metadata, components } = sbom();
    expect([bomFormat, metadata.component.name]).toEqual(['CycloneDX', 'docjob']);
    const expected = [...runtimePaths()].map((path) => `${nameOf(path)}@${locked[path]?.version ?? ''}`);
    expect(components.map(({ name, version }) => `${name}@${version}`).sort()).toEqual(
      [...new Set(expected)].sort(),
    );
    for (const name of Object.keys(project.dependencies))
      expect(components.map((one) => one.name)).toContain(name);
    for (const { hashes = [], licenses = [] } of components) {
      expect(hashes[0]?.alg).toBe('SHA-512');
      expect(licenses.length).toBeGreaterThan(0);
    }
  });
});
