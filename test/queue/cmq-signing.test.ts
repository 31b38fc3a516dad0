import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cmqStringToSign, signCmq } from '../../lib/queue/cmq-signing.js';

interface Vector {
  readonly what: string;
  readonly host: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly stringToSign: string;
}

// Our own file, of this form.
const vectors = JSON.parse(readFileSync(new URL('cmq-vectors.json', import.meta.url), 'utf8')) as {
  readonly official: Omit<Vector, 'what'> & { readonly secretKey: string; readonly sha1Signature: string };
  readonly own: readonly Vector[];
};

/** HMAC-SHA256 by its definition (RFC 2104), from the bare hash: nothing in common with the code under test. */
function hmacSha256(key: string, text: string): string {
  const sha256 = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  const bytes = Buffer.from(key, 'utf8');
  const block = Buffer.alloc(64);
  (bytes.length > 64 ? sha256(bytes) : bytes).copy(block);
  const inner = sha256(
    block.map((byte) => byte ^ 0x36) as Buffer, // a Buffer's map gives a Buffer
    Buffer.from(text, 'utf8'),
  );
  return sha256(block.map((byte) => byte ^ 0x5c) as Buffer, inner).toString('base64');
}

/** The string to sign by insertion into a sorted list. */
function secondString(host: string, parameters: Readonly<Record<string, string>>): string {
  const sorted: [string, string][] = [];
  for (const [name, value] of Object.entries(parameters)) {
    const at = sorted.findIndex(([other]) => Buffer.compare(Buffer.from(other), Buffer.from(name)) > 0);
    sorted.splice(at < 0 ? sorted.length : at, 0, [name, value]);
  }
  let text = `POST${host}/v2/index.php`;
  for (const [index, [name, value]] of sorted.entries()) {
    text += `${index === 0 ? '?' : '&'}${name.replace(/_/g, '.')}=${value}`;
  }
  return text;
}

describe('the signature of CMQ', () => {
  test("has the string to sign of the document's example, and with its hash its signature", () => {
    const { host, parameters, secretKey, stringToSign, sha1Signature } = vectors.official;
    expect(cmqStringToSign(host, parameters)).toBe(stringToSign);
    const signature = createHmac('sha1', secretKey)
      .update(cmqStringToSign(host, parameters))
      .digest('base64');
    expect(signature).toBe(sha1Signature);
  });

  test.each(vectors.own)('signs $what', ({ host, parameters, stringToSign }) => {
    expect(cmqStringToSign(host, parameters)).toBe(stringToSign);
  });

  test('is what a second implementation gives, for any parameters', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z_.0-9]{0,8}$/);
    const value = fc.string({ unit: 'binary', maxLength: 20 });
    fc.assert(
      fc.property(
        fc.dictionary(name, value, { minKeys: 1, maxKeys: 20 }),
        fc.string({ unit: 'grapheme-ascii', maxLength: 100 }),
        (parameters, key) => {
          expect(signCmq('h', parameters, key)).toBe(hmacSha256(key, secondString('h', parameters)));
        },
      ),
    );
  });
});
