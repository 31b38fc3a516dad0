import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash, createHmac } from 'node:crypto';
import { encodePath, presignUrl } from '../../lib/cos-signer/index.js';
import { anyCredentials, anyMethod, anyPath, anyText, anyValidity } from './arbitraries.js';

const HOST = 'examplebucket-1250000000.cos.ap-beijing.myqcloud.com';

/** Everything a server knows of a presigned request: its method, and the URL as text. */
interface Received {
  readonly pathname: string;
  readonly parameters: readonly (readonly [string, string])[];
  readonly signing: ReadonlyMap<string, string>;
}

/** Reads a URL as a server does: by hand, since `URL` would tidy up dots and slashes that are part of a key. */
function receive(url: string): Received {
  const target = url.slice(`https://${HOST}`.length);
  const question = target.indexOf('?');
  const all = target
    .slice(question + 1)
    .split('&')
    .map((item) => {
      const equals = item.indexOf('=');
      return [decodeURIComponent(item.slice(0, equals)), decodeURIComponent(item.slice(equals + 1))] as const;
    });
  // The seven items come last, so that parameters of the request that look like them stay apart.
  return {
    pathname: decodeURIComponent(target.slice(0, question)),
    parameters: all.slice(0, -7),
    signing: new Map(all.slice(-7)),
  };
}

const hmac = (key: string, text: string): string => createHmac('sha1', key).update(text).digest('hex');

const encode = (text: string): string =>
  Array.from(Buffer.from(text, 'utf8'), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9._~-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');

/** The signature that a server expects: made again from the URL, the method and the key, with its own encoder. */
function expectedSignature(method: string, url: string, secretKey: string): string {
  const { pathname, parameters, signing } = receive(url);
  const pairs = parameters.map(([name, value]) => [encode(name).toLowerCase(), encode(value)] as const);
  pairs.sort(([nameA, valueA], [nameB, valueB]) =>
    nameA === nameB ? (valueA < valueB ? -1 : 1) : nameA < nameB ? -1 : 1,
  );
  const httpString = [
    method.toLowerCase(),
    pathname,
    pairs.map((pair) => pair.join('=')).join('&'),
    `host=${encode(HOST)}`,
    '',
  ].join('\n');
  const keyTime = signing.get('q-key-time') ?? '';
  const hash = createHash('sha1').update(httpString).digest('hex');
  return hmac(hmac(secretKey, keyTime), `sha1\n${signing.get('q-sign-time') ?? ''}\n${hash}\n`);
}

const anyQuery = fc.dictionary(anyText, fc.oneof(anyText, fc.array(anyText, { maxLength: 3 })), {
  maxKeys: 4,
});

describe('a presigned URL', () => {
  test('verifies from the URL alone, with and without a token', () => {
    fc.assert(
      fc.property(
        anyMethod,
        anyPath,
        anyQuery,
        anyCredentials,
        fc.option(anyText, { nil: undefined }),
        anyValidity,
        (method, path, query, pair, token, validity) => {
          const credentials = token === undefined ? pair : { ...pair, token };
          const url = presignUrl({ method, origin: `https://${HOST}`, path, query }, credentials, validity);
          const { pathname, parameters, signing } = receive(url);

          expect(url).toMatch(/^[\x21-\x7e]+$/);
          expect(pathname).toBe(path);
          expect(signing.get('q-signature')).toBe(expectedSignature(method, url, pair.secretKey));
          expect(signing.get('q-ak')).toBe(pair.secretId);
          expect(signing.get('q-sign-time')).toBe(`${validity.start};${validity.end}`);
          expect(signing.get('q-header-list')).toBe('host');
          const listed = parameters.map(([name]) => encode(name).toLowerCase()).sort();
          expect(signing.get('q-url-param-list')).toBe(listed.join(';'));
          if (token !== undefined) expect(parameters).toContainEqual(['x-cos-security-token', token]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('no longer verifies once its path, a parameter, its token or its end is changed', () => {
    const url = presignUrl(
      { method: 'GET', origin: `https://${HOST}`, path: '/a', query: { versionId: '1' } },
      { secretId: 'AKIDexample', secretKey: 'example', token: 'token' },
      { start: 1_700_000_000, end: 1_700_000_900 },
    );
    const signed = receive(url).signing.get('q-signature');
    expect(expectedSignature('GET', url, 'example')).toBe(signed);

    const changed = [
      url.replace('/a?', '/b?'),
      url.replace('versionId=1', 'versionId=2'),
      url.replace('token=token', 'token=other'),
      url.replaceAll('1700000900', '1700009999'),
    ];
    for (const forged of changed) {
      expect(forged).not.toBe(url);
      expect(expectedSignature('GET', forged, 'example')).not.toBe(signed);
    }
    expect(expectedSignature('PUT', url, 'example')).not.toBe(signed);
  });

  test('keeps a port of the origin and signs it with the host', () => {
    const request = { method: 'GET', origin: 'http://127.0.0.1:8080', path: '/a' };
    const url = presignUrl(request, { secretId: 'AKIDexample', secretKey: 'example' }, { start: 0, end: 1 });
    expect(url.startsWith('http://127.0.0.1:8080/a?q-sign-algorithm=sha1&')).toBe(true);
  });

  const presign = (request: { origin: string; path: string }) => () =>
    presignUrl(
      { method: 'GET', ...request },
      { secretId: 'AKIDexample', secretKey: 'example' },
      { start: 0, end: 1 },
    );

  test.each([
    ['without a scheme', HOST],
    ['with a path', `https://${HOST}/a`],
    ['with a password', `https://me:secret@${HOST}`],
    ['that names no host', 'mailto:a'],
  ])(
    'refuses an origin %s with a TypeError that says what an origin is, and does not repeat it',
    (_, origin) => {
      expect(presign({ origin, path: '/a' })).toThrow(
        new TypeError('the origin of a presigned URL must be scheme and host alone, as in "https://host"'),
      );
    },
  );

  test.each([
    ['a path without its slash', 'a'],
    ['half of a surrogate pair in the path', '/\ud83d'],
  ])('refuses %s with a TypeError', (_, path) => {
    expect(presign({ origin: `https://${HOST}`, path })).toThrow(TypeError);
  });
});

test('a path keeps its slashes and has everything else encoded', () => {
  expect(encodePath("/a b//*'()!~+中😀/")).toBe('/a%20b//%2A%27%28%29%21~%2B%E4%B8%AD%F0%9F%98%80/');
});
