import { forbiddenCharacterIn } from './xml-characters.js';

/** COS and CI nest seven deep at most. A bound keeps hostile nesting away from everything that recurses. */
const MAX_DEPTH = 64;

/**
 * The largest answer about one job has some 30,000 elements: 5,000 pages of six (CI 1250/109275). An element costs the parser a hundred times what
 * it costs the sender: without a bound, 8 MiB of `<a/>` took 13 s and more memory than a function has.
 */
const MAX_ELEMENTS = 100_000;

/**
 * A tag that opens an element, whole: its name, its attributes, and a slash if the element is empty. Names are ASCII, as all of COS's and CI's are:
 * fast-xml-parser splits some others at what it takes for a space (U+1680). The service sends no attributes, at most a namespace; the bounds keep the
 * backtracking small, as that of a name keeps messages short. Nothing is repeated without a bound: over some megabytes of one thing the regular
 * expressions of Node 22 run out of their stack.
 */
const OPENING_TAG =
  /<([A-Za-z_][\w.:-]{0,99}(?![\w.:-]))(?:[ \t\r\n]{1,999}[A-Za-z_][\w.:-]{0,99}[ \t\r\n]{0,999}=[ \t\r\n]{0,999}(?:"[^<"]{0,9999}"|'[^<']{0,9999}')){0,32}[ \t\r\n]{0,999}(\/?)>/y;

/** A tag that closes an element, whole. */
const CLOSING_TAG = /<\/([A-Za-z_][\w.:-]{0,99}(?![\w.:-]))[ \t\r\n]{0,999}>/y;

/** A reference that needs no declaration: the five names of XML 1.0 §4.6, or a number. */
const REFERENCE = /&(?:lt|gt|amp|quot|apos|#(\d{1,10}|x[\dA-Fa-f]{1,8}));/y;

/** The XML declaration (XML 1.0 §2.8), of an encoding that decoding as UTF-8 was right for. */
const DECLARATION =
  /^<\?xml[ \t\r\n]{1,99}version[ \t\r\n]{0,99}=[ \t\r\n]{0,99}(["'])1\.\d{1,9}\1(?:[ \t\r\n]{1,99}encoding[ \t\r\n]{0,99}=[ \t\r\n]{0,99}(["'])(?:[Uu][Tt][Ff]-8|[Uu][Ss]-[Aa][Ss][Cc][Ii][Ii])\2)?(?:[ \t\r\n]{1,99}standalone[ \t\r\n]{0,99}=[ \t\r\n]{0,99}(["'])(?:yes|no)\3)?[ \t\r\n]{0,99}\?>/;

/** What a text must be looked at for. */
const NOT_PLAIN = /&|\]\]>/;

const NOT_BLANK = /[^ \t\r\n]/;

/** `text` without its XML declaration, if it begins with one. */
export function withoutDeclaration(text: string): string {
  return text.replace(DECLARATION, '');
}

/**
 * What is wrong with the syntax of a document (its XML declaration taken off), or undefined if nothing is.
 *
 * fast-xml-parser builds a tree of nearly anything: of a document cut short, of tags that do not match, of two roots. Its validator, deprecated, does
 * not help enough: it reads some things other than the parser (an unknown `<!X>`, `</A/>`, a quote in a processing instruction, each of which
 * moves or hides elements), and passes a second, empty root and text after an empty root. So only what passes here reaches the parser: whole tags
 * that match, comments, CDATA, text with references that need no declaration, and one root with nothing beside it. A DOCTYPE and processing
 * instructions are refused although XML has them: the service sends none, and the first is how entities grow.
 */
export function syntaxProblem(document: string): string | undefined {
  const forbidden = forbiddenCharacterIn(document);
  if (forbidden !== undefined) return `holds the character ${forbidden}, which XML forbids`;

  const isPlain = !NOT_PLAIN.test(document);
  const scan: Scan = { document, isPlain, at: 0, open: [], rooted: false, elements: 0 };
  while (scan.at < document.length) {
    const problem = step(scan);
    if (problem !== undefined) return problem;
  }
  const innermost = scan.open.at(-1);
  if (innermost !== undefined) return `ends inside ${innermost}: it was cut short`;
  return scan.rooted ? undefined : 'has no root element';
}

/** How far a document has been read. */
interface Scan {
  readonly document: string;
  /** Whether all of it, and so each text in it, is without references and ends of CDATA sections. */
  readonly isPlain: boolean;
  at: number;
  /** The names of the elements that are open, from the root on. */
  readonly open: string[];
  rooted: boolean;
  elements: number;
}

/** Reads one tag, comment, CDATA section or stretch of text; what is wrong with it, or undefined. */
function step(scan: Scan): string | undefined {
  const { document, at } = scan;
  if (document[at] !== '<') return stepOverText(scan);
  switch (document[at + 1]) {
    case '!':
      return stepOverSection(scan);
    case '/':
      return stepOverClosingTag(scan);
    default:
      return stepOverOpeningTag(scan);
  }
}

function stepOverText(scan: Scan): string | undefined {
  const { document, at, open, isPlain } = scan;
  const end = document.indexOf('<', at);
  scan.at = end === -1 ? document.length : end;
  // Stryker disable next-line ConditionalExpression: only the time tells whether a text was looked at for nothing.
  if (open.length > 0) return isPlain ? undefined : textProblem(document.slice(at, scan.at));
  return NOT_BLANK.test(document.slice(at, scan.at)) ? 'has text outside its root element' : undefined;
}

function stepOverSection(scan: Scan): string | undefined {
  const { document, at, open } = scan;
  if (document.startsWith('<!--', at)) {
    const end = document.indexOf('--', at + 4);
    scan.at = end + 3;
    // Without an end, this looks at the beginning of the document, which is no `-->`.
    return document.startsWith('-->', end) ? undefined : 'has a comment that does not end properly';
  }
  if (!document.startsWith('<![CDATA[', at)) return brokenTag(document, at);
  const end = document.indexOf(']]>', at + 9);
  scan.at = end + 3;
  if (end === -1) return 'has a CDATA section that does not end';
  return open.length > 0 ? undefined : 'has text outside its root element';
}

function stepOverOpeningTag(scan: Scan): string | undefined {
  const { document, at, open } = scan;
  OPENING_TAG.lastIndex = at;
  // Stryker disable next-line ArrayDeclaration: only groups are taken of it, and it has none.
  const [, name, empty] = OPENING_TAG.exec(document) ?? [];
  if (name === undefined) return brokenTag(document, at);
  scan.at = OPENING_TAG.lastIndex;
  if (open.length === 0 && scan.rooted) return 'has more than one root element';
  scan.rooted = true;
  scan.elements += 1;
  if (scan.elements > MAX_ELEMENTS) return `has more than ${MAX_ELEMENTS} elements`;
  if (empty === '') open.push(name);
  return open.length > MAX_DEPTH ? `is nested more than ${MAX_DEPTH} deep` : undefined;
}

function stepOverClosingTag(scan: Scan): string | undefined {
  const { document, at, open } = scan;
  CLOSING_TAG.lastIndex = at;
  const name = CLOSING_TAG.exec(document)?.[1];
  if (name === undefined) return brokenTag(document, at);
  scan.at = CLOSING_TAG.lastIndex;
  const opened = open.pop();
  return opened === name ? undefined : `closes ${name} where ${opened ?? 'nothing'} is open`;
}

function brokenTag(document: string, at: number): string {
  if (document.startsWith('<!DOCTYPE', at)) return 'has a DOCTYPE';
  if (document.startsWith('<?', at))
    return 'has a processing instruction, or an XML declaration of another encoding than UTF-8';
  return `has a < at character ${at} that begins no tag, comment or CDATA section`;
}

function textProblem(text: string): string | undefined {
  if (text.includes(']]>')) return 'has a stray end of a CDATA section';
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    REFERENCE.lastIndex = at;
    const reference = REFERENCE.exec(text);
    if (reference === null) return 'has a & that begins no reference known without a DOCTYPE';
    if (!namesCharacter(reference[1])) return `refers to a character that XML forbids: ${reference[0]}`;
  }
  return undefined;
}

/** References to characters that XML forbids would vanish in the decoder instead of being refused. */
function namesCharacter(number: string | undefined): boolean {
  if (number === undefined) return true;
  // `0x41` and `065` are to JavaScript what `&#x41;` and `&#65;` are to XML.
  const codePoint = Number(`0${number}`);
  return codePoint <= 0x10ffff && forbiddenCharacterIn(String.fromCodePoint(codePoint)) === undefined;
}
