import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { signRequest, type SignableRequest } from '../../lib/cos-signer/index.js';
import { anyCredentials, anyRequest, anyText, anyValidity, recordOf, signedForm } from './arbitraries.js';

const credentials = { secretId: 'AKIDexample', secretKey: 'example' };
const validity = { start: 1_700_000_000, end: 1_700_000_900 };
const sign = (request: Partial<SignableRequest>) =>
  signRequest({ method: 'GET', path: '/', ...request }, credentials, validity);

const shuffled = <T>(record: Record<string, T>): fc.Arbitrary<Record<string, T>> => {
  const entries = Object.entries(record);
  return fc
    .shuffledSubarray(entries, { minLength: entries.length })
    .map((inOtherOrder) => Object.fromEntries(inOtherOrder));
};

const inOtherCase = (name: string): string =>
  name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();

describe('what does not matter', () => {
  test('the order in which parameters and headers are given', () => {
    const twoOrders = anyRequest.chain((request) =>
      fc.tuple(fc.constant(request), shuffled(request.query), shuffled(request.headers)),
    );
    fc.assert(
      fc.property(twoOrders, ([request, query, headers]) => {
        expect(sign({ ...request, query, headers })).toEqual(sign(request));
      }),
    );
  });

  test('the case of the method and of header names', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [inOtherCase(name), value]),
        );
        expect(sign({ ...request, method: inOtherCase(request.method), headers })).toEqual(sign(request));
      }),
    );
  });

  test('the case of ASCII parameter names', () => {
    const asciiNames = recordOf(fc.string({ unit: 'binary-ascii', maxLength: 8 }), anyText);
    fc.assert(
      fc.property(asciiNames, (query) => {
        const other = Object.fromEntries(
          Object.entries(query).map(([name, value]) => [inOtherCase(name), value]),
        );
        expect(sign({ query: other })).toEqual(sign({ query }));
      }),
    );
  });

  test('the token of a temporary key: it is sent, not mixed in', () => {
    const request = { method: 'GET', path: '/' };
    expect(signRequest(request, { ...credentials, token: 'token' }, validity)).toEqual(
      signRequest(request, credentials, validity),
    );
  });
});

describe('what does matter: each change gives another signature', () => {
  const differing = fc.tuple(anyText, anyText).filter(([a, b]) => a !== b);
  const signatureOf = (request: Partial<SignableRequest>): string => sign(request).signature;

  test('of the path', () => {
    fc.assert(
      fc.property(anyRequest, differing, (request, [a, b]) => {
        expect(signatureOf({ ...request, path: `/${a}` })).not.toBe(
          signatureOf({ ...request, path: `/${b}` }),
        );
      }),
    );
  });

  test('of a value, in a parameter and in a header', () => {
    fc.assert(
      fc.property(anyRequest, differing, (request, [a, b]) => {
        for (const part of ['query', 'headers'] as const) {
          const withValue = (value: string) =>
            signatureOf({ ...request, [part]: { ...request[part], changed: value } });
          expect(withValue(a)).not.toBe(withValue(b));
        }
      }),
    );
  });

  test('of a parameter name, save for what lower-casing makes equal', () => {
    fc.assert(
      fc.property(differing, anyText, ([a, b], value) => {
        fc.pre(signedForm(a) !== signedForm(b));
        expect(signatureOf({ query: { [a]: value } })).not.toBe(signatureOf({ query: { [b]: value } }));
      }),
    );
  });

  test('of the method, the secret key, and either end of the validity', () => {
    fc.assert(
      fc.property(anyRequest, anyCredentials, anyValidity, (request, own, { start, end }) => {
        const signature = (key: string, from: number, to: number, method = 'get'): string =>
          signRequest({ ...request, method }, { ...own, secretKey: key }, { start: from, end: to }).signature;
        const all = [
          signature(own.secretKey, start, end),
          signature(`${own.secretKey}x`, start, end),
          signature(own.secretKey, start, end + 1),
          signature(own.secretKey, start + 1, end + 1),
          signature(own.secretKey, start, end, 'put'),
        ];
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });

  test('of the line between parameters and headers', () => {
    expect(signatureOf({ query: { host: 'h' } })).not.toBe(signatureOf({ headers: { host: 'h' } }));
  });
});

describe('names and values', () => {
  test('all of Unicode is encoded as UTF-8, names in lower case, hex digits and all', () => {
    const { httpString, urlParamList } = sign({ query: { 'Ä😀/': 'Ä😀/', 中: '' } });
    expect(urlParamList).toBe('%c3%84%f0%9f%98%80%2f;%e4%b8%ad');
    expect(httpString).toBe('get\n/\n%c3%84%f0%9f%98%80%2f=%C3%84%F0%9F%98%80%2F&%e4%b8%ad=\n\n');
  });

  test('only the unreserved characters stay as they are; a space is never a plus', () => {
    const { httpString } = sign({ headers: { h: 'AZaz09-_.~ !"#$%&\'()*+,/:;<=>?@[\\]^`{|}' } });
    expect(httpString.split('\n')[3]).toBe(
      'h=AZaz09-_.~%20%21%22%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D',
    );
  });

  test('an empty value keeps its equals sign', () => {
    const { httpString, urlParamList } = sign({ query: { acl: '' } });
    expect(httpString).toBe('get\n/\nacl=\n\n');
    expect(urlParamList).toBe('acl');
  });

  test('a repeated parameter is repeated in the list too, its values sorted, as the Go SDK does', () => {
    const { httpString, urlParamList } = sign({ query: { b: '', tag: ['z', '', 'a b', 'a'] } });
    expect(urlParamList).toBe('b;tag;tag;tag;tag');
    expect(httpString).toBe('get\n/\nb=&tag=&tag=a&tag=a%20b&tag=z\n\n');
  });

  test('names that differ only in case are one repeated name', () => {
    expect(sign({ query: { A: '2', a: '1' } })).toEqual(sign({ query: { a: ['1', '2'] } }));
  });

  test('a parameter may be called like a property of every object', () => {
    const query = Object.fromEntries([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['hasOwnProperty', '3'],
    ]);
    expect(sign({ query }).urlParamList).toBe('__proto__;constructor;hasownproperty');
  });

  test('the path is signed decoded', () => {
    expect(sign({ path: '/a b/*%20(中)😀' }).httpString).toBe('get\n/a b/*%20(中)😀\n\n\n');
  });
});

test('the signer leaves its input as it was', () => {
  const request = {
    method: 'GeT',
    path: '/a',
    query: { b: '1', A: ['2', '1'] },
    headers: { Host: 'h', 'content-type': 'text/plain' },
  };
  const before = structuredClone(request);
  Object.values(request).forEach((part) => Object.freeze(part));
  Object.freeze(request.query.A);
  sign(Object.freeze(request));
  expect(request).toEqual(before);
});

describe('what cannot be signed is a TypeError', () => {
  test.each(['', 'a', 'a/', ' /a', 'https://h/a'])('a path that does not begin with a slash: %j', (path) => {
    expect(() => sign({ path })).toThrow(
      new TypeError(`the path to sign must begin with "/", but is ${JSON.stringify(path)}`),
    );
  });

  test.each([
    [2, 1],
    [-1, 1],
    [0.5, 1],
    [1, Number.NaN],
    [1, Number.POSITIVE_INFINITY],
    [1, 2 ** 53],
  ])('a validity from %d to %d', (start, end) => {
    expect(() => signRequest({ method: 'GET', path: '/' }, credentials, { start, end })).toThrow(
      new TypeError(
        `a validity is two whole numbers of Unix seconds, the start first, but is ${start} to ${end}`,
      ),
    );
  });

  test.each([0xd83d, 0xde00])('half of a surrogate pair, wherever it is (U+%s)', (codeUnit) => {
    const text = `/secret${String.fromCharCode(codeUnit)}`;
    const requests = [
      { path: text },
      { query: { [text]: '' } },
      { query: { a: ['', text] } },
      { headers: { a: text } },
    ];
    for (const request of requests) {
      // At index 7, and without the text, which may be a token.
      expect(() => sign(request)).toThrow(
        new TypeError(
          'a text to sign or encode has half of a surrogate pair at index 7, which UTF-8 cannot express',
        ),
      );
    }
    const atOnce = { headers: { a: text.slice(-1) } };
    expect(() => sign(atOnce)).toThrow('half of a surrogate pair at index 0');
  });
});
