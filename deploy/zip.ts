import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';

/** A file of a zip: its name in it, and its bytes. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The first moment that a zip can express (APPNOTE 4.4.6: MS-DOS time begins in 1980). */
const EPOCH = new Date(1980, 0, 1);

/** Owner reads and writes, everybody reads: Lambda refuses code that not everybody may read. */
const MODE = 0o100644;

/** A zip of these files in the order given. The same files give the same bytes, on any day and machine. */
export async function zip(entries: readonly ZipEntry[]): Promise<Buffer> {
  const file = new yazl.ZipFile();
  for (const { name, bytes } of entries) {
    // Without `forceDosTimestamp` the time would also stand there in UTC, so that the bytes would depend on the time zone.
    file.addBuffer(Buffer.from(bytes), name, { mtime: EPOCH, mode: MODE, forceDosTimestamp: true });
  }
  file.end();
  return buffer(file.outputStream);
}
