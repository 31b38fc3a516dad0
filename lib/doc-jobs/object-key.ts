/** COS, "Object overview": a key has at most 850 bytes in UTF-8. */
export const MAX_KEY_BYTES = 850;

/**
 * Why `key` cannot name an object in a request to CI, as a clause; undefined when it can. COS itself forbids an empty or longer key, a slash or
 * backslash in front, and control characters ("Object overview"); white space at an end would be lost in the XML.
 */
export function objectKeyProblem(key: string): string | undefined {
  if (key === '') return 'must not be empty';
  if (/[\p{Control}\p{Surrogate}\uFFFE\uFFFF]/u.test(key)) {
    return 'must not contain control characters or halves of surrogate pairs';
  }
  if (/^[/\\]/.test(key)) return 'must not begin with a slash or backslash: keys have none';
  if (/^ | $/.test(key)) return 'must not begin or end with a space, which would be lost in XML';
  const bytes = Buffer.byteLength(key);
  return bytes > MAX_KEY_BYTES ? `has ${bytes} bytes, but a COS key has ${MAX_KEY_BYTES} at most` : undefined;
}
