import { Ajv2020 } from 'ajv/dist/2020.js';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PUBLISHED } from '../../deploy/json-schemas.js';

/** The schema as it is published, text and all. */
export const publishedSchema = (): string =>
  readFileSync(new URL(`../../${PUBLISHED.manifest.file}`, import.meta.url), 'utf8');

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
// An object: that it is a schema, `compile` checks.
const validate = ajv.compile(JSON.parse(publishedSchema()) as Record<string, unknown>);

/** Whether the published schema accepts `value`, by a validator that shares no code with ours. */
export const isValidManifest = (value: unknown): boolean => validate(value);

/** Fails unless `bytes` are a manifest by the published schema. For every test that comes by a manifest, whoever wrote it. */
export function assertValidManifest(bytes: string | Uint8Array): void {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
  const valid = validate(JSON.parse(text));
  assert.ok(valid, `not a valid manifest: ${ajv.errorsText(validate.errors, { separator: '; ' })}`);
}
