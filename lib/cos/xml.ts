import { EntityDecoder } from '@nodable/entities';
import { XMLParser } from 'fast-xml-parser';
import { UndecodableError } from './errors/undecodable-error.js';
import { syntaxProblem, withoutDeclaration } from './xml-syntax.js';

/** An answer's body, and the request ID that errors about it carry. A CosResponse is one. */
export interface XmlSource {
  readonly body: Uint8Array;
  readonly requestId: string | undefined;
}

/** An element with its children in the order of the document, and its own text, decoded and without outer white space. */
interface XmlNode {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlNode[];
}

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
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

  let parsed: unknown;
  try {
    parsed = PARSER.parse(document);
  } catch (cause) {
    // It has reserved names, such as `__proto__`.
    throw refuse('could not be parsed', cause);
  }
  // The only element at the top: the syntax was checked, so there is one root with nothing but blanks and comments beside it.
  const { children } = contentOf(parsed);
  const top = children.find(({ name }) => name === root);
  if (top === undefined) throw refuse(`has the root element ${children.map(({ name }) => name).join()}`);
  return new XmlElement(top, root, requestId);
}

/** Recursion is bounded: the syntax check refuses deep nesting. */
function contentOf(parsed: unknown): Omit<XmlNode, 'name'> {
  // What `preserveOrder` gives: an entry for each element, an array keyed by its name, and for each stretch of text, a string.
  const entries = parsed as readonly Readonly<Record<string, unknown>>[];
  const children: XmlNode[] = [];
  let text = '';
  for (const entry of entries) {
    for (const [key, content] of Object.entries(entry)) {
      if (typeof content === 'string') text += content;
      else children.push({ name: key, ...contentOf(content) });
    }
  }
  return { text: trimmed(text), children };
}

/** Takes off the white space of XML 1.0 §2.3 only: an object key may well end in a no-break space. */
function trimmed(text: string): string {
  let end = text.length;
  while (/[ \t\r\n]/.test(text.charAt(end - 1))) end -= 1;
  // Where there is nothing else, the end is now 0, and nothing is left.
  return text.slice(text.search(/[^ \t\r\n]/), end);
}

/**
 * One element of an answer, which holds either text or elements. Whatever is asked of it is there in the form that was asked for, or null, or an
 * UndecodableError that names the path. Elements that nobody asks for do no harm.
 */
export class XmlElement {
  /** Where it stands, such as `Response.JobsDetail`. */
  readonly path: string;
  readonly #node: XmlNode;
  readonly #requestId: string | undefined;

  constructor(node: XmlNode, path: string, requestId: string | undefined) {
    this.#node = node;
    this.path = path;
    this.#requestId = requestId;
  }

  /** Whether it holds nothing at all, neither text nor elements. */
  get isEmpty(): boolean {
    return this.#node.text === '' && this.#node.children.length === 0;
  }

  /** Its own text without outer white space; null when that is empty. @throws UndecodableError if it holds elements. */
  get value(): string | null {
    if (this.#node.children.length > 0) throw this.undecodable('holds elements where text was expected');
    return this.#node.text === '' ? null : this.#node.text;
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
    const [first, second] = this.#named(name);
    if (second !== undefined) throw this.undecodable(`has ${name} twice`);
    return first === undefined ? null : new XmlElement(first, `${this.path}.${name}`, this.#requestId);
  }

  /** All children of that name, in order. @throws UndecodableError if text stands where elements should. */
  children(name: string): readonly XmlElement[] {
    return this.#named(name).map(
      (node, index) => new XmlElement(node, `${this.path}.${name}[${index + 1}]`, this.#requestId),
    );
  }

  /** What to throw about this element: "<path> <problem>". */
  undecodable(problem: string): UndecodableError {
    return new UndecodableError(`${this.path} ${problem}`, { requestId: this.#requestId });
  }

  #named(name: string): readonly XmlNode[] {
    if (this.#node.text !== '') throw this.undecodable('holds text where elements were expected');
    return this.#node.children.filter((node) => node.name === name);
  }
}
