import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { manifestSchema } from '../lib/manifest/index.js';
import { noticeSchema } from '../lib/notices/schema.js';

/** A JSON Schema that is published in the package. */
export interface PublishedSchema {
  /** From the root of the repository. */
  readonly file: string;
  readonly id: string;
  readonly schema: GenericSchema;
}

/** What consumers read. */
export const PUBLISHED = {
  manifest: { file: 'schema/manifest.v1.schema.json', id: 'urn:docjob:manifest:1', schema: manifestSchema },
  notice: { file: 'schema/notice.v1.schema.json', id: 'urn:docjob:notice:1', schema: noticeSchema },
} as const satisfies Readonly<Record<string, PublishedSchema>>;

/** The JSON Schema (draft 2020-12), made from the same source as the type. Throws when a rule cannot be expressed in it. */
export function jsonSchemaOf({ id, schema }: PublishedSchema): Readonly<Record<string, unknown>> {
  const { $schema, title, description, ...rest } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    errorMode: 'throw',
  });
  return { $schema, $id: id, title, description, ...rest };
}
