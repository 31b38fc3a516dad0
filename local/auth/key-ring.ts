import { randomBytes } from 'node:crypto';
import { epochMs, type EpochMs } from '../../lib/domain/units.js';

/** A key pair of an account. */
export interface KeyPair {
  readonly secretId: string;
  readonly secretKey: string;
}

/** A temporary key pair: worth nothing without its token, and after `expiresAt`. */
export interface TemporaryKey extends KeyPair {
  readonly token: string;
  readonly expiresAt: EpochMs;
}

/** What is known of a secret ID: the key and, of a temporary one, token and end. */
export type KnownKey = KeyPair & Partial<Pick<TemporaryKey, 'token' | 'expiresAt'>>;

/** STS gives temporary keys 1,800 seconds unless asked otherwise. */
const DEFAULT_LIFETIME_MS = 1_800_000;

/** The keys that the cloud takes, all of one account: made, rotated, expired and revoked here. */
export class KeyRing {
  readonly #keys = new Map<string, KnownKey>();
  readonly #now: () => EpochMs;
  #longLived: KeyPair;

  constructor(now: () => EpochMs, first: KeyPair = newPair()) {
    this.#now = now;
    this.#longLived = first;
    this.#keys.set(first.secretId, first);
  }

  /** The long-lived key pair: the newest, after a rotation. */
  get longLived(): KeyPair {
    return this.#longLived;
  }

  /** A new temporary key, good for `lifetimeMs` from now. */
  issueTemporary(lifetimeMs: number = DEFAULT_LIFETIME_MS): TemporaryKey {
    const token = randomBytes(48).toString('base64');
    const key = { ...newPair(), token, expiresAt: epochMs(this.#now() + lifetimeMs) };
    this.#keys.set(key.secretId, key);
    return key;
  }

  /** A new long-lived pair. The old one stays good until it is revoked. */
  rotate(): KeyPair {
    this.#longLived = newPair();
    this.#keys.set(this.#longLived.secretId, this.#longLived);
    return this.#longLived;
  }

  /** Ends a temporary key now. */
  expire(key: TemporaryKey): void {
    this.#keys.set(key.secretId, { ...key, expiresAt: this.#now() });
  }

  /** Forgets a key, as if it had never been. */
  revoke(secretId: string): void {
    this.#keys.delete(secretId);
  }

  /** What is known of `secretId`. */
  find(secretId: string): KnownKey | undefined {
    return this.#keys.get(secretId);
  }
}

/** `AKID` and 32 letters and digits; 32 more for the key: the form of real ones. */
function newPair(): KeyPair {
  return { secretId: `AKID${randomBytes(16).toString('hex')}`, secretKey: randomBytes(16).toString('hex') };
}
