/** What a body says, read by other means than those under test. */
export interface Census {
  readonly jobIds: readonly string[];
  readonly states: readonly string[];
  /** How many `PageInfo` with a `PageNo` and a `TgtUri` stand where CI puts them. */
  readonly pages: number;
  /** The text of every `NonExistJobIds`. */
  readonly unknown: string;
}

const DETAIL = 'Response/JobsDetail';
const PAGE = `${DETAIL}/Operation/DocProcessResult/PageInfo`;

/**
 * Takes the census of a body, or returns null if it is no single, balanced `Response`. It knows just enough XML, and just the references, that the mutations
 * make: comments and CDATA are taken out first, then the body is split at its tags.
 */
export function takeCensus(body: Buffer): Census | null {
  const bare = body
    .toString('utf8')
    .replace(/^\uFEFF?<\?xml version="1.0"\?>/, '')
    .replace(/<!--.*?-->/gs, '')
    .replace(/<!\[CDATA\[(.*?)\]\]>/gs, (_section, text: string) => text.replace(/[<>]/g, '?'));
  const texts = new Map<string, string[]>();
  const open: string[] = [];
  let pages = 0;
  let roots = 0;
  for (const token of bare.split(/(<[^<>]*>)/)) {
    const tag = /^<(\/?)([\w.:-]+)(?:\s[^<>]*?)?(\/?)>$/.exec(token);
    if (tag === null) {
      if (token.includes('<') || (open.length === 0 && token.trim() !== '')) return null;
      texts.get(open.join('/'))?.push(token);
      continue;
    }
    const [, closing, name = '', empty] = tag;
    if (closing === '/') {
      const path = open.join('/');
      if (open.pop() !== name || empty === '/') return null;
      if (path === PAGE && texts.has(`${PAGE}/PageNo`) && texts.has(`${PAGE}/TgtUri`)) pages += 1;
      if (path === PAGE) for (const part of ['PageNo', 'TgtUri']) texts.delete(`${PAGE}/${part}`);
      continue;
    }
    if (open.length === 0) roots += 1;
    open.push(name);
    // One entry for each element: a separator tells repeated ones apart.
    const path = open.join('/');
    texts.set(path, [...(texts.get(path) ?? []), '\u0000']);
    if (empty === '/') open.pop();
  }
  if (open.length > 0 || roots !== 1 || !texts.has('Response')) return null;
  const each = (path: string) =>
    (texts.get(path) ?? [])
      .join('')
      .split('\u0000')
      .slice(1)
      .map((text) =>
        text
          .replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
          .replaceAll('&#49;', '1')
          .replaceAll('&amp;', '&'),
      );
  return {
    jobIds: each(`${DETAIL}/JobId`),
    states: each(`${DETAIL}/State`),
    pages,
    unknown: each('Response/NonExistJobIds').join(' '),
  };
}
