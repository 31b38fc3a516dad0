/** One value, or several of the same name. */
export type Multi = string | readonly string[];

/** In a Unicode-aware pattern, a surrogate is one that is not part of a pair. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Refuses what UTF-8 cannot express: `createHash` would quietly sign U+FFFD in its place, and `encodeURIComponent` throws a URIError that
 * does not say why. The text may be a secret, so the message does not repeat it.
 *
 * @throws TypeError when `text` holds half of a surrogate pair.
 */
export function requireWellFormed(text: string): void {
  const at = text.search(LONE_SURROGATE);
  if (at >= 0) {
    throw new TypeError(
      `a text to sign or encode has half of a surrogate pair at index ${at}, which UTF-8 cannot express`,
    );
  }
}

/**
 * Percent-encodes the UTF-8 bytes of everything but `A-Z a-z 0-9 - _ . ~`, in upper-case hex (COS "Request Signature", UrlEncode; the
 * unreserved set of RFC 3986). `encodeURIComponent` leaves `!'()*` as they are.
 *
 * @throws TypeError when `text` holds half of a surrogate pair.
 */
export function urlEncode(text: string): string {
  requireWellFormed(text);
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Parameters or headers as the signature lists them: names encoded, then lower-cased (their hex digits too), sorted by name and then by
 * value, a repeated name repeated in the list as well.
 */
export function canonicalPairs(fields: Readonly<Record<string, Multi>>): { names: string; pairs: string } {
  const encoded = Object.entries(fields).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => ({
      name: urlEncode(name).toLowerCase(),
      value: urlEncode(one),
    })),
  );
  encoded.sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
  return {
    names: encoded.map(({ name }) => name).join(';'),
    pairs: encoded.map(({ name, value }) => `${name}=${value}`).join('&'),
  };
}

/** By code unit: all names and values are ASCII once encoded, and a locale must not matter. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
