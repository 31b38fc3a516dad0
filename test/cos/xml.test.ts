import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { writeXml } from '../../lib/cos/xml-writer.js';
import { syntaxProblem } from '../../lib/cos/xml-syntax.js';
import { parseXml, type XmlElement } from '../../lib/cos/xml.js';

const MAX_BYTES = 100_000;

function parse(body: string | Uint8Array, root = 'R', maxBytes = MAX_BYTES): XmlElement {
  return parseXml({ body: Buffer.from(body), requestId: 'request-7' }, root, maxBytes);
}

/** The error that `act` throws, which must be an UndecodableError with the request ID. */
function refusal(act: () => unknown): UndecodableError {
  try {
    act();
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    expect(error).toMatchObject({
      code: 'undecodable-answer',
      disposition: 'transient',
      requestId: 'request-7',
    });
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a body that is no whole document is refused', () => {
  test.each<[what: string, body: string, problem: string]>([
    ['nothing', '', 'is empty'],
    ['white space', ' \r\n\t', 'no root element'],
    ['only a declaration', '<?xml version="1.0"?>', 'no root element'],
    ['only a comment', '<!-- R -->', 'no root element'],
    ['plain text', 'upstream timed out', 'text outside its root'],
    ['JSON', '{"Response":{}}', 'text outside its root'],
    ['a root that never ends', '<R><A>1</A>', 'ends inside R: it was cut short'],
    ['a child that never ends', '<R><A>1</R>', 'closes R where A is open'],
    ['a tag that never ends', '<R><A', 'character 3'],
    ['a closing tag that never ends', '<R></R', 'character 3'],
    ['an attribute that never ends', '<R a="></R>', 'character 0'],
    ['a comment that never ends', '<R></R><!-- ', 'comment'],
    ['a CDATA section that never ends', '<R><![CDATA[x]]</R>', 'CDATA'],
    ['tags that cross', '<R><A><B></A></B></R>', 'closes A where B is open'],
    ['tags of another case', '<R><A></a></R>', 'closes a where A is open'],
    ['a closing tag too many', '<R></R></R>', 'closes R where nothing is open'],
    ["the documentation's skeleton", '<R><TgtType></TgtType/></R>', 'character 12'],
    ['a closing tag that is also empty, and balanced', '<R><A></A/></A></R>', 'character 6'],
    ['a closing tag with attributes', '<R><A></A b="c"></R>', 'character 6'],
    ['two roots', '<R></R><R></R>', 'more than one root'],
    ['two empty roots', '<R/><R/>', 'more than one root'],
    ['a full root and an empty one', '<R>x</R><B/>', 'more than one root'],
    ['text before the root', 'x<R/>', 'text outside its root'],
    ['text after the root', '<R></R>x', 'text outside its root'],
    ['text after an empty root', '<R/>x', 'text outside its root'],
    ['text and a comment after an empty root', '<R/>x<!-- -->', 'text outside its root'],
    ['a reference after the root', '<R/>&#32;', 'text outside its root'],
    ['CDATA after the root', '<R/><![CDATA[]]>', 'text outside its root'],
    ['CDATA before the root', '<![CDATA[ ]]><R/>', 'text outside its root'],
    ['an HTML page', '<html><body>502</body></html>', 'has the root element html'],
    ['another root', '<Error><Code>SlowDown</Code></Error>', 'has the root element Error'],
    ['a root with a prefix', '<x:R/>', 'has the root element x:R'],
    ['a root with a name that would not fit into a message', `<${'R'.repeat(5_000)}/>`, 'character 0'],
    ['an end with such a name', `<R></${'R'.repeat(5_000)}>`, 'character 3'],
  ])('%s', (_what, body, problem) => {
    expect(refusal(() => parse(body)).message).toContain(problem);
  });

  test('a root that is another one is named, and nothing beside it', () => {
    expect(refusal(() => parse('<Error a="1"><Code>SlowDown</Code></Error>')).message).toMatch(
      /has the root element Error$/,
    );
  });

  test('every beginning of a document', () => {
    const whole = '<?xml version="1.0"?>\n<R a="1"><!-- c --><A>1 &amp; 2</A><B/><![CDATA[ ]]></R>';
    expect(parse(whole).text('A')).toBe('1 & 2');
    for (let length = 0; length < whole.length; length += 1) refusal(() => parse(whole.slice(0, length)));
  });
});

describe('what is lexically not XML, or more of it than the service sends, is refused', () => {
  test.each<[what: string, body: string, problem: string]>([
    ['a DOCTYPE', '<!DOCTYPE R><R/>', 'has a DOCTYPE'],
    ['an HTML DOCTYPE', '<!doctype html><html></html>', 'character 0'],
    ['a DOCTYPE inside the root', '<R><!DOCTYPE R [<!ENTITY a "b">]>&a;</R>', 'has a DOCTYPE'],
    ['an unknown declaration, which the parser takes for an element', '<R><!X><A>1</A></R>', 'character 3'],
    ['a conditional section', '<R><![INCLUDE[x]]></R>', 'character 3'],
    ['a processing instruction', '<?php echo 1 ?><R/>', 'processing instruction'],
    [
      'a processing instruction that hides an element',
      `<R><?a '?><A>1</A><?b '?></R>`,
      'processing instruction',
    ],
    ['a declaration after the beginning', ' <?xml version="1.0"?><R/>', 'XML declaration'],
    ['a second declaration', '<?xml version="1.0"?><?xml version="1.0"?><R/>', 'XML declaration'],
    ['a declaration of another encoding', '<?xml version="1.0" encoding="GBK"?><R/>', 'another encoding'],
    ['a declaration without a version', '<?xml encoding="UTF-8"?><R/>', 'XML declaration'],
    ['a comment with two hyphens inside', '<R><!-- a -- b --></R>', 'comment'],
    ['a comment that ends as it begins', '<R><!--></R>', 'comment'],
    ['a bare ampersand', '<R>a & b</R>', '&'],
    ['an ampersand at the end of the text', '<R>a&</R>', '&'],
    ['an entity of HTML', '<R>&nbsp;</R>', '&'],
    ['an unknown entity after a known one', '<R>&amp;&bomb;</R>', '&'],
    ['a reference to nothing', '<R>&;</R>', '&'],
    ['a reference without digits', '<R>&#;</R>', '&'],
    ['a reference in another case', '<R>&#X41;</R>', '&'],
    ['a stray end of CDATA', '<R>a]]>b</R>', 'CDATA'],
    ['a stray <', '<R>a < b</R>', 'character 5'],
    ['a name that begins with a digit', '<R><1A/></R>', 'character 3'],
    ['a name with a space that only some take for one', '<R><A\u1680B></A\u1680B></R>', 'character 3'],
    ['an attribute without a value', '<R a/>', 'character 0'],
    ['an attribute without quotes', '<R a=1/>', 'character 0'],
    ['a second byte order mark', '\uFEFF\uFEFF<R/>', 'text outside its root'],
    ['more attributes than any answer has', `<R ${'a="1" '.repeat(33)}/>`, 'character 0'],
  ])('%s', (_what, body, problem) => {
    expect(refusal(() => parse(body)).message).toContain(problem);
  });

  test.each(['\u0000', '\u0001', '\u0008', '\u000B', '\u001F', '\uFFFE', '\uFFFF'])(
    'the forbidden character %j, as such and by reference, in text and in CDATA',
    (character) => {
      const code = character.charCodeAt(0).toString(16);
      const named = `U+${code.toUpperCase().padStart(4, '0')}`;
      expect(refusal(() => parse(`<R>a${character}b</R>`)).message).toContain(named);
      expect(refusal(() => parse(`<R><![CDATA[${character}]]></R>`)).message).toContain(named);
      expect(refusal(() => parse(`<R>a&#x${code};b</R>`)).message).toContain(`&#x${code};`);
    },
  );

  test.each(['&#xD800;', '&#xDFFF;', '&#x110000;', '&#4294967297;', '&#0;', '&#xFFFFFFFF;'])(
    'the reference %s to no character',
    (reference) => {
      expect(refusal(() => parse(`<R>${reference}</R>`)).message).toContain(reference);
    },
  );

  test('bytes that are not UTF-8', () => {
    const body = Buffer.from('<R>x</R>');
    for (const byte of [0x80, 0xc0, 0xff]) {
      body[3] = byte;
      expect(refusal(() => parse(body)).message).toContain('not UTF-8');
    }
  });

  test('a character cut in half', () => {
    refusal(() =>
      parse(Buffer.concat([Buffer.from('<R>'), Buffer.from('中').subarray(0, 2), Buffer.from('</R>')])),
    );
  });

  test('UTF-16', () => {
    refusal(() => parse(Buffer.from('\uFEFF<R/>', 'utf16le')));
  });
});

describe('size is bounded', () => {
  test('a body of exactly the limit is read, one byte more is refused before it is decoded', () => {
    expect(parse('<R>12345</R>', 'R', 12).value).toBe('12345');
    expect(refusal(() => parse('<R>123456</R>', 'R', 12)).message).toContain(
      'has 13 bytes, more than the 12 allowed',
    );
    // Not UTF-8 either, which nobody gets to see.
    expect(refusal(() => parse(Buffer.alloc(13, 0xff), 'R', 12)).message).toContain('13 bytes');
  });

  test('the limit counts bytes, not characters', () => {
    refusal(() => parse('<R>中文字符</R>', 'R', 12));
  });

  test.each([65, 101, 20_000])('nesting %i deep is refused, and nothing overflows', (depth) => {
    const body = `${'<R>'.repeat(depth)}${'</R>'.repeat(depth)}`;
    expect(refusal(() => parse(body, 'R', 1_000_000)).message).toContain('nested more than 64 deep');
  });

  test('nesting 64 deep is read', () => {
    let element: XmlElement | null = parse(`${'<R>'.repeat(64)}bottom${'</R>'.repeat(64)}`);
    for (let depth = 1; depth < 64; depth += 1) element = element?.child('R') ?? null;
    expect(element?.value).toBe('bottom');
  });

  test('a hundred thousand elements pass, one more is refused', () => {
    // The parser would take its time over so many.
    expect(syntaxProblem(`<R>${'<a/>'.repeat(99_999)}</R>`)).toBeUndefined();
    expect(refusal(() => parse(`<R>${'<a/>'.repeat(100_000)}</R>`, 'R', 1_000_000)).message).toContain(
      'more than 100000 elements',
    );
  });

  test('entity bombs are refused unexpanded', () => {
    const lol =
      '<!DOCTYPE R [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>';
    refusal(() => parse(`${lol}<R>&c;</R>`));
    const long = `<!DOCTYPE R [<!ENTITY a "${'a'.repeat(9_000)}">]>`;
    refusal(() => parse(`${long}<R>${'&a;'.repeat(50_000)}</R>`, 'R', 1_000_000));
    refusal(() => parse('<!DOCTYPE R [<!ENTITY a SYSTEM "file:///etc/passwd">]><R>&a;</R>'));
  });

  test('very many references that need no declaration are decoded: each is longer than what it stands for', () => {
    expect(parse(`<R>${'&#x4e2d;&lt;'.repeat(20_000)}</R>`, 'R', 1_000_000).value).toBe('中<'.repeat(20_000));
  });

  test('a refused document leaves nothing behind for the next', () => {
    refusal(() => parse('<R>&#1;</R>'));
    refusal(() => parse('<R><__proto__/></R>'));
    refusal(() => parse('<?xml version="1.1"?><R>&#1;</R>'));
    expect(parse('<R>&amp;</R>').value).toBe('&');
  });
});

describe('text is text', () => {
  test.each(['001', '1e5', '0x1F', 'true', 'null', '-0', '1.0', 'NaN', '9007199254740993'])(
    '%s stays %s',
    (text) => {
      expect(parse(`<R><A>${text}</A></R>`).text('A')).toBe(text);
    },
  );

  test.each<[what: string, xml: string, text: string | null]>([
    ['the five named references', '&lt;&gt;&amp;&quot;&apos;', `<>&"'`],
    ['decimal references', '&#39;&#20013;', `'中`],
    ['hexadecimal references', '&#x4e2d;&#x1F600;', '中😀'],
    ['references with leading zeros', '&#0065;&#x0041;', 'AA'],
    ['a reference to the last character of all', '&#x10FFFF;', '\u{10FFFF}'],
    ['a reference is decoded once', '&amp;lt;', '&lt;'],
    ['a reference to white space inside', 'a&#10;b', 'a\nb'],
    ['CDATA', '<![CDATA[<A>&amp;</A>]]>', '<A>&amp;</A>'],
    ['text around CDATA keeps its spaces', 'a <![CDATA[ b ]]> c', 'a  b  c'],
    ['two CDATA sections', '<![CDATA[]]]]><![CDATA[>]]>', ']]>'],
    ['CDATA that looks like a DOCTYPE', '<![CDATA[<!DOCTYPE html>]]>', '<!DOCTYPE html>'],
    ['a comment inside text', 'a<!-- <A>1</A> & -->b', 'ab'],
    ['outer white space', ' \r\n\t a b \n', 'a b'],
    ['line ends', 'a\r\nb\rc', 'a\nb\nc'],
    ['a no-break space is text', '\u00A0a\u3000', '\u00A0a\u3000'],
    ['a > is text', 'a > b', 'a > b'],
    ['quotes are text', `"it's"`, `"it's"`],
    ['characters beyond the first plane', '𠮷😀', '𠮷😀'],
    ['nothing', '', null],
    ['only white space', ' \n ', null],
    ['only a comment', '<!-- a -->', null],
    ['empty CDATA', '<![CDATA[]]>', null],
  ])('%s', (_what, xml, text) => {
    expect(parse(`<R><A>${xml}</A></R>`).text('A')).toBe(text);
  });

  test('an attribute does not make an object of it', () => {
    const root = parse(
      `<R xmlns="https://example.com/x" lang='zh'><A b="1"  c = '"2">' >text</A><B d="/"/></R>`,
    );
    expect(root.text('A')).toBe('text');
    expect(root.child('B')?.value).toBeNull();
  });

  test.each([
    '<?xml version="1.0"?>',
    `<?xml version='1.0' encoding='utf-8'?>`,
    '<?xml version="1.1" encoding="UTF-8" standalone="yes" ?>\n',
    `<?xml \t\r\nversion \t\r\n= \t\r\n"1.10" \t\r\nencoding \t\r\n= \t\r\n'utf-8' \t\r\nstandalone \t\r\n= \t\r\n"no" \t\r\n?>`,
    '\uFEFF',
    '\uFEFF<?xml version="1.0" encoding="US-ASCII"?>\n<!-- made by hand -->\n',
    '\n\n',
  ])('%j may stand before the root', (prolog) => {
    expect(parse(`${prolog}<R>1</R>\n<!-- end -->\n`).value).toBe('1');
  });
});

describe('an element', () => {
  const root = parse('<R><A>1</A><B/><C>2</C><C> </C><C>3</C><D><E>4</E></D><F>x<G>5</G></F></R>');

  test('gives the text of a child, and null when it is absent or empty', () => {
    expect([root.text('A'), root.text('B'), root.text('Z')]).toEqual(['1', null, null]);
  });

  test('gives a child, also an empty one, and null when it is absent', () => {
    expect(root.child('D')?.text('E')).toBe('4');
    expect(root.child('B')).not.toBeNull();
    expect(root.child('B')?.text('X')).toBeNull();
    expect(root.child('Z')).toBeNull();
    expect(root.child('E')).toBeNull();
  });

  test('gives all children of a name in order, be it none, one or many', () => {
    expect(root.children('C').map((child) => child.value)).toEqual(['2', null, '3']);
    expect(root.children('A').map((child) => child.value)).toEqual(['1']);
    expect(root.children('Z')).toEqual([]);
  });

  test('says where it stands', () => {
    expect(root.child('D')?.child('E')?.path).toBe('R.D.E');
    expect(root.children('C').map((child) => child.path)).toEqual(['R.C[1]', 'R.C[2]', 'R.C[3]']);
    expect(root.children('C')[1]?.undecodable('is odd').message).toBe('R.C[2] is odd');
  });

  test.each<[what: string, act: () => unknown, message: string]>([
    ['the text of a repeated child', () => root.text('C'), 'R has C twice'],
    ['a repeated child', () => root.child('C'), 'R has C twice'],
    ['the text of a child with children', () => root.text('D'), 'R.D holds elements where text was expected'],
    ['its own text when it has children', () => root.value, 'R holds elements where text was expected'],
    ['a required text that is absent', () => root.requiredText('Z'), 'R has no Z'],
    ['a required text that is empty', () => root.requiredText('B'), 'R has no B'],
    ['a child of text', () => root.child('A')?.text('X'), 'R.A holds text where elements were expected'],
    ['children of text', () => root.child('A')?.children('X'), 'R.A holds text where elements were expected'],
    ['a child among text', () => root.child('F')?.text('G'), 'R.F holds text where elements were expected'],
    ['the text among children', () => root.text('F'), 'R.F holds elements where text was expected'],
  ])('refuses to give %s', (_what, act, message) => {
    expect(refusal(act).message).toBe(message);
  });

  test.each([
    ['<A/>', true],
    ['<A> <!-- nothing --> </A>', true],
    ['<A>0</A>', false],
    ['<A><![CDATA[0]]></A>', false],
    ['<A><B/></A>', false],
  ])('that is %s is empty: %s', (xml, isEmpty) => {
    expect(parse(`<R>${xml}</R>`).child('A')?.isEmpty).toBe(isEmpty);
  });

  test('gives a required text that is there', () => {
    expect(root.requiredText('A')).toBe('1');
  });
});

describe('names that mean something in JavaScript do no harm', () => {
  test.each(['__proto__', 'constructor', 'prototype'])(
    '%s is refused, and no prototype is touched',
    (name) => {
      const body = `<R><${name}><polluted>yes</polluted></${name}><A>1</A></R>`;
      expect(refusal(() => parse(body)).message).toContain('could not be parsed');
      expect('polluted' in {}).toBe(false);
    },
  );

  test.each(['hasOwnProperty', 'toString', 'valueOf', 'length', '__defineGetter__'])(
    '%s does not disturb its neighbours',
    (name) => {
      const root = parse(`<R><${name}>yes</${name}><A>1</A></R>`);
      expect(root.text('A')).toBe('1');
    },
  );

  test('an absent child is absent also when every object has a property of its name', () => {
    expect(parse('<R/>').text('constructor')).toBeNull();
    expect(parse('<R/>').child('toString')).toBeNull();
  });
});

test('an error body of COS and one of CI can be read', () => {
  const body = `<?xml version='1.0' encoding='utf-8' ?>
<Error>
\t<Code>AccessDenied</Code>
\t<Message>Access Denied.</Message>
\t<Resource>examplebucket-1250000000.cos.ap-beijing.myqcloud.com</Resource>
\t<RequestId>NWQ1ZjY4MTBfMjZiMjU4NjRfOWI1N180NDBiYTY=</RequestId>
\t<TraceId></TraceId>
</Error>`;
  const root = parse(body, 'Error');
  expect(['Code', 'Message', 'RequestId', 'TraceId'].map((name) => root.text(name))).toEqual([
    'AccessDenied',
    'Access Denied.',
    'NWQ1ZjY4MTBfMjZiMjU4NjRfOWI1N180NDBiYTY=',
    null,
  ]);
});

test('a listing of COS can be read, with one object as with many', () => {
  const listing = (keys: readonly string[]) =>
    `<ListBucketResult><Name>b-1250000000</Name><Prefix/><IsTruncated>false</IsTruncated>${keys
      .map((key) => `<Contents><Key>${key}</Key><Owner><ID>1</ID></Owner><Size>0</Size></Contents>`)
      .join('')}</ListBucketResult>`;
  for (const keys of [[], ['a/1'], ['a/1', 'b/2', 'c/3']]) {
    const contents = parse(listing(keys), 'ListBucketResult').children('Contents');
    expect(contents.map((entry) => entry.requiredText('Key'))).toEqual(keys);
  }
});

test('whatever text is written is read back, white space around it aside', () => {
  // XML's own list of characters (§2.2); the generator makes no halves of surrogate pairs.
  const isWritable = (code: number) =>
    [0x09, 0x0a, 0x0d].includes(code) || (code >= 0x20 && code !== 0xfffe && code !== 0xffff);
  const texts = fc
    .string({ unit: 'binary', maxLength: 30 })
    .filter((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0).every(isWritable));
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 5 }), (values) => {
      const root = parse(writeXml(['R', values.map((value) => ['A', value] as const)]));
      const read = root.children('A').map((element) => element.value ?? '');
      expect(read).toEqual(values.map((value) => value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')));
    }),
    { numRuns: 500 },
  );
});
