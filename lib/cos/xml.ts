import { EntityDecoder } from '@nodable/entities';
import { XMLParser } from 'fast-xml-parser';
import { UndecodableError } from './errors/undecodable-error.js';
import { syntaxProblem, withoutDeclaration } from './xml-syntax.js';

/** An answer's body, and the request ID that errors about it carry. A CosResponse is one. */
export interface XmlSource {
  readonly body: Uint8Array;
  readonly requestId: string | undefined;
}

/** What the parser gives with `preserveOrder`: an object of one property for each element, an array named like it, and for each stretch of text, a string. */
type Parsed = readonly Readonly<Record<string, unknown>>[];

/** What an element holds: the elements in it, in order, and its own text, without outer white space. */
interface Content {
  readonly text: string;
  readonly children: readonly { readonly name: string; readonly parsed: Parsed }[];
}

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  // Else it spells out each element's path for callbacks, which there are none of: a seventh of its time.
  // Stryker disable next-line BooleanLiteral: only the time tells the two apart.
  jPath: false,
  // Job IDs such as `001` or `1e5` are text: whoever wants a number converts it.
  parseTagValue: false,
  // The parser trims each stretch of text by itself, so it would join `a <![CDATA[b]]>` to `ab`.
  trimValues: false,
  // The default decoder leaves numeric references as they are. This one has no limits, and needs none: the references that pass the syntax check need
  // no declaration, and none of them grows when it is decoded.
  entityDecoder: new EntityDecoder(),
});

/**
 * Reads an answer's body as XML: UTF-8 with or without a byte order mark, well-formed, no DOCTYPE, `root` as its root element, at most
 * `maxBytes` bytes.
 *
 * @throws UndecodableError if the body is anything else.
 */
export function parseXml(source: XmlSource, root: string, maxBytes: number): XmlElement {
  const { body, requestId } = source;
  const refuse = (problem: string, cause?: unknown) =>
    new UndecodableError(`The answer, expected to be a ${root} in XML, ${problem}`, { requestId, cause });

  if (body.length === 0) throw refuse('is empty');
  if (body.length > maxBytes) throw refuse(`has ${body.length} bytes, more than the ${maxBytes} allowed`);
  let document: string;
  try {
    document = withoutDeclaration(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw refuse('is not UTF-8', cause);
  }
  const problem = syntaxProblem(document);
  if (problem !== undefined) throw refuse(problem);

  let parsed: Parsed;
  try {
    parsed = PARSER.parse(document) as Parsed; // what `preserveOrder` gives
  } catch (cause) {
    // It has reserved names, such as `__proto__`.
    throw refuse('could not be parsed', cause);
  }
  // The only element at the top: the syntax was checked, so there is one root with nothing but blanks and comments beside it.
  const { children } = contentOf(parsed);
  const top = children.find(({ name }) => name === root);
  if (top === undefined) throw refuse(`has the root element ${children.map(({ name }) => name).join()}`);
  return new XmlElement(top.parsed, root, requestId);
}

/** One level only: most answers hold more than anybody asks for. */
function contentOf(parsed: Parsed): Content {
  const children: Content['children'][number][] = [];
  let text = '';
  for (const entry of parsed) {
    for (const name in entry) {
      const content = entry[name];
      if (typeof content === 'string') text += content;
      else children.push({ name, parsed: content as Parsed }); // what is no text is an element
    }
  }
  return { text: trimmed(text), children };
}

/** Takes off the white space of XML 1.0 §2.3 only: an object key may well end in a no-break space. */
function trimmed(text: string): string {
  // Beyond its ends a text has no characters, so none that are blank. Of nothing but white space the end comes to lie before the start.
  let start = 0;
  let end = text.length;
  while (isBlank(text.charCodeAt(start))) start += 1;
  while (isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Space, tab, carriage return or line feed. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

/**
 * One element of an answer, which holds either text or elements. Whatever is asked of it is there in the form that was asked for, or null, or an
 * UndecodableError that names the path. Elements that nobody asks for do no harm.
 */
export class XmlElement {
  /** Where it stands, such as `Response.JobsDetail`. */
  readonly path: string;
  readonly #content: Content;
  readonly #requestId: string | undefined;

  constructor(parsed: Parsed, path: string, requestId: string | undefined) {
    this.#content = contentOf(parsed);
    this.path = path;
    this.#requestId = requestId;
  }

  /** Whether it holds nothing at all, neither text nor elements. */
  get isEmpty(): boolean {
    return this.#content.text === '' && this.#content.children.length === 0;
  }

  /** Its own text without outer white space; null when that is empty. @throws UndecodableError if it holds elements. */
  get value(): string | null {
    const { text, children } = this.#content;
    if (children.length > 0) throw this.undecodable('holds elements where text was expected');
    return text === '' ? null : text;
  }

  /** The text of the only child of that name; null when absent or empty. @throws UndecodableError if it is repeated or holds elements. */
  text(name: string): string | null {
    return this.child(name)?.value ?? null;
  }

  /** As `text`, for what must be there. @throws UndecodableError also if it is absent or empty. */
  requiredText(name: string): string {
    const text = this.text(name);
    if (text === null) throw this.undecodable(`has no ${name}`);
    return text;
  }

  /** The only child of that name; null when absent. @throws UndecodableError if it is repeated, or if text stands where elements should. */
  child(name: string): XmlElement | null {
    const children = this.#elements();
    const first = children.find((child) => child.name === name);
    if (first === undefined) return null;
    if (first !== children.findLast((child) => child.name === name)) {
      throw this.undecodable(`has ${name} twice`);
    }
    return new XmlElement(first.parsed, `${this.path}.${name}`, this.#requestId);
  }

  /** All children of that name, in order. @throws UndecodableError if text stands where elements should. */
  children(name: string): readonly XmlElement[] {
    return this.#elements()
      .filter((child) => child.name === name)
      .map(
        ({ parsed }, index) => new XmlElement(parsed, `${this.path}.${name}[${index + 1}]`, this.#requestId),
      );
  }

  /** What to throw about this element: "<path> <problem>". */
  undecodable(problem: string): UndecodableError {
    return new UndecodableError(`${this.path} ${problem}`, { requestId: this.#requestId });
  }

  #elements(): Content['children'] {
    if (this.#content.text !== '') throw this.undecodable('holds text where elements were expected');
    return this.#content.children;
  }
}
