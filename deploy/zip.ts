import { zipSync } from 'fflate';

/** A file of a zip: its name in it, and its bytes. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The first moment that a zip can express (APPNOTE 4.4.6: MS-DOS time begins in 1980, and knows no time zone). */
const EPOCH = new Date(1980, 0, 1);

/** Owner reads and writes, everybody reads: Lambda refuses code that not everybody may read. */
const MODE = 0o100644;

/** "Made by" Unix (APPNOTE 4.4.2), or the mode would not count. */
const UNIX = 3;

/** A zip of these files in the order given. The same files give the same bytes, on any day and machine. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const files = entries.map(({ name, bytes }) => [name, bytes] as const);
  return Buffer.from(
    zipSync(Object.fromEntries(files), { mtime: EPOCH, attrs: MODE << 16, os: UNIX, level: 9 }),
  );
}
