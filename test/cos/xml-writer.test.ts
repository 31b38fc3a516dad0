import { describe, expect, test } from '@jest/globals';
import { writeXml } from '../../lib/cos/xml-writer.js';

describe('writeXml', () => {
  test('writes elements in the order given, in UTF-8', () => {
    const xml = writeXml([
      'A',
      [
        ['B', '中'],
        ['C', []],
        ['D', [['E', '']]],
      ],
    ]);
    expect(Buffer.from(xml).toString('utf8')).toBe('<A><B>中</B><C></C><D><E></E></D></A>');
  });

  test('escapes what would be markup, and the carriage return that a reader would turn into a line feed', () => {
    const xml = writeXml(['A', `<b a="1" c='2'>&amp;]]>\r\n\t`]);
    expect(Buffer.from(xml).toString('utf8')).toBe(
      '<A>&lt;b a=&quot;1&quot; c=&apos;2&apos;&gt;&amp;amp;]]&gt;&#13;\n\t</A>',
    );
  });

  test.each([
    ['a control character', 'a\u0001b', 'U+0001'],
    ['NUL', '\u0000', 'U+0000'],
    ['half a surrogate pair', 'a\uD83D', 'U+D83D'],
    ['the other half', '\uDE00a', 'U+DE00'],
    ['a non-character', '\uFFFE', 'U+FFFE'],
  ])('refuses %s, and says where', (_what, text, named) => {
    const written = () => writeXml(['Request', [['Input', [['Object', text]]]]]);
    expect(written).toThrow(
      expect.objectContaining({
        code: 'forbidden-character',
        disposition: 'job',
        message: expect.stringMatching(`^Request\\.Input\\.Object .*${named.replace('+', '\\+')}`),
      }),
    );
  });
});
