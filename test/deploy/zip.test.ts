import { expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
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
    "process.stdout.write(zip(files.map(({ name, text }) => ({ name, bytes: Buffer.from(text) }))).toString('base64'));";
  const made = ['Pacific/Kiritimati', 'America/Los_Angeles'].map((TZ) =>
    execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      env: { ...process.env, TZ },
      encoding: 'utf8',
    }),
  );
  expect(made[0]).not.toBe('');
  expect(made[1]).toBe(made[0]);
});

test('holds each file whole, in the order given, readable by everybody', () => {
  const bytes = zip(FILES);
  const unzipped = Object.entries(unzipSync(bytes)).map(([name, content]) => ({
    name,
    bytes: Buffer.from(content),
  }));
  expect(unzipped).toEqual(FILES);
  // The central directory (APPNOTE 4.3.12): one header for each file, with the mode in the upper half of its attributes, at offset 38.
  const modes: number[] = [];
  for (
    let at = bytes.indexOf('PK\u0001\u0002', 0, 'latin1');
    at >= 0;
    at = bytes.indexOf('PK\u0001\u0002', at + 4, 'latin1')
  ) {
    expect(bytes[at + 5]).toBe(3);
    modes.push(bytes.readUInt32LE(at + 38) >>> 16);
  }
  expect(modes).toEqual(FILES.map(() => 0o100644));
});
