import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCiTime, writeCiTime } from '../../local/ci/ci-time.js';
import { crc64Decimal } from '../../local/cos/crc64.js';
import { fileOfKey, keyOfFile } from '../../local/cos/key-file.js';
import { KeyedLock } from '../../local/cos/keyed-lock.js';
import { SortedKeys } from '../../local/cos/sorted-keys.js';
import { seededRandom } from '../../local/faults/seeded-random.js';
import { readXml } from '../../local/xml/read.js';
import { writeDocument } from '../../local/xml/write.js';
import { epochMs } from '../../lib/domain/units.js';
import { deferred } from '../support/deferred.js';

/** As long as one file name of ours gets. */
const LONG = 'x'.repeat(180);

/** Keys with everything that file systems dislike, and none that only differs in what UTF-8 cannot say. */
const anyKey = fc
  .array(
    fc.oneof(
      fc.constantFrom('/', '.', '..', '%', '%file', '\\', '\0', 'CON', ':', '中', 'x'.repeat(300), LONG),
      fc.string({ unit: 'grapheme' }),
    ),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(''));

describe('the file of a key', () => {
  test.each([
    ['manifests/d1.json', 'manifests/d1.json'],
    ['a', 'a%file'],
    ['a/b.txt', 'a/b.txt'],
    ['v1.2/b.txt', 'v1.2%dir/b.txt'],
    ['..', '%2E%2E%file'],
    ['a//b.txt', 'a/%empty/b.txt'],
    ['a/', 'a/%empty%file'],
    ['50%.txt', '50%25.txt'],
    [`${LONG}..`, `${LONG}%more/%2E%2E%file`],
  ])('of %s is %s', (key, file) => {
    expect(fileOfKey(key)).toBe(file);
  });

  test('leads back to the key, stays in its folder, and no file is another key’s folder', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (key, other) => {
        const file = fileOfKey(key);
        expect(keyOfFile(file)).toBe(key);
        for (const name of file.split('/')) {
          expect(name).toMatch(/^[\w.%()~-]{1,200}$/);
          expect(['.', '..']).not.toContain(name);
        }
        expect(fileOfKey(other).startsWith(`${file}/`)).toBe(false);
      }),
    );
  });

  test('is no key’s where no key has such a file', () => {
    expect(keyOfFile('a')).toBeUndefined();
    expect(keyOfFile('50%.txt')).toBeUndefined();
  });
});

describe('sorted keys', () => {
  test('are in the order of their UTF-8 bytes, and found there', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 40 }),
        fc.string({ unit: 'binary' }),
        (keys, prefix) => {
          const sorted = new SortedKeys();
          for (const key of keys) sorted.add(key);
          const expected = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

          expect(sorted.slice(0, keys.length)).toEqual(expected);
          const below = expected.filter((key) => key.startsWith(prefix));
          expect(sorted.slice(sorted.firstAtLeast(prefix), sorted.firstPast(prefix))).toEqual(below);
          for (const key of keys) sorted.remove(key);
          expect(sorted.at(0)).toBeUndefined();
        },
      ),
    );
  });
});

describe('small parts', () => {
  test('the checksum is CRC-64/XZ', () => {
    expect(crc64Decimal(Buffer.from('123456789'))).toBe('11051210869376104954');
    expect(crc64Decimal(Buffer.alloc(0))).toBe('0');
  });

  test('the lock keeps the order for one key, whatever becomes of the work before', async () => {
    const lock = new KeyedLock();
    const gate = deferred<undefined>();
    const events: string[] = [];
    const first = lock.run('a', async () => {
      await gate.promise;
      events.push('first');
      throw new Error('failed');
    });
    const second = lock.run('a', () => Promise.resolve(events.push('second')));
    await lock.run('b', () => Promise.resolve(events.push('other key')));
    gate.resolve(undefined);

    await expect(first).rejects.toThrow('failed');
    await second;
    expect(events).toEqual(['other key', 'first', 'second']);
  });

  test('chance depends on the seed alone', () => {
    const draw = (seed: number): number[] => Array.from({ length: 1_000 }, seededRandom(seed));

    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7).every((number) => number >= 0 && number < 1)).toBe(true);
  });

  test('CI’s times are Beijing’s, without a colon in the offset', () => {
    expect(writeCiTime(epochMs(Date.UTC(2020, 6, 24, 9, 28, 47, 999)))).toBe('2020-07-24T17:28:47+0800');
    expect(readCiTime('2020-07-24T17:28:47+0800')).toBe(Date.UTC(2020, 6, 24, 9, 28, 47));
    expect(readCiTime('2020-07-24T04:28:47-0500')).toBe(Date.UTC(2020, 6, 24, 9, 28, 47));
    expect(['2020-07-24T17:28:47+08:00', '2020-07-24', '-', ''].map(readCiTime)).toEqual(
      Array(4).fill(undefined),
    );
  });
});

describe('the XML of requests', () => {
  const read = (text: string) => readXml(Buffer.from(text));

  test('is read as it was written', () => {
    const written = writeDocument([
      'A',
      [
        ['B', 'x < y & "z" > \r 中'],
        ['C', ''],
        ['D', [['E', '1']]],
      ],
    ]);

    expect(read(written)).toMatchObject({
      name: 'A',
      children: [
        { name: 'B', text: 'x < y & "z" > \r 中' },
        { name: 'C', text: '' },
        { name: 'D', children: [{ name: 'E', text: '1' }] },
      ],
    });
  });

  test('knows comments and references', () => {
    expect(read('<?xml version="1.0"?>\n<!-- c --><a>&#20013;&#x4e2d;&apos;&amp;lt;</a>').text).toBe(
      "中中'&lt;",
    );
  });

  test.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a>x<b/></a>',
    '<a>&nbsp;</a>',
    '<a>&#0;</a>',
    '<a>&</a>',
    '<a b="c"/>',
    '<!DOCTYPE a><a/>',
    '<a><![CDATA[x]]></a>',
    '<a/>text',
    ' <?xml version="1.0"?><a/>',
    '<a>'.repeat(40),
  ])('is refused when it is %j', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ name: 'MalformedXml' }));
  });

  test('is refused when it is cut anywhere', () => {
    const whole = '<Request><Tag>DocProcess</Tag><Input><Object>a</Object></Input></Request>';
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => read(whole.slice(0, length))).toThrow(expect.objectContaining({ name: 'MalformedXml' }));
    }
  });

  test('is refused when it is not UTF-8', () => {
    expect(() => readXml(Buffer.from([0x3c, 0x61, 0x3e, 0xff]))).toThrow('not UTF-8');
  });
});
