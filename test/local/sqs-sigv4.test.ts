import { describe, expect, test } from '@jest/globals';
import { SqsRefusal } from '../../local/sqs/refusal.js';
import { sigV4Ladder, verifySigV4, type SignedRequest } from '../../local/sqs/sigv4.js';

const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const SIGNED_AT = Date.UTC(2015, 7, 30, 12, 36);

/** AWS General Reference, "Signature Version 4 signing process", its worked example. */
const LIST_USERS: SignedRequest = {
  method: 'GET',
  target: '/?Action=ListUsers&Version=2010-05-08',
  headers: {
    host: 'iam.amazonaws.com',
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, ' +
      'SignedHeaders=content-type;host;x-amz-date, ' +
      'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  },
  body: Buffer.alloc(0),
};

const EXPECTED = { credentials: CREDENTIALS, region: 'us-east-1', service: 'iam', now: SIGNED_AT };

/** The code that a request is refused with; undefined when it is accepted. */
function refusalOf(changes: Partial<SignedRequest>, expected = EXPECTED): string | undefined {
  try {
    verifySigV4({ ...LIST_USERS, ...changes }, expected);
    return undefined;
  } catch (error) {
    if (error instanceof SqsRefusal) return error.form.queryCode;
    throw error;
  }
}

const withHeaders = (headers: SignedRequest['headers']) => ({
  headers: { ...LIST_USERS.headers, ...headers },
});
const authorized = (change: (authorization: string) => string) =>
  withHeaders({ authorization: change(String(LIST_USERS.headers['authorization'])) });

describe('a signature of version 4', () => {
  test('is the documented one, rung by rung', () => {
    const scope = {
      amzDate: '20150830T123600Z',
      region: 'us-east-1',
      service: 'iam',
      signedHeaders: ['content-type', 'host', 'x-amz-date'],
      secretAccessKey: CREDENTIALS.secretAccessKey,
    };
    expect(sigV4Ladder(LIST_USERS, scope)).toEqual({
      canonicalRequest: [
        'GET',
        '/',
        'Action=ListUsers&Version=2010-05-08',
        'content-type:application/x-www-form-urlencoded; charset=utf-8',
        'host:iam.amazonaws.com',
        'x-amz-date:20150830T123600Z',
        '',
        'content-type;host;x-amz-date',
        'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      ].join('\n'),
      stringToSign: [
        'AWS4-HMAC-SHA256',
        '20150830T123600Z',
        '20150830/us-east-1/iam/aws4_request',
        'f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59',
      ].join('\n'),
      signature: '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    });
  });

  test('is accepted when it is right, within a quarter of an hour', () => {
    expect(refusalOf({})).toBeUndefined();
    expect(refusalOf({}, { ...EXPECTED, now: SIGNED_AT + 15 * 60_000 })).toBeUndefined();
    expect(refusalOf({}, { ...EXPECTED, now: SIGNED_AT - 15 * 60_000 })).toBeUndefined();
  });

  test.each([
    ['no signature', withHeaders({ authorization: undefined }), 'AccessDenied'],
    ['another scheme', authorized(() => 'Basic dTpw'), 'IncompleteSignature'],
    ['no date', withHeaders({ 'x-amz-date': undefined }), 'IncompleteSignature'],
    ['a date that is none', withHeaders({ 'x-amz-date': '20151330T123600Z' }), 'IncompleteSignature'],
    ['another key', authorized((text) => text.replace('AKIDEXAMPLE', 'AKIDOTHER')), 'InvalidClientTokenId'],
    ['another region', authorized((text) => text.replace('us-east-1', 'us-east-2')), 'SignatureDoesNotMatch'],
    ['another service', authorized((text) => text.replace('/iam/', '/sqs/')), 'SignatureDoesNotMatch'],
    [
      'another day in the scope',
      authorized((text) => text.replace('20150830', '20150831')),
      'SignatureDoesNotMatch',
    ],
    [
      'another signature',
      authorized((text) => text.replace('Signature=5d', 'Signature=5e')),
      'SignatureDoesNotMatch',
    ],
    ['another method', { method: 'POST' }, 'SignatureDoesNotMatch'],
    ['another path', { target: '/x?Action=ListUsers&Version=2010-05-08' }, 'SignatureDoesNotMatch'],
    ['another query', { target: '/?Action=DeleteUser&Version=2010-05-08' }, 'SignatureDoesNotMatch'],
    ['another body', { body: Buffer.from('x') }, 'SignatureDoesNotMatch'],
    ['another host', withHeaders({ host: 'evil.example' }), 'SignatureDoesNotMatch'],
    [
      'a header beside the signed ones',
      withHeaders({ 'x-amz-target': 'AmazonSQS.PurgeQueue' }),
      'SignatureDoesNotMatch',
    ],
    ['a host that is not signed', authorized((text) => text.replace('host;', '')), 'SignatureDoesNotMatch'],
  ])('with %s is refused', (_what, changes, code) => {
    expect(refusalOf(changes)).toBe(code);
  });

  test.each([15 * 60_000 + 1_000, -15 * 60_000 - 1_000])('that is %d ms off is refused', (skew) => {
    expect(refusalOf({}, { ...EXPECTED, now: SIGNED_AT + skew })).toBe('SignatureDoesNotMatch');
  });

  test('with another secret is refused', () => {
    const credentials = { ...CREDENTIALS, secretAccessKey: 'another' };
    expect(refusalOf({}, { ...EXPECTED, credentials })).toBe('SignatureDoesNotMatch');
  });
});
