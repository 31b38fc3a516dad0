/** The keys of a bucket in the order of a listing: by their UTF-8 bytes (GET Bucket, 436/7734). */
export class SortedKeys {
  readonly #keys: string[] = [];

  /** Adds a key that is not there yet. */
  add(key: string): void {
    this.#keys.splice(this.firstAtLeast(key), 0, key);
  }

  /** Removes a key that is there. */
  remove(key: string): void {
    this.#keys.splice(this.firstAtLeast(key), 1);
  }

  /** The key at a place in the order. */
  at(index: number): string | undefined {
    return this.#keys[index];
  }

  /** The keys from one place up to, without, another. */
  slice(from: number, to: number): readonly string[] {
    return this.#keys.slice(from, to);
  }

  /** The place of the first key that is not before `key`. */
  firstAtLeast(key: string): number {
    return this.#first((other) => compareUtf8(other, key) >= 0);
  }

  /** The place of the first key after `key`. */
  firstAfter(key: string): number {
    return this.#first((other) => compareUtf8(other, key) > 0);
  }

  /** The place of the first key that neither begins with `prefix` nor comes before it. */
  firstPast(prefix: string): number {
    return this.#first((other) => compareUtf8(other, prefix) > 0 && !other.startsWith(prefix));
  }

  /** Binary search: `isThere` is false up to some key and true from there on. */
  #first(isThere: (key: string) => boolean): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isThere(this.#keys[middle] ?? '')) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The order of the UTF-8 bytes is that of the code points; plain comparison goes by UTF-16 units, where surrogates come too early. */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    const leftIsAstral = left >= 0xd800 && left <= 0xdfff;
    const rightIsAstral = right >= 0xd800 && right <= 0xdfff;
    if (leftIsAstral === rightIsAstral) return left - right;
    return leftIsAstral ? 1 : -1;
  }
  return a.length - b.length;
}
