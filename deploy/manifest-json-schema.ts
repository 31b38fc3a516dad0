import { toJsonSchema } from '@valibot/to-json-schema';
import { manifestSchema } from '../lib/manifest/index.js';

/** Where the schema is published, from the root of the repository. */
export const SCHEMA_FILE = 'schema/manifest.v1.schema.json';

/** The JSON Schema (draft 2020-12) of a manifest, made from the same source as its type. Throws when a rule cannot be expressed in it. */
export function manifestJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, title, description, ...rest } = toJsonSchema(manifestSchema, {
    target: 'draft-2020-12',
    errorMode: 'throw',
  });
  return { $schema, $id: 'urn:docjob:manifest:1', title, description, ...rest };
}
