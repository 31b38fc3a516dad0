import type { Listed } from './bucket.js';
import type { StoredObject } from './stored-object.js';

/** What to list (GET Bucket, 436/7734). */
export interface ListQuery {
  readonly prefix: string;
  /** Keys that share what is up to the next one of these, after the prefix, become one entry. Empty for none. */
  readonly delimiter: string;
  /** Entries after this one only. Empty for the beginning. */
  readonly marker: string;
  /** Objects and common prefixes together. */
  readonly maxKeys: number;
}

/** A page of a listing. */
export interface ListPage {
  readonly objects: readonly StoredObject[];
  readonly commonPrefixes: readonly string[];
  /** The marker of the next page; undefined on the last one. */
  readonly nextMarker: string | undefined;
}

/** A page of a bucket's keys, in the order of their UTF-8 bytes. */
export function listPage(listed: Listed, { prefix, delimiter, marker, maxKeys }: ListQuery): ListPage {
  const { keys } = listed;
  const objects: StoredObject[] = [];
  const commonPrefixes: string[] = [];
  let last = '';
  // A marker that is itself a common prefix stands for all keys below it.
  const isPrefixMarker =
    delimiter !== '' && marker.endsWith(delimiter) && marker.startsWith(prefix) && marker !== prefix;
  const start = isPrefixMarker ? keys.firstPast(marker) : keys.firstAfter(marker);
  let at = Math.max(start, keys.firstAtLeast(prefix));
  for (;;) {
    const key = keys.at(at);
    if (key?.startsWith(prefix) !== true) return { objects, commonPrefixes, nextMarker: undefined };
    if (objects.length + commonPrefixes.length >= maxKeys) {
      return { objects, commonPrefixes, nextMarker: last };
    }
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end >= 0) {
      last = key.slice(0, end + delimiter.length);
      commonPrefixes.push(last);
      at = keys.firstPast(last);
    } else {
      last = key;
      const object = listed.find(key);
      if (object !== undefined) objects.push(object);
      at += 1;
    }
  }
}
