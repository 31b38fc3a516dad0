import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A package as `npm pack --json` tells of it. */
export interface Packed {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
}

/** An npm registry on loopback that holds just the packages in a folder, as far as `npm install` asks for them. */
export async function startRegistry(
  folder: string,
  packages: readonly { readonly packed: Packed; readonly manifest: Readonly<Record<string, unknown>> }[],
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const tarballs = new Map(
    packages.map(({ packed }) => [
      `/tarballs/${packed.filename}`,
      readFileSync(join(folder, packed.filename)),
    ]),
  );
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    const tarball = tarballs.get(path);
    if (tarball !== undefined) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tarball);
      return;
    }
    const versions = packages.filter(({ packed }) => `/${packed.name}` === path);
    if (versions.length === 0) {
      response.writeHead(404).end('{}');
      return;
    }
    const body = {
      name: path.slice(1),
      'dist-tags': { latest: versions.at(-1)?.packed.version },
      versions: Object.fromEntries(
        versions.map(({ packed, manifest }) => [
          packed.version,
          {
            ...manifest,
            dist: {
              tarball: `${origin}/tarballs/${packed.filename}`,
              integrity: integrityOf(tarballs.get(`/tarballs/${packed.filename}`) ?? Buffer.alloc(0)),
            },
          },
        ]),
      ),
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const integrityOf = (bytes: Buffer): string =>
  `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
