import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import type { AwsCredentials } from '../../lib/aws/credentials.js';
import { V4Signer, type V4Scope } from '../../lib/aws/sign-v4.js';
import { epochMs } from '../../lib/domain/units.js';
import { verifySigV4 } from '../../local/sqs/sigv4.js';
import { START } from '../support/virtual-clock.js';

interface Vector {
  readonly name: string;
  readonly credentials: AwsCredentials;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly time: string;
  readonly scope: V4Scope;
  readonly expected: {
    readonly canonicalRequest: string;
    readonly stringToSign: string;
    readonly signature: string;
    readonly authorization: string;
  };
}

// AWS's own test suite for signature version 4 (aws-sig-v4-test-suite), of it the requests without a query.
const vectors = JSON.parse(readFileSync(new URL('./vectors.json', import.meta.url), 'utf8')) as Vector[];

const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SCOPE = { region: 'eu-central-1', service: 'sqs' };
const POST = {
  method: 'POST',
  path: '/',
  headers: { host: 'sqs.example', 'content-type': 'x' },
  body: Buffer.from('{}'),
};

/** SHA-256, or its HMAC where there is a secret, in the form that AWS's own signer takes. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

describe('a signature of version 4', () => {
  test.each(vectors)('is the published one: $name', ({ credentials, request, time, scope, expected }) => {
    const signer = new V4Signer(credentials, scope);
    const now = epochMs(Date.parse(time));
    const ladder = signer.sign({ ...request, body: Buffer.from(request.body) }, now);
    const { authorization, ...rungs } = expected;
    expect(ladder).toMatchObject(rungs);
    expect(ladder.headers['authorization']).toBe(authorization);
  });

  test('is the one that AWS’s own signer makes, whatever the request, the key and the time', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const value = fc.stringMatching(/^[!-~]{1,10}( {0,3}[!-~]{1,10})?$/);
    const names = fc.stringMatching(/^x-[a-z0-9-]{1,12}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(names, value, { maxKeys: 5 }),
        text,
        fc.option(value, { nil: undefined }),
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        async (more, body, sessionToken, at) => {
          const headers = { ...POST.headers, ...more };
          const credentials = { ...KEY, ...(sessionToken === undefined ? {} : { sessionToken }) };
          const oracle = new SignatureV4({ ...SCOPE, credentials, sha256: Sha256 });
          const asked = { method: 'POST', protocol: 'https:', hostname: 'sqs.example', path: '/' };
          const bytes = Buffer.from(body);
          const signingDate = new Date(at);
          const theirs = await oracle.sign({ ...asked, headers, body: bytes }, { signingDate });
          // AWS's signer sends the body's hash besides, and signs it.
          const hash = theirs.headers['x-amz-content-sha256'] ?? 'none';
          const request = { ...POST, headers: { ...headers, 'x-amz-content-sha256': hash }, body: bytes };
          expect(new V4Signer(credentials, SCOPE).sign(request, epochMs(at)).headers).toEqual(theirs.headers);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('is of the day, of which its key is, also for a signer that signed on another', () => {
    const signer = new V4Signer(KEY, SCOPE);
    for (const now of [START, epochMs(START + 86_400_000 - 1), epochMs(START + 86_400_000), START]) {
      const { headers } = signer.sign(POST, now);
      expect(headers).toEqual(new V4Signer(KEY, SCOPE).sign(POST, now).headers);
      const request = { method: 'POST', target: '/', headers, body: POST.body };
      expect(() => verifySigV4(request, { credentials: KEY, ...SCOPE, now })).not.toThrow();
    }
  });
});
