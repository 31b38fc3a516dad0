import { XMLParser as Parser } from 'fast-xml-parser';

/** What was parsed before. A seed makes some hundred documents, and most of them many times. */
const parsed = new Map<string, unknown>();
const MAX_PARSED = 2_000;

/**
 * Stands in for the parser where many seeds are simulated. What a document parses to depends on nothing else, and `lib/cos/xml.ts`, whose one parser
 * this is, reads it without changing it: so each document is parsed once. One that cannot be parsed is tried each time.
 */
export class XMLParser extends Parser {
  override parse(document: string): unknown {
    const known = parsed.get(document);
    if (known !== undefined) return known;
    const tree: unknown = super.parse(document);
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(document, tree);
    return tree;
  }
}
