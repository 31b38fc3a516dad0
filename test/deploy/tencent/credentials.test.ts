import { expect, test } from '@jest/globals';
import { deployerCredentials } from '../../../deploy/tencent/credentials.js';

const PAIR = { TENCENTCLOUD_SECRET_ID: 'AKIDx', TENCENTCLOUD_SECRET_KEY: 'key\n' };

test('a pair is taken without the white space around it', () => {
  expect(deployerCredentials(PAIR)).toEqual({ secretId: 'AKIDx', secretKey: 'key' });
});

test.each(['TENCENTCLOUD_TOKEN', 'TENCENTCLOUD_SESSION_TOKEN'])(
  'a temporary pair has its token in %s',
  (name) => {
    expect(deployerCredentials({ ...PAIR, [name]: 'token' })).toMatchObject({ token: 'token' });
  },
);

test.each([
  [{}, 'TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY are not set'],
  [{ TENCENTCLOUD_SECRET_ID: 'AKIDx' }, 'TENCENTCLOUD_SECRET_KEY is not set'],
  [{ ...PAIR, TENCENTCLOUD_SECRET_ID: ' ' }, 'TENCENTCLOUD_SECRET_ID is not set'],
])('%j is no pair, and what is missing is said', (env, message) => {
  expect(() => deployerCredentials(env)).toThrow(message);
});
