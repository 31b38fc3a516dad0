import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from '../auth/key-ring.js';
import type { Form } from './form.js';
import { CmqRefusal } from './refusal.js';

/** How far a request's time may be from ours; CMQ documents no number, Tencent Cloud's API 3.0 five minutes (`AuthFailure.SignatureExpire`). */
const MAX_SKEW_SECONDS = 300;

/** What a signature is checked with. */
export interface SignatureExpectation {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly keys: Pick<KeyRing, 'find'>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Refuses requests that are not signed (CMQ, "Signature Method", 406/5906), or that came before: a nonce is good once in a moment. */
export class SignatureCheck {
  /** When each request of late was signed, by what tells it from the others. */
  readonly #seen = new Map<string, number>();

  /** @throws CmqRefusal as CMQ answers it. */
  verify(form: Form, expected: SignatureExpectation): void {
    const secretId = form.text('SecretId');
    if (!secretId.startsWith('AKID')) throw new CmqRefusal('NoAkid');
    const key = expected.keys.find(secretId);
    if (key === undefined) throw new CmqRefusal('NoSecretId');
    const now = expected.now / 1_000;
    const signedAt = form.integer('Timestamp', 1, Number.MAX_SAFE_INTEGER);
    const nonce = form.integer('Nonce', 1, Number.MAX_SAFE_INTEGER);
    const isCurrent = Math.abs(signedAt - now) <= MAX_SKEW_SECONDS;
    const isGoodToken =
      key.token === form.optionalText('Token') && (key.expiresAt ?? Infinity) > expected.now;
    if (!isCurrent || !isGoodToken || !isSigned(form, expected, key.secretKey)) {
      throw new CmqRefusal('AuthenticationFailed');
    }
    this.#refuseReplay(`${secretId} ${signedAt} ${nonce}`, signedAt, now);
  }

  #refuseReplay(request: string, signedAt: number, now: number): void {
    if (this.#seen.has(request)) throw new CmqRefusal('AuthenticationFailed', 'replayed');
    for (const [old, at] of this.#seen) {
      if (at >= now - MAX_SKEW_SECONDS) break;
      this.#seen.delete(old);
    }
    this.#seen.set(request, signedAt);
  }
}

function isSigned(form: Form, { method, host, path }: SignatureExpectation, secretKey: string): boolean {
  const signed = form.fields
    .filter(([name]) => name !== 'Signature')
    .map(([name, value]) => [name.split('_').join('.'), value] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const text = signed.map(([name, value]) => `${name}=${value}`).join('&');
  // Without the method, or with one of another name, SHA-1 counts.
  const algorithm = form.optionalText('SignatureMethod') === 'HmacSHA256' ? 'sha256' : 'sha1';
  const own = createHmac(algorithm, secretKey).update(`${method}${host}${path}?${text}`).digest();
  const given = Buffer.from(form.text('Signature'), 'base64');
  return given.length === own.length && timingSafeEqual(given, own);
}
