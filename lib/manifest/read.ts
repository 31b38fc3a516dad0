import * as v from 'valibot';
import { ManifestError } from './manifest-error.js';
import { MAJOR_VERSION, manifestSchema, type Manifest } from './schema.js';

/**
 * The manifest in `bytes`, as they were read from its object: the typed way in for consumers. Takes every minor version of the major version
 * that it knows; fields that it does not know are left out.
 *
 * @throws ManifestError when the bytes are not whole JSON in UTF-8, are of another major version, or a field is missing or wrong.
 */
export function readManifest(bytes: string | Uint8Array): Manifest {
  const value = parseJson(bytes);
  refuseOtherMajor(value);
  const result = v.safeParse(manifestSchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new ManifestError(
    `the manifest is not valid at ${path ?? 'its root'}: ${issue.message}`,
    path === null ? {} : { path },
  );
}

function parseJson(bytes: string | Uint8Array): unknown {
  try {
    const text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(text);
  } catch (cause) {
    throw new ManifestError('the manifest is not whole JSON in UTF-8: read the object again', { cause });
  }
}

/** Said before the fields are looked at: those of another major version mean nothing here. A version that is none is left to the schema. */
function refuseOtherMajor(value: unknown): void {
  const versioned = v.safeParse(v.object({ schemaVersion: v.string() }), value);
  if (!versioned.success) return;
  const { schemaVersion } = versioned.output;
  const major = /^(\d+)\.\d+$/.exec(schemaVersion)?.[1];
  if (major === undefined || major === String(MAJOR_VERSION)) return;
  throw new ManifestError(
    `the manifest has schema version ${schemaVersion}, but this reader knows only ${MAJOR_VERSION}.x: use another version of docjob`,
    { path: 'schemaVersion' },
  );
}
