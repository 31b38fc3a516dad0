/** HTML that is safe to send: made by {@link markup} alone. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in a template: text is escaped, markup is not. */
type Part = string | number | Markup | readonly Markup[] | undefined;

/** HTML from a template: every text that is put into it is escaped, in elements and in quoted attributes alike. */
export function markup(template: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(
    template.reduce((text, piece, index) => text + shownPart(parts[index - 1]) + piece), // the first piece has no part before it
  );
}

function shownPart(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** `text` as it can stand in HTML. Control characters, which HTML forbids, become their pictures (U+2400 and on). */
function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
    .replace(/[\p{Control}]/gu, (character) => pictureOf(character.charCodeAt(0)));
}

function pictureOf(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}

/** A text of unknown origin: whatever direction it is written in, and whatever marks of direction it holds, end with it (HTML, `bdi`). */
export function foreign(text: string): Markup {
  return markup`<bdi>${text}</bdi>`;
}
