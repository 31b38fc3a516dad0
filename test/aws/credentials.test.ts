import { describe, expect, test } from '@jest/globals';
import { awsCredentialsFromEnvironment } from '../../lib/aws/credentials.js';

const KEY = { AWS_ACCESS_KEY_ID: 'AKIDone', AWS_SECRET_ACCESS_KEY: 'a+secret/key=' };

const refusalOf = (env: Readonly<Record<string, string | undefined>>): string => {
  try {
    awsCredentialsFromEnvironment(env);
  } catch (error) {
    expect(error).toMatchObject({ name: 'CredentialsError', disposition: 'credentials' });
    if (error instanceof Error) return error.message;
  }
  throw new Error('there are credentials');
};

describe('the AWS key in the environment', () => {
  test('is the one that Lambda sets there', () => {
    expect(awsCredentialsFromEnvironment({ ...KEY, AWS_SESSION_TOKEN: 'to/k+en==' })).toEqual({
      accessKeyId: 'AKIDone',
      secretAccessKey: 'a+secret/key=',
      sessionToken: 'to/k+en==',
    });
  });

  test('needs no token, and is read without the newline of a file', () => {
    const env = { ...KEY, AWS_SECRET_ACCESS_KEY: 'secret\n', AWS_SESSION_TOKEN: '' };
    expect(awsCredentialsFromEnvironment(env)).toStrictEqual({
      accessKeyId: 'AKIDone',
      secretAccessKey: 'secret',
      sessionToken: undefined,
    });
  });

  test.each(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const)(
    'is none without %s, which the refusal names, and how to get one',
    (name) => {
      for (const value of [undefined, '']) {
        const message = refusalOf({ ...KEY, [name]: value, AWS_PROFILE: 'team' });
        expect(message).toContain(`${name} is not set`);
        expect(message).toContain('aws configure export-credentials --format env');
        expect(message.match(/is not set/g)).toHaveLength(1);
      }
    },
  );

  test('is none in an empty environment: both halves are named', () => {
    expect(refusalOf({})).toMatch(
      /AWS_ACCESS_KEY_ID is not set.*role, as Lambda does; AWS_SECRET_ACCESS_KEY is not set.*as Lambda does\. /,
    );
  });

  test.each([
    ['AWS_ACCESS_KEY_ID', 'AKID one'],
    ['AWS_SECRET_ACCESS_KEY', 'one\ntwo'],
    ['AWS_SESSION_TOKEN', 'tökén'],
    ['AWS_SESSION_TOKEN', 'to ken'],
    ['AWS_SESSION_TOKEN', 'to\u007fken'],
  ])('is none where %s could not be sent as it is, and the refusal does not show it', (name, value) => {
    const message = refusalOf({ ...KEY, [name]: value });
    expect(message).toContain(`${name} contains white space, or what is not ASCII`);
    expect(message.match(/contains/g)).toHaveLength(1);
    expect(message).not.toContain(value);
  });
});
