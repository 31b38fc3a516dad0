import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const operations = readFileSync('docs/operations.md', 'utf8');

/** The first cells of the rows of the tables below a heading. */
function rowsBelow(heading: string): readonly string[] {
  const section = operations.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  return Array.from(section.matchAll(/^\| `([^`]+)`/gm), ([, name = '']) => name);
}

const sources = readdirSync('lib', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join('lib', name), 'utf8'));

const namesIn = (text: string, pattern: RegExp): readonly string[] =>
  Array.from(text.matchAll(pattern), ([, name = '']) => name);

test('every event that is logged is in the table, and no event is there that nobody logs', () => {
  const documented = rowsBelow('Log events');
  const logged = sources.flatMap((text) => namesIn(text, /[lL]og(?:For\([^)]*\))?\.\w+\(\s*'([a-z-]+)'/g));
  expect(logged.length).toBeGreaterThan(20);
  expect(logged.filter((event) => !documented.includes(event))).toEqual([]);
  expect(new Set(documented).size).toBe(documented.length);
  expect(documented.filter((event) => !sources.some((text) => text.includes(`'${event}'`)))).toEqual([]);
});

test('every reason to give a job up is in the table, and that of SQS itself', () => {
  const [, union = ''] =
    /export type DeadLetterReason =([^;]*);/.exec(readFileSync('lib/queue/pending-queue.ts', 'utf8')) ?? [];
  const reasons = namesIn(union, /\| '([a-z-]+)'/g);
  expect(reasons.length).toBeGreaterThan(5);
  expect([...rowsBelow('Why a job was given up')].sort()).toEqual([...reasons, 'receive-limit'].sort());
});

test('every alarm of both clouds is in the tables', () => {
  const aws = namesIn(readFileSync('deploy/aws/alarms.ts', 'utf8'), /name(?::| =) ['`]([^'`]+)['`]/g);
  const tencent = namesIn(readFileSync('deploy/tencent/alarms.ts', 'utf8'), /`\$\{prefix\}([a-z]+)`/g);
  const alarms = [...aws.map((name) => name.replace(/\$\{[^}]*\}/, '<name>')), ...tencent];
  expect(alarms.length).toBeGreaterThan(6);
  expect([...rowsBelow('Alarms')].sort()).toEqual([...alarms].sort());
});
