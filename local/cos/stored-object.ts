import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { epochMs, type EpochMs } from '../../lib/domain/units.js';
import { crc64Decimal } from './crc64.js';

/** What a body amounts to. */
export interface Digests {
  readonly size: number;
  /** Hex; COS shows it in quotes. */
  readonly md5: string;
  /** Decimal, as `x-cos-hash-crc64ecma` has it. */
  readonly crc64: string;
}

/** Everything about an object but its bytes. */
export interface StoredObject extends Digests {
  readonly key: string;
  readonly lastModified: EpochMs;
  /** Headers that come back with it: `content-type`, others of content, and `x-cos-meta-*`; names in lower case, values byte text. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The digests of a body. */
export function digestsOf(body: Uint8Array): Digests {
  return {
    size: body.byteLength,
    md5: createHash('md5').update(body).digest('hex'),
    crc64: crc64Decimal(body),
  };
}

/** What lies beside an object on disk. */
const Sidecar = v.object({
  size: v.number(),
  md5: v.string(),
  crc64: v.string(),
  lastModified: v.number(),
  headers: v.record(v.string(), v.string()),
});

/** The text of an object's sidecar file. */
export function writeSidecar({ size, md5, crc64, lastModified, headers }: StoredObject): string {
  return `${JSON.stringify({ size, md5, crc64, lastModified, headers })}\n`;
}

/**
 * The object that a file and its sidecar make. A file that somebody put there by hand has none, or one that no longer fits: then the file alone
 * counts.
 */
export function fromDisk(
  key: string,
  body: Buffer,
  modifiedAt: EpochMs,
  sidecar: string | undefined,
): StoredObject {
  const digests = digestsOf(body);
  const known = sidecar === undefined ? undefined : parseSidecar(sidecar);
  return known?.md5 === digests.md5
    ? { key, ...digests, headers: known.headers, lastModified: epochMs(known.lastModified) }
    : { key, ...digests, headers: { 'content-type': DEFAULT_TYPE }, lastModified: modifiedAt };
}

/** The type of an object that was stored without one. */
export const DEFAULT_TYPE = 'application/octet-stream';

function parseSidecar(text: string): v.InferOutput<typeof Sidecar> | undefined {
  try {
    return v.parse(Sidecar, JSON.parse(text));
  } catch {
    return undefined;
  }
}
