import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { manifestJsonSchema, SCHEMA_FILE } from './manifest-json-schema.js';

// Publishes the JSON Schema of the manifest: run by `npm run schema`, in the root of the repository.
const config = await resolveConfig(SCHEMA_FILE);
const json = await format(JSON.stringify(manifestJsonSchema()), { ...config, parser: 'json' });
await writeFile(SCHEMA_FILE, json);
