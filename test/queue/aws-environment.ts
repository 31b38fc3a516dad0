import { afterEach, beforeEach } from '@jest/globals';

/** The only key that the tests' SQS accepts. */
export const TEST_KEY = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

/** What the SDK may find, and nothing of the machine that the tests run on. */
const ENVIRONMENT: Readonly<Record<string, string | undefined>> = {
  AWS_ACCESS_KEY_ID: TEST_KEY.accessKeyId,
  AWS_SECRET_ACCESS_KEY: TEST_KEY.secretAccessKey,
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
  AWS_REGION: undefined,
  AWS_ENDPOINT_URL: undefined,
  AWS_CONFIG_FILE: '/nowhere/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** Gives the SDK the tests' key for each test of the file, with `changes` where a test file needs others. */
export function useAwsEnvironment(changes: Readonly<Record<string, string | undefined>> = {}): void {
  const settings = { ...ENVIRONMENT, ...changes };
  let before: Record<string, string | undefined> = {};
  beforeEach(() => {
    before = Object.fromEntries(Object.keys(settings).map((name) => [name, process.env[name]]));
    setEnvironment(settings);
  });
  afterEach(() => {
    setEnvironment(before);
  });
}

/** Sets variables; undefined removes one. */
export function setEnvironment(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}
