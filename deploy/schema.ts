import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { jsonSchemaOf, PUBLISHED } from './json-schemas.js';

// Publishes the JSON Schemas of what consumers read: run by `npm run schema`, in the root of the repository.
for (const published of Object.values(PUBLISHED)) {
  const config = await resolveConfig(published.file);
  const json = await format(JSON.stringify(jsonSchemaOf(published)), { ...config, parser: 'json' });
  await writeFile(published.file, json);
}
