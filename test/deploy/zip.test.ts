import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { zip } from '../../deploy/zip.js';

const FILES = [
  { name: 'index.js', bytes: Buffer.from('exports.handler = () => {};\n'.repeat(100)) },
  { name: 'package.json', bytes: Buffer.from('{"type":"commonjs"}\n') },
];

test('the same files make the same bytes, whatever the time zone', () => {
  const script =
    "import { zip } from './deploy/zip.ts';" +
    `const files = ${JSON.stringify(FILES.map(({ name, bytes }) => ({ name, text: bytes.toString() })))};` +
    "zip(files.map(({ name, text }) => ({ name, bytes: Buffer.from(text) }))).then((b) => process.stdout.write(b.toString('base64')));";
  const made = ['Pacific/Kiritimati', 'America/Los_Angeles'].map((TZ) =>
    execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      env: { ...process.env, TZ },
      encoding: 'utf8',
    }),
  );
  expect(made[0]).not.toBe('');
  expect(made[1]).toBe(made[0]);
});

test('holds each file in the order given, readable by everybody', async () => {
  const bytes = await zip(FILES);
  // The central directory (APPNOTE 4.3.12): one header for each file, with its name at offset 46 and its attributes at 38.
  const headers: { readonly name: string; readonly mode: number }[] = [];
  let at = bytes.indexOf('PK\u0001\u0002', 0, 'latin1');
  while (at >= 0) {
    const name = bytes.toString('utf8', at + 46, at + 46 + bytes.readUInt16LE(at + 28));
    headers.push({ name, mode: bytes.readUInt32LE(at + 38) >>> 16 });
    at = bytes.indexOf('PK\u0001\u0002', at + 4, 'latin1');
  }
  expect(headers).toEqual(FILES.map(({ name }) => ({ name, mode: 0o100644 })));
});
