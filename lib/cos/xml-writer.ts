import { DocjobError } from '../domain/docjob-error.js';
import { forbiddenCharacterIn } from './xml-characters.js';

/** An element to write: its name, and its text or its child elements. Names are ours, never input. */
export type XmlPart = readonly [name: string, content: string | readonly XmlPart[]];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A reader turns a bare carriage return into a line feed (XML 1.0 §2.11).
  '\r': '&#13;',
};

/**
 * `root` as an XML document in UTF-8, all text escaped.
 *
 * @throws DocjobError `forbidden-character` if a text has a character that XML 1.0 cannot express.
 */
export function writeXml(root: XmlPart): Uint8Array {
  return Buffer.from(write(root, root[0]));
}

function write([name, content]: XmlPart, path: string): string {
  const inner =
    typeof content === 'string'
      ? escape(content, path)
      : content.map((part) => write(part, `${path}.${part[0]}`)).join('');
  return `<${name}>${inner}</${name}>`;
}

function escape(text: string, path: string): string {
  const forbidden = forbiddenCharacterIn(text);
  if (forbidden !== undefined) {
    const problem = `${path} cannot be sent: it holds the character ${forbidden}, which XML forbids`;
    throw new DocjobError('forbidden-character', problem, { disposition: 'job' });
  }
  return text.replace(/[&<>"'\r]/g, (character) => ESCAPES[character] ?? character);
}
