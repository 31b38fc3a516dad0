import { expect, test } from '@jest/globals';
import { refusalOf, signatureOf } from './tc3.js';

/** The worked example of API 3.0, "Signature v3", with the keys as it prints them: the asterisks are part of them. */
const EXAMPLE = {
  secretId: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******',
  secretKey: 'Gu5t9xGARNpq86cd98joQYCN3*******',
  timestamp: '1551113065',
  request: {
    headers: { 'content-type': 'application/json; charset=utf-8', host: 'cvm.tencentcloudapi.com' },
    body: Buffer.from(
      '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}',
    ),
  },
  signature: '2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c',
};

test("the checker makes the signature of the document's worked example", () => {
  const { request, secretKey, timestamp, signature } = EXAMPLE;
  const scope = { day: '2019-02-25', service: 'cvm', timestamp, names: ['content-type', 'host'], secretKey };
  expect(signatureOf(request, scope)).toBe(signature);
});

test.each([
  ['as it is', {}, undefined],
  ['for another product', { service: 'scf' }, 'AuthFailure.SignatureFailure'],
  ['with another key', { secretKey: 'another' }, 'AuthFailure.SignatureFailure'],
  ['from somebody else', { secretId: 'AKIDsomebodyelse' }, 'AuthFailure.SecretIdNotFound'],
  ['six minutes late', { nowSeconds: Number(EXAMPLE.timestamp) + 360 }, 'AuthFailure.SignatureExpire'],
])('a signed request %s', (_name, changes, code) => {
  const { request, secretId, secretKey, timestamp, signature } = EXAMPLE;
  const authorization = `TC3-HMAC-SHA256 Credential=${secretId}/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, Signature=${signature}`;
  const headers = { ...request.headers, authorization, 'x-tc-timestamp': timestamp };
  const expected = { service: 'cvm', secretId, secretKey, nowSeconds: Number(timestamp), ...changes };
  expect(refusalOf({ ...request, headers }, expected)?.code).toBe(code);
});
