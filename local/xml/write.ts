/** An element: its name, and its text or its children. */
export type XmlNode = readonly [name: string, content: string | readonly XmlNode[]];

/** The element as the service prints it: each element on a line, an empty one as `<Name/>`. */
export function writeElement([name, content]: XmlNode): string {
  if (content.length === 0) return `<${name}/>`;
  if (typeof content === 'string') return `<${name}>${escapeText(content)}</${name}>`;
  return `<${name}>\n${content.map(writeElement).join('\n')}\n</${name}>`;
}

/** A whole document. */
export function writeDocument(root: XmlNode): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n${writeElement(root)}\n`;
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}
