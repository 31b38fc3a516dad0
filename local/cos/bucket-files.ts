import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { epochMs } from '../../lib/domain/units.js';
import { fileOfKey, keyOfFile } from './key-file.js';
import { fromDisk, writeSidecar, type StoredObject } from './stored-object.js';

/** The files of one bucket: contents below `<root>/<bucket>/`, what else is known of them below `<root>/.meta/<bucket>/`. Each write is whole or not at all. */
export class BucketFiles {
  readonly #contents: string;
  readonly #meta: string;
  readonly #temporary: string;
  #written = 0;

  constructor(root: string, bucket: string) {
    this.#contents = join(root, bucket);
    this.#meta = join(root, '.meta', bucket);
    this.#temporary = join(root, '.tmp', `${bucket}-${process.pid}`);
  }

  /** Stores a body, and its sidecar unless `object` says no more than the body does. */
  async write(object: StoredObject, body: Uint8Array, withSidecar: boolean): Promise<void> {
    const file = fileOfKey(object.key);
    if (withSidecar) await this.#replace(this.#sidecar(file), writeSidecar(object));
    await this.#replace(join(this.#contents, file), body);
  }

  /** The body of an object that is there. */
  read(key: string): Promise<Buffer> {
    return readFile(join(this.#contents, fileOfKey(key)));
  }

  /** Removes an object. */
  async remove(key: string): Promise<void> {
    const file = fileOfKey(key);
    await rm(join(this.#contents, file), { force: true });
    await rm(this.#sidecar(file), { force: true });
  }

  /** Every object on disk, and makes the bucket's folder when there is none. */
  async load(): Promise<StoredObject[]> {
    await mkdir(this.#contents, { recursive: true });
    const entries = await readdir(this.#contents, { recursive: true, withFileTypes: true });
    const objects: StoredObject[] = [];
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const key = keyOfFile(relative(this.#contents, path).split(sep).join('/'));
      if (key !== undefined) objects.push(await this.#loadOne(key, path));
    }
    return objects;
  }

  async #loadOne(key: string, path: string): Promise<StoredObject> {
    const sidecar = await readFile(this.#sidecar(fileOfKey(key)), 'utf8').catch(() => undefined);
    const { mtimeMs } = await stat(path);
    return fromDisk(key, await readFile(path), epochMs(Math.floor(mtimeMs)), sidecar);
  }

  #sidecar(file: string): string {
    return join(this.#meta, `${file}%meta.json`);
  }

  async #replace(path: string, content: string | Uint8Array): Promise<void> {
    this.#written += 1;
    const temporary = join(this.#temporary, String(this.#written));
    await writeInFolder(temporary, () => writeFile(temporary, content));
    await writeInFolder(path, () => rename(temporary, path));
  }
}

/** Tries first and makes the folder when there is none: most often there is one. */
async function writeInFolder(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isMissing(error)) throw error;
    await mkdir(dirname(path), { recursive: true });
    await write();
  }
}

/** Told by its code alone: an error of another realm (as in a test runner) is no instance of ours. */
function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
