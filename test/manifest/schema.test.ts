import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as v from 'valibot';
import { jsonSchemaOf, PUBLISHED } from '../../deploy/json-schemas.js';
import { buildManifest, manifestBytes, manifestSchema } from '../../lib/manifest/index.js';
import { SOURCE } from '../support/pending-jobs.js';
import { anyEndedJob } from './arbitraries.js';
import { assertValidManifest, isValidManifest, publishedSchema } from './assert-valid-manifest.js';

describe('the published JSON Schema', () => {
  test('is the one that the types come from: run `npm run schema` when this fails', () => {
    expect(JSON.parse(publishedSchema())).toEqual(
      JSON.parse(JSON.stringify(jsonSchemaOf(PUBLISHED.manifest))),
    );
  });

  test('describes every field', () => {
    const undescribed: string[] = [];
    const visit = (path: string, schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      if ('properties' in schema && typeof schema.properties === 'object') {
        for (const [name, field] of Object.entries(schema.properties ?? {})) {
          const fieldPath = `${path}/${name}`;
          if (typeof field !== 'object' || field === null || !('description' in field))
            undescribed.push(fieldPath);
          visit(fieldPath, field);
        }
      }
      if ('items' in schema) visit(path, schema.items);
      if ('anyOf' in schema && Array.isArray(schema.anyOf)) schema.anyOf.forEach((one) => visit(path, one));
    };
    visit('', jsonSchemaOf(PUBLISHED.manifest));
    expect(undescribed).toEqual([]);
  });
});

/** Every path to a value inside `value`, the root's (empty) path first. */
function pathsOf(value: unknown): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const inner = Object.entries(value).flatMap(([name, field]) =>
    pathsOf(field).map((path) => [name, ...path]),
  );
  return [[], ...inner];
}

/** `value` with `replacement` at `path`, as JSON keeps it: undefined takes a field away, and makes null of an item or the root. */
function changed(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return replacement ?? null;
  const copy: unknown = structuredClone(value);
  if (typeof copy !== 'object' || copy === null) return copy;
  const inner = Object.entries(copy).find(([key]) => key === name)?.[1] as unknown; // untyped in the library
  Object.assign(copy, { [name]: rest.length === 0 ? replacement : changed(inner, rest, replacement) });
  return JSON.parse(JSON.stringify(copy));
}

/** Values that lie close to what the schema asks for. */
const nearMiss = fc.oneof(
  fc.constantFrom<unknown[]>(
    undefined,
    null,
    true,
    '',
    'Success',
    'Pause',
    '1.0',
    '1.12',
    '1.01',
    '2.0',
    0,
    -1,
    1.5,
    1e300,
    [],
    {},
    '2020-07-24T17:28:47+08:00',
    '2020-07-24T17:28:47.5Z',
    '2020-07-24T17:28:47+0800',
    '2020-07-24T17:28:47+08:00\n',
  ),
  fc.jsonValue(),
);

describe('the published JSON Schema and our own reader agree', () => {
  test('on manifests with any one field replaced or taken away', () => {
    const seen = { accepted: 0, refused: 0 };
    const mutants = anyEndedJob.chain((job) => {
      const manifest: unknown = JSON.parse(manifestBytes(buildManifest(job, SOURCE, true)).toString());
      return fc
        .tuple(fc.constantFrom(...pathsOf(manifest)), nearMiss)
        .map(([path, value]) => changed(manifest, path, value));
    });
    fc.assert(
      fc.property(mutants, (mutant) => {
        const accepted = v.is(manifestSchema, mutant);
        expect(isValidManifest(mutant)).toBe(accepted);
        seen[accepted ? 'accepted' : 'refused']++;
      }),
      { numRuns: 2_000 },
    );
    // Both sides were exercised.
    expect(seen.accepted).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(100);
  });

  test('on fields that later minor versions may add', () => {
    fc.assert(
      fc.property(anyEndedJob, fc.jsonValue(), (job, value) => {
        const manifest = buildManifest(job, SOURCE, true);
        const later = { ...manifest, job: { ...manifest.job, later: value }, later: value };
        expect(v.is(manifestSchema, later)).toBe(true);
        expect(isValidManifest(later)).toBe(true);
      }),
    );
  });
});

test('the helper for other tests says what is wrong and where', () => {
  expect(() => assertValidManifest('{"schemaVersion":"1.0"}')).toThrow(
    /not a valid manifest: .*must have required property 'job'/,
  );
});
