import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { signRequest } from '../../lib/cos-signer/index.js';

const texts = v.record(v.string(), v.string());

const vectors = v.parse(
  v.array(
    v.object({
      name: v.string(),
      source: v.string(),
      credentials: v.object({ secretId: v.string(), secretKey: v.string() }),
      validity: v.object({ start: v.number(), end: v.number() }),
      request: v.object({ method: v.string(), path: v.string(), query: texts, headers: texts }),
      expected: v.object({
        signKey: v.string(),
        httpParameters: v.string(),
        httpHeaders: v.string(),
        httpString: v.string(),
        sha1OfHttpString: v.string(),
        stringToSign: v.string(),
        signature: v.string(),
        headerList: v.string(),
        urlParamList: v.string(),
        authorization: v.string(),
      }),
    }),
  ),
  JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')),
);

describe('every rung of the ladder has the published value', () => {
  // V1 to V7 are published by Tencent Cloud (documentation and Go SDK). N1 to N6 are our own, agreed on by independent implementations.
  test('the data holds all thirteen vectors', () => {
    expect(vectors.map(({ name }) => name).join(' ')).toBe('V1 V2 V3 V4 V5 V6 V7 N1 N2 N3 N4 N5 N6');
  });

  test.each(vectors)('$name: $source', ({ request, credentials, validity, expected }) => {
    const ladder = signRequest(request, credentials, validity);

    expect(ladder).toEqual({
      signKey: expected.signKey,
      httpString: expected.httpString,
      stringToSign: expected.stringToSign,
      signature: expected.signature,
      headerList: expected.headerList,
      urlParamList: expected.urlParamList,
      authorization: expected.authorization,
    });
    const [, , parameters, headers] = ladder.httpString.split('\n');
    expect(parameters).toBe(expected.httpParameters);
    expect(headers).toBe(expected.httpHeaders);
    expect(createHash('sha1').update(ladder.httpString).digest('hex')).toBe(expected.sha1OfHttpString);
    expect(ladder.stringToSign.split('\n')[2]).toBe(expected.sha1OfHttpString);
  });
});
