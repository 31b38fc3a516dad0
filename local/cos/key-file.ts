/**
 * Where the object of a key lies below its bucket's folder, one to one. Ordinary keys stay as they are (`manifests/d1.json` is the file
 * `manifests/d1.json`); what no file system would take is marked by a `%` that no escape begins with:
 *
 * - whatever could leave the folder or confuse a file system is percent-encoded, `.` and `..` too;
 * - a file without a dot in its name ends in `%file` and a folder with one in `%dir`, so that the keys `a` and `a/b` can both be there;
 * - an empty name (`a//b`, `a/`) is `%empty`, and a long one goes on in a folder below: `…%more/…`.
 */

/** File names have 255 bytes at most on the usual file systems; a temporary suffix must fit too. */
const LONGEST_NAME = 180;

/** A name in pieces that fit, none of which ends inside an escape. */
const PIECES = new RegExp(`.{1,${LONGEST_NAME}}(?<!%.?)`, 'g');

/** The path of a key's file, relative to its bucket's folder, with `/` between the parts. */
export function fileOfKey(key: string): string {
  const segments = key.split('/');
  return segments.map((segment, index) => nameOf(segment, index === segments.length - 1)).join('/');
}

/** The key whose file this is; undefined when no key has such a file. */
export function keyOfFile(path: string): string | undefined {
  const parts = path.split('/');
  // Decoded in one go: a long name can go on in the middle of a character.
  const encoded = parts.map((part, index) => {
    const plain = part.replace(/(?:%empty)?(?:%(?:file|dir|more))?$/, '');
    return index === parts.length - 1 || part.endsWith('%more') ? plain : `${plain}/`;
  });
  try {
    const key = decodeURIComponent(encoded.join(''));
    return fileOfKey(key) === path ? key : undefined;
  } catch {
    return undefined;
  }
}

/** The name of one part of a key, or several names below each other when it is long. */
function nameOf(segment: string, isFile: boolean): string {
  const pieces = encodeName(segment).match(PIECES) ?? ['%empty'];
  const end = pieces.pop() ?? '';
  // Looked at once it is cut: the end of a long name can be ".." as well.
  const last = /^\.\.?$/.test(end) ? end.replaceAll('.', '%2E') : end;
  const isMarked = isFile ? !last.includes('.') : last.includes('.');
  return [
    ...pieces.map((piece) => `${piece}%more`),
    isMarked ? `${last}${isFile ? '%file' : '%dir'}` : last,
  ].join('/');
}

/** Letters, digits and what is harmless in names everywhere stay; the rest is encoded. */
function encodeName(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
