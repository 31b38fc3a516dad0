/** A URL taken apart, its path and parameters decoded. */
export interface SignTarget {
  readonly origin: string;
  readonly host: string;
  readonly path: string;
  readonly query: Readonly<Record<string, readonly string[]>>;
}

/** A query parameter of a URL as it goes on the wire: its name, and what follows the first `=`. */
const PARAMETER = /^([^=]*)=?(.*)$/s;

/** What a URL asks for. Undefined where it is none: not http or https, with a user, with a fragment, or not percent-encoded in UTF-8. */
export function parseTarget(url: string): SignTarget | undefined {
  // The path is read as it is written: the URL class would resolve "..", which can be part of a key.
  const [, , path, search = ''] = /^(https?:\/\/[^/?#@\s]+)([^?#\s]*)(?:\?([^#\s]*))?$/.exec(url) ?? [];
  if (path === undefined || !URL.canParse(url)) return undefined;
  const { origin, host } = new URL(url);
  try {
    const query = new Map<string, string[]>();
    for (const parameter of search.split('&').filter((part) => part !== '')) {
      const [, name = '', value = ''] = (PARAMETER.exec(parameter) ?? []).map(decodeURIComponent);
      query.set(name, [...(query.get(name) ?? []), value]);
    }
    return {
      origin,
      host,
      path: decodeURIComponent(path === '' ? '/' : path),
      query: Object.fromEntries(query),
    };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** A header as curl takes it, its name in lower case. */
export function parseHeader(header: string): readonly [name: string, value: string] | undefined {
  const [, name, value = ''] = /^([A-Za-z0-9-]+):\s*(.*?)\s*$/.exec(header) ?? [];
  return name === undefined ? undefined : [name.toLowerCase(), value];
}
