import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What we read of a package.json and of a lockfile (version 3). */
interface Project {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
}
interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

/**
 * Prints the software bill of materials (CycloneDX, JSON) of what the function carries: `npm run sbom`.
 *
 * `npm sbom --omit dev` alone leaves out every runtime package that a development one needs as well: valibot among them here. So npm is shown a project that has no others.
 */
function main(): void {
  const project = JSON.parse(readFileSync('package.json', 'utf8')) as Project; // our own
  const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lockfile; // npm's
  const { '': root, ...packages } = lockfile.packages;
  const runtime = Object.entries(packages).filter(
    ([, { dev, devOptional }]) => dev !== true && devOptional !== true,
  );

  const folder = mkdtempSync(join(tmpdir(), 'docjob-sbom-'));
  try {
    // npm calls the component after its folder.
    const shown = join(folder, project.name);
    mkdirSync(shown);
    const write = (name: string, content: object): void =>
      writeFileSync(join(shown, name), JSON.stringify(content));
    write('package.json', { ...project, devDependencies: {} });
    write('package-lock.json', {
      ...lockfile,
      packages: { '': { ...root, devDependencies: {} }, ...Object.fromEntries(runtime) },
    });
    const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
    process.stdout.write(execFileSync('npm', args, { cwd: shown, maxBuffer: 16_000_000 }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
