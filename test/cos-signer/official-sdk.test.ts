import { describe, expect, test } from '@jest/globals';
import COS from 'cos-nodejs-sdk-v5';
import fc from 'fast-check';
import {
  presignUrl,
  signRequest,
  type SignableRequest,
  type SigningCredentials,
  type Validity,
} from '../../lib/cos-signer/index.js';
import {
  anyCredentials,
  anyHeaders,
  anyMethod,
  anyPath,
  anyText,
  anyValidity,
  plainName,
  recordOf,
  signedForm,
} from './arbitraries.js';

/**
 * The official Node SDK as an oracle. Its domain, and why it ends there:
 *
 * - any method, in any case; any path and any value that UTF-8 can express;
 * - headers from its allow-list, in any case: it signs no others, while we sign what we are given;
 * - one value a name: it has no notion of several;
 * - parameter names that are distinct once encoded and lower-cased, and whose order is the same before and after encoding: it sorts the
 *   parameters of the HttpString by the raw name but `q-url-param-list` by the encoded one, so outside this bound it contradicts itself;
 * - no parameter named `hasOwnProperty` or `__proto__`: the first breaks its loops, the second is lost in its copy.
 */
function officialAuthorization(
  { method, path, query, headers }: Required<SignableRequest>,
  { secretId, secretKey }: SigningCredentials,
  { start, end }: Validity,
): string {
  return COS.getAuthorization({
    SecretId: secretId,
    SecretKey: secretKey,
    // The declared type knows neither HEAD nor mixed case; the code lower-cases any text.
    Method: method as COS.StaticGetAuthorizationOptions['Method'] & string,
    Pathname: path,
    Query: query,
    Headers: headers,
    KeyTime: `${start};${end}`,
  });
}

/** Whether the SDK's two orders, by raw and by encoded name, are one and strict. */
function ordersAgree(names: readonly string[]): boolean {
  const raw = [...names]
    .sort((a, b) => (signedForm(a) < signedForm(b) ? -1 : 1))
    .map((name) => name.toLowerCase());
  return raw.every((name, index) => {
    const previous = raw[index - 1];
    return previous === undefined || previous < name;
  });
}

const breaksTheSdk = new Set(['hasOwnProperty', '__proto__']);

const plainQuery = recordOf(plainName, anyText).filter(
  (query) => !Object.keys(query).some((name) => breaksTheSdk.has(name)),
);

const unicodeQuery = recordOf(fc.oneof(plainName, anyText), anyText).filter(
  (query) => ordersAgree(Object.keys(query)) && !Object.keys(query).some((name) => breaksTheSdk.has(name)),
);

const requestWith = (query: fc.Arbitrary<Record<string, string>>): fc.Arbitrary<Required<SignableRequest>> =>
  fc.record({ method: anyMethod, path: anyPath, query, headers: anyHeaders });

describe('the official SDK signs alike', () => {
  test('for 5,000 requests whose parameter names need no encoding', () => {
    fc.assert(
      fc.property(requestWith(plainQuery), anyCredentials, anyValidity, (request, credentials, validity) => {
        expect(signRequest(request, credentials, validity).authorization).toBe(
          officialAuthorization(request, credentials, validity),
        );
      }),
      { numRuns: 5_000 },
    );
  });

  test('for 2,000 requests with any parameter names whose order does not depend on encoding', () => {
    fc.assert(
      fc.property(
        requestWith(unicodeQuery),
        anyCredentials,
        anyValidity,
        (request, credentials, validity) => {
          expect(signRequest(request, credentials, validity).authorization).toBe(
            officialAuthorization(request, credentials, validity),
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('just outside that domain it sorts its two lists differently, and we do not', () => {
    // ":" comes after "0", but its encoded form "%3A" before it.
    const request = { method: 'GET', path: '/', query: { 'a:': '1', a0: '2' }, headers: {} };
    const credentials = { secretId: 'AKIDexample', secretKey: 'example' };
    const validity = { start: 1_700_000_000, end: 1_700_000_900 };

    const ours = signRequest(request, credentials, validity);
    const official = officialAuthorization(request, credentials, validity);

    expect(ours.httpString).toBe('get\n/\na%3a=1&a0=2\n\n');
    expect(ours.urlParamList).toBe('a%3a;a0');
    expect(official).toContain('q-url-param-list=a%3a;a0&');
    expect(official).not.toBe(ours.authorization);
  });
});

/** The items of a query, decoded and in order of name. */
function items(url: string): (readonly [string, string])[] {
  const search = url.slice(url.indexOf('?') + 1);
  return search
    .split('&')
    .map((item) => {
      const equals = item.indexOf('=');
      return [decodeURIComponent(item.slice(0, equals)), decodeURIComponent(item.slice(equals + 1))] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('the official SDK presigns alike', () => {
  const bucket = 'examplebucket-1250000000';
  const region = 'ap-beijing';
  // The SDK drops a leading slash of the key. Names in "q-" would mix with the signature's own items when these are sorted below.
  const anyKey = anyText.filter((key) => key !== '' && !key.startsWith('/'));
  const anyQuery = recordOf(plainName, anyText).filter(
    (query) => !Object.keys(query).some((name) => breaksTheSdk.has(name) || name.startsWith('q-')),
  );

  test('for 500 URLs: the same address, the same items, the same signature', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('GET', 'PUT', 'DELETE'),
        anyKey,
        anyQuery,
        anyCredentials,
        (method, key, query, credentials) => {
          const { secretId: SecretId, secretKey: SecretKey } = credentials;
          const official = new COS({ SecretId, SecretKey }).getObjectUrl({
            Bucket: bucket,
            Region: region,
            Key: key,
            Method: method,
            Query: query,
            Sign: true,
          });
          // It takes the time itself; its URL says which.
          const time = /q-sign-time=(\d+);(\d+)/.exec(official);
          const ours = presignUrl(
            { method, origin: `https://${bucket}.cos.${region}.myqcloud.com`, path: `/${key}`, query },
            credentials,
            { start: Number(time?.[1]), end: Number(time?.[2]) },
          );

          expect(ours.slice(0, ours.indexOf('?'))).toBe(official.slice(0, official.indexOf('?')));
          expect(items(ours)).toEqual(items(official));
        },
      ),
      { numRuns: 500 },
    );
  });
});
