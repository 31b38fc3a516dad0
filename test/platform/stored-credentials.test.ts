import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CredentialsError } from '../../lib/cos/errors/credentials-error.js';
import { lambdaCredentials } from '../../lib/platform/stored-credentials.js';
import { setEnvironment, useAwsEnvironment } from '../queue/aws-environment.js';
import { FakeParameterStore, REGION } from './fake-parameter-store.js';

useAwsEnvironment({ AWS_REGION: REGION });

const NAME = '/docjob/tencent';
const PAIR = { secretId: 'AKIDstored', secretKey: 'a-stored-key' };

let store: FakeParameterStore;

beforeEach(async () => {
  store = await FakeParameterStore.start();
  store.values.set(NAME, JSON.stringify(PAIR));
  setEnvironment({ AWS_ENDPOINT_URL: store.origin });
});
afterEach(async () => {
  await store.close();
});

const fromParameter = () => lambdaCredentials({ ...process.env, TENCENT_CREDENTIALS_PARAMETER: NAME });

/** What asking for the credentials throws. */
async function errorOf(ask: () => unknown): Promise<CredentialsError> {
  try {
    await ask();
  } catch (error) {
    if (error instanceof CredentialsError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a key pair in the Parameter Store', () => {
  test('is read, decrypted, with its token', async () => {
    store.values.set(NAME, JSON.stringify({ ...PAIR, token: 'a-token' }));
    expect(await fromParameter()()).toEqual({ ...PAIR, token: 'a-token' });
    expect(store.asked).toEqual([NAME]);
  });

  test('is fetched once for an environment, whoever asks and however often', async () => {
    const env = { ...process.env, TENCENT_CREDENTIALS_PARAMETER: NAME };
    await Promise.all([lambdaCredentials(env)(), lambdaCredentials(env)()]);
    await lambdaCredentials(env)();
    expect(store.asked).toHaveLength(1);
  });

  test('is fetched again when it was refused, by one request for all who met the refusal', async () => {
    const credentials = fromParameter();
    const old = await credentials();
    const fresh = { secretId: 'AKIDfresh', secretKey: 'a-fresh-key' };
    store.values.set(NAME, JSON.stringify(fresh));
    expect(await Promise.all([credentials(old), credentials(old)])).toEqual([fresh, fresh]);
    expect(await credentials()).toEqual(fresh);
    expect(store.asked).toHaveLength(2);
  });

  test('is not fetched again for a refusal of the pair before', async () => {
    const credentials = fromParameter();
    expect(await credentials({ secretId: 'AKIDbefore', secretKey: 'x' })).toEqual(PAIR);
    expect(await credentials({ secretId: 'AKIDbefore', secretKey: 'x' })).toEqual(PAIR);
    expect(store.asked).toHaveLength(1);
  });

  test('is asked for again by the next one when it could not be had', async () => {
    const credentials = fromParameter();
    store.values.delete(NAME);
    await errorOf(credentials);
    store.values.set(NAME, JSON.stringify(PAIR));
    expect(await credentials()).toEqual(PAIR);
  });

  test('keeps the pair it has when the fetch after a refusal fails', async () => {
    const credentials = fromParameter();
    const pair = await credentials();
    store.values.delete(NAME);
    await errorOf(() => credentials(pair));
    expect(await credentials()).toEqual(PAIR);
  });

  test('survives an answer of a service in trouble', async () => {
    store.faults.push({ kind: 'refuse', name: 'InternalServerError', message: '', status: 500 });
    expect(await fromParameter()()).toEqual(PAIR);
  });

  test('that is not there is named, with the request ID', async () => {
    store.values.clear();
    const { message, requestId, code, disposition } = await errorOf(fromParameter());
    expect(message).toMatch(
      /^reading the Tencent key pair from \/docjob\/tencent failed with ParameterNotFound \(request ID [0-9a-f-]{36}\); store it under this name/,
    );
    expect(message).toContain(requestId ?? 'a request ID');
    expect({ code, disposition }).toEqual({ code: 'no-credentials', disposition: 'credentials' });
  });

  test('that the role may not read is told with the grant that AWS misses', async () => {
    const message = 'User: arn:aws:sts::1:x is not authorized to perform: ssm:GetParameter';
    store.faults.push({ kind: 'refuse', name: 'AccessDeniedException', message });
    expect((await errorOf(fromParameter())).message).toContain(
      `failed with AccessDeniedException: ${message}`,
    );
  });

  test('that cannot be asked for with our key says nothing of what was signed', async () => {
    setEnvironment({ AWS_SECRET_ACCESS_KEY: 'another' });
    expect((await errorOf(fromParameter())).message).toMatch(
      /failed with InvalidSignatureException \(request ID [0-9a-f-]{36}\)$/,
    );
  });

  test.each([
    ['no JSON', 'AKIDstored:a-stored-key'],
    ['no object', '"a-stored-key"'],
    ['half a pair', '{"secretKey":"a-stored-key"}'],
    ['an empty half', '{"secretId":"","secretKey":"a-stored-key"}'],
    ['a newline in a value', '{"secretId":"AKIDstored","secretKey":"a-stored-key\\n"}'],
    ['another field', '{"secretId":"AKIDstored","secretKey":"a-stored-key","secret":"x"}'],
    ['a token that is no text', '{"secretId":"AKIDstored","secretKey":"a-stored-key","token":1}'],
  ])('with %s is refused by its name, without showing it', async (_what, value) => {
    store.values.set(NAME, value);
    const error = await errorOf(fromParameter());
    expect(error.message).toMatch(
      /^the parameter \/docjob\/tencent does not hold a key pair: store \{"secretId"/,
    );
    expect(`${error.stack} ${String(error.cause)}`).not.toMatch(/a-stored-key|AKIDstored/);
  });
});

test('a key pair in the Secrets Manager is read by the name of its secret', async () => {
  store.values.set('/aws/reference/secretsmanager/docjob/tencent', JSON.stringify(PAIR));
  const credentials = lambdaCredentials({ ...process.env, TENCENT_CREDENTIALS_SECRET: 'docjob/tencent' });
  expect(await credentials()).toEqual(PAIR);
});

describe('where the key pair is', () => {
  test('is the environment when nothing else is named', async () => {
    const env = { TENCENTCLOUD_SECRETID: 'id', TENCENTCLOUD_SECRETKEY: 'key' };
    expect(await lambdaCredentials(env)()).toEqual({ secretId: 'id', secretKey: 'key' });
    expect(store.asked).toEqual([]);
  });

  test.each([
    [
      { TENCENT_CREDENTIALS_PARAMETER: 'a b' },
      'TENCENT_CREDENTIALS_PARAMETER is "a b": expected the name of a parameter',
    ],
    [{ TENCENT_CREDENTIALS_PARAMETER: 'docjob/tencent' }, 'expected the name of a parameter'],
    [{ TENCENT_CREDENTIALS_PARAMETER: '/aws/reference/x' }, 'expected the name of a parameter'],
    [
      { TENCENT_CREDENTIALS_SECRET: 'arn:aws:secretsmanager:x:1:secret:y' },
      'expected the name (not the ARN) of a secret',
    ],
    [{ TENCENT_CREDENTIALS_PARAMETER: '/a', TENCENT_CREDENTIALS_SECRET: 'b' }, 'are both set: unset one'],
  ])('is not guessed from %j', async (env, problem) => {
    const pair = { TENCENTCLOUD_SECRETID: 'id', TENCENTCLOUD_SECRETKEY: 'key' };
    expect((await errorOf(lambdaCredentials({ ...pair, ...env }))).message).toContain(problem);
  });
});
