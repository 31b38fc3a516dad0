import fc from 'fast-check';
import type { SignableRequest, SigningCredentials, Validity } from '../../lib/cos-signer/index.js';
import { urlEncode } from '../../lib/cos-signer/index.js';

/** Any text that UTF-8 can express: all planes, no lone surrogates, the empty text too. */
export const anyText = fc.string({ unit: 'binary', maxLength: 12 });

/** A parameter name that needs no encoding: RFC 3986's unreserved characters. */
export const plainName = fc.stringMatching(/^[A-Za-z0-9._~-]{1,12}$/);

/** Methods in any case. */
export const anyMethod = fc
  .constantFrom('get', 'put', 'post', 'delete', 'head', 'options')
  .chain((method) => fc.mixedCase(fc.constant(method)));

export const anyPath = anyText.map((text) => `/${text}`);

/** Secret IDs and keys as Tencent Cloud issues them: letters and digits. */
export const anyCredentials: fc.Arbitrary<SigningCredentials> = fc.record({
  secretId: fc.stringMatching(/^AKID[A-Za-z0-9]{4,32}$/),
  secretKey: fc.stringMatching(/^[A-Za-z0-9]{1,32}$/),
});

export const anyValidity: fc.Arbitrary<Validity> = fc
  .tuple(fc.nat(2_000_000_000), fc.nat(86_400))
  .map(([start, lengthSeconds]) => ({ start, end: start + lengthSeconds }));

/** The headers that SDKs sign; every other one they leave out of the signature. */
const signedHeaders = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-type',
  'expect',
  'expires',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'origin',
  'range',
  'transfer-encoding',
  'pic-operations',
];

const headerName = fc
  .oneof(
    { weight: 2, arbitrary: fc.constantFrom(...signedHeaders) },
    { weight: 1, arbitrary: fc.stringMatching(/^x-(cos|ci)-[a-z0-9-]{1,12}$/) },
  )
  .chain((name) => fc.mixedCase(fc.constant(name)));

/** Two names are the same to the signature when they are so in this form. */
export const signedForm = (name: string): string => urlEncode(name).toLowerCase();

/** A record with the given names and values, no two names the same to the signature. */
export function recordOf(
  name: fc.Arbitrary<string>,
  value: fc.Arbitrary<string>,
): fc.Arbitrary<Record<string, string>> {
  return fc
    .uniqueArray(fc.tuple(name, value), { maxLength: 6, selector: ([one]) => signedForm(one) })
    .map((entries) => Object.fromEntries(entries));
}

export const anyHeaders = recordOf(headerName, anyText);

/** Requests with all of Unicode in the names of their parameters, too. */
export const anyRequest: fc.Arbitrary<
  Required<SignableRequest> & { readonly query: Record<string, string> }
> = fc.record({
  method: anyMethod,
  path: anyPath,
  query: recordOf(fc.oneof(plainName, anyText), anyText),
  headers: anyHeaders,
});
