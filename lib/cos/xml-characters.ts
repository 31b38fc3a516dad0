/** What is not a `Char` of XML 1.0 (§2.2): most control characters, U+FFFE, U+FFFF, and half a surrogate pair. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** The first character of `text` that XML 1.0 forbids, even as a reference, written like `U+0001`; undefined when there is none. */
export function forbiddenCharacterIn(text: string): string | undefined {
  const found = FORBIDDEN.exec(text)?.[0].codePointAt(0);
  return found === undefined ? undefined : `U+${found.toString(16).toUpperCase().padStart(4, '0')}`;
}
