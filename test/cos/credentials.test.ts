import { describe, expect, test } from '@jest/globals';
import { credentialsFromEnvironment } from '../../lib/cos/credentials.js';
import { CredentialsError } from '../../lib/cos/errors/credentials-error.js';

const SCF = { TENCENTCLOUD_SECRETID: 'id-scf', TENCENTCLOUD_SECRETKEY: 'key-scf' };
const SDK = { TENCENTCLOUD_SECRET_ID: 'id-sdk', TENCENTCLOUD_SECRET_KEY: 'key-sdk' };

describe('the key pair in the environment', () => {
  test("is read in SCF's spelling, token included", () => {
    expect(credentialsFromEnvironment({ ...SCF, TENCENTCLOUD_SESSIONTOKEN: 'token' })).toEqual({
      secretId: 'id-scf',
      secretKey: 'key-scf',
      token: 'token',
    });
  });

  test("is read in the SDKs' spelling, token included", () => {
    expect(credentialsFromEnvironment({ ...SDK, TENCENTCLOUD_SESSION_TOKEN: 'token' })).toEqual({
      secretId: 'id-sdk',
      secretKey: 'key-sdk',
      token: 'token',
    });
  });

  test("SCF's role goes before a pair that was set by hand, and their tokens are not mixed", () => {
    const env = { ...SDK, ...SCF, TENCENTCLOUD_SESSION_TOKEN: 'token-of-the-other' };
    expect(credentialsFromEnvironment(env)).toEqual({ secretId: 'id-scf', secretKey: 'key-scf' });
  });

  test('empty values count as absent', () => {
    const env = {
      TENCENTCLOUD_SECRETID: '',
      TENCENTCLOUD_SECRETKEY: '',
      ...SDK,
      TENCENTCLOUD_SESSION_TOKEN: '',
    };
    expect(credentialsFromEnvironment(env)).toEqual({ secretId: 'id-sdk', secretKey: 'key-sdk' });
  });

  test('half a pair is an error that names the missing half', () => {
    expect(() => credentialsFromEnvironment({ TENCENTCLOUD_SECRET_ID: 'id-sdk' })).toThrow(
      'TENCENTCLOUD_SECRET_ID is set but TENCENTCLOUD_SECRET_KEY is not: set both',
    );
    expect(() => credentialsFromEnvironment({ TENCENTCLOUD_SECRETKEY: 'key-scf' })).toThrow(
      'TENCENTCLOUD_SECRETKEY is set but TENCENTCLOUD_SECRETID is not: set both',
    );
  });

  test('no pair at all is an error that names both spellings', () => {
    expect(() => credentialsFromEnvironment({})).toThrow(CredentialsError);
    expect(() => credentialsFromEnvironment({})).toThrow(/TENCENTCLOUD_SECRETID .* TENCENTCLOUD_SECRET_ID/);
  });

  test('a value with a newline in it is refused by name, without showing it', () => {
    const env = { ...SDK, TENCENTCLOUD_SECRET_KEY: 'key-sdk\n' };
    expect(() => credentialsFromEnvironment(env)).toThrow(
      'TENCENTCLOUD_SECRET_KEY contains white space: set it to the bare value',
    );
  });
});
