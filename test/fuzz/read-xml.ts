/** An element as the oracle sees it. */
export interface OracleElement {
  readonly name: string;
  /** All its own text, references resolved, outer white space of XML taken off. */
  readonly text: string;
  readonly children: readonly OracleElement[];
}

interface Open {
  readonly name: string;
  text: string;
  readonly children: OracleElement[];
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Reads a body by means of its own, for the oracle: one pass over the characters, none of the code or the libraries under test. Null for what is not
 * whole and balanced. Laxer than it could be (names, references), never stricter than XML 1.0 without a DOCTYPE: a body that the decoder takes
 * and this does not is a finding.
 */
export function readIndependently(body: Uint8Array): OracleElement | null {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body).replace(/\r\n?/g, '\n');
  } catch {
    return null;
  }
  const top: Open = { name: '', text: '', children: [] };
  const open = [top];
  let at = /^<\?xml\s[^>]*\?>/.exec(text)?.[0].length ?? 0;
  while (at < text.length) {
    const current = open.at(-1) ?? top;
    const markup = markupAt(text, at);
    if (markup === null) return null;
    at = markup.end;
    switch (markup.kind) {
      case 'text':
        current.text += markup.text;
        break;
      case 'start': {
        const element = { name: markup.name, text: '', children: [] };
        open.push(element);
        if (markup.isEmpty) close(open);
        break;
      }
      case 'end':
        if (current === top || current.name !== markup.name) return null;
        close(open);
        break;
      case 'nothing':
        break;
    }
  }
  const [root, second] = top.children;
  return open.length > 1 || root === undefined || second !== undefined || top.text.trim() !== ''
    ? null
    : root;
}

function close(open: Open[]): void {
  const element = open.pop();
  if (element === undefined) return;
  const { name, text, children } = element;
  open.at(-1)?.children.push({ name, text: text.replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, ''), children });
}

type Markup =
  | { readonly kind: 'text'; readonly text: string; readonly end: number }
  | { readonly kind: 'start'; readonly name: string; readonly isEmpty: boolean; readonly end: number }
  | { readonly kind: 'end'; readonly name: string; readonly end: number }
  | { readonly kind: 'nothing'; readonly end: number };

function markupAt(text: string, at: number): Markup | null {
  if (text[at] !== '<') {
    const found = text.indexOf('<', at);
    const end = found === -1 ? text.length : found;
    return { kind: 'text', text: resolved(text.slice(at, end)), end };
  }
  if (text.startsWith('<!--', at)) return ending(text, '-->', at + 4, () => ({ kind: 'nothing' }));
  if (text.startsWith('<![CDATA[', at)) {
    return ending(text, ']]>', at + 9, (inner) => ({ kind: 'text', text: inner }));
  }
  if (text.startsWith('<!', at) || text.startsWith('<?', at)) return null;
  if (text.startsWith('</', at))
    return ending(text, '>', at + 2, (inner) => ({ kind: 'end', name: inner.trimEnd() }));
  return startAt(text, at + 1);
}

type Endless<T> = T extends unknown ? Omit<T, 'end'> : never;

function ending(
  text: string,
  mark: string,
  from: number,
  make: (inner: string) => Endless<Markup>,
): Markup | null {
  const found = text.indexOf(mark, from);
  return found === -1 ? null : { ...make(text.slice(from, found)), end: found + mark.length };
}

/** A start tag: up to the first `>` that stands in no quotes. */
function startAt(text: string, from: number): Markup | null {
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") {
      quote = character;
    } else if (character === '>') {
      const isEmpty = text.charAt(at - 1) === '/';
      const inner = text.slice(from, isEmpty ? at - 1 : at);
      const name = inner.split(/[ \t\n]/, 1)[0] ?? '';
      return name === '' ? null : { kind: 'start', name, isEmpty, end: at + 1 };
    } else if (character === '<') {
      return null;
    }
  }
  return null;
}

function resolved(text: string): string {
  return text.replace(
    /&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name = '') => {
      const codePoint = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      if (codePoint <= 0x10ffff) return String.fromCodePoint(codePoint);
      return NAMED[String(name)] ?? whole;
    },
  );
}
