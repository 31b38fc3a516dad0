/** An element of a request: its text, or its children. */
export interface XmlInput {
  readonly name: string;
  /** The text with references resolved and the space around it dropped; empty when there are children. */
  readonly text: string;
  readonly children: readonly XmlInput[];
}

/** A document that is not well-formed, or uses what a request has no use for. */
export class MalformedXml extends Error {
  override readonly name = 'MalformedXml';
}

const TOKEN = /<\?xml[^>]*\?>|<!--[\s\S]*?-->|<\/([A-Za-z_][\w.-]*)\s*>|<([A-Za-z_][\w.-]*)\s*(\/?)>|[^<]+/gy;
const REFERENCE = /&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));/g;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Deeper than any request of the documentation. */
const MAX_DEPTH = 16;

interface Open {
  readonly name: string;
  text: string;
  readonly children: XmlInput[];
}

/**
 * Reads a request body: one root, elements and text. Strict, and on purpose not the parser that docjob itself uses. Attributes, CDATA and document
 * types are in no documented request and are refused.
 *
 * @throws MalformedXml when it is not that.
 */
export function readXml(body: Buffer): XmlInput {
  const source = decodeUtf8(body);
  const top: Open = { name: '', text: '', children: [] };
  const stack: Open[] = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(source);
    if (token === null) throw new MalformedXml(`unexpected "<" at character ${at}`);
    const [whole, closing, opening, selfClosing] = token;
    const current = stack.at(-1) ?? top;
    if (closing !== undefined) {
      if (stack.length === 1 || current.name !== closing) throw new MalformedXml(`unexpected </${closing}>`);
      stack.pop();
      (stack.at(-1) ?? top).children.push(finished(current));
    } else if (opening !== undefined) {
      if (stack.length > MAX_DEPTH) throw new MalformedXml('too many levels');
      if (selfClosing === '/') current.children.push({ name: opening, text: '', children: [] });
      else stack.push({ name: opening, text: '', children: [] });
    } else if (whole.startsWith('<?xml')) {
      if (at !== 0) throw new MalformedXml('an XML declaration that is not at the beginning');
    } else if (!whole.startsWith('<')) {
      current.text += resolve(whole);
    }
  }
  const [root, second] = top.children;
  if (stack.length > 1) throw new MalformedXml(`<${stack.at(-1)?.name ?? ''}> is not closed`);
  if (root === undefined || second !== undefined || top.text.trim() !== '')
    throw new MalformedXml('not one root element');
  return root;
}

function finished({ name, text, children }: Open): XmlInput {
  if (children.length > 0 && text.trim() !== '') throw new MalformedXml(`<${name}> mixes text and elements`);
  return { name, text: children.length > 0 ? '' : text.trim(), children };
}

function resolve(text: string): string {
  const plain = text.replace(REFERENCE, (_, name?: string, decimal?: string, hex?: string) =>
    name === undefined ? codePoint(decimal, hex) : (NAMED[name] ?? ''),
  );
  if (text.replace(REFERENCE, '').includes('&'))
    throw new MalformedXml('an "&" that begins no known reference');
  return plain;
}

function codePoint(decimal: string | undefined, hex: string | undefined): string {
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) || code === 0) {
    throw new MalformedXml('a reference to a character that does not exist');
  }
  return String.fromCodePoint(code);
}

function decodeUtf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new MalformedXml('not UTF-8');
  }
}
