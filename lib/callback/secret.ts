import { createHash, timingSafeEqual } from 'node:crypto';

/** The SHA-256 of a secret: all that is kept of it, so that there is nothing to be logged. */
export type SecretDigest = Uint8Array;

/** The length of a secret at least: 192 bits where each character carries six. What cannot be said in a URL path as it stands is not taken. */
const SECRET = /^[A-Za-z0-9_-]{32,}$/;

/** While one is replaced by another, both are good. */
const MAX_SECRETS = 2;

/** `text` as a secret, or as two with a comma between them; undefined when it is neither. */
export function parseSecrets(text: string): readonly SecretDigest[] | undefined {
  const secrets = text.split(',').map((part) => part.trim());
  const isFit = secrets.length <= MAX_SECRETS && secrets.every((one) => SECRET.test(one));
  return isFit ? secrets.map(digestOf) : undefined;
}

/**
 * Whether the last segment of a request's path is one of the secrets. A query and slashes at the end do not matter. Digests are compared, in
 * constant time and all of them, so that the time taken tells neither where a guess went wrong nor how long it should have been.
 */
export function isAuthentic(path: string, secrets: readonly SecretDigest[]): boolean {
  const given = digestOf(lastSegment(path));
  return secrets.map((secret) => timingSafeEqual(secret, given)).includes(true);
}

function lastSegment(path: string): string {
  const [withoutQuery = ''] = path.split('?', 1);
  return withoutQuery.split('/').findLast((segment) => segment !== '') ?? '';
}

function digestOf(text: string): SecretDigest {
  return createHash('sha256').update(text, 'utf8').digest();
}
