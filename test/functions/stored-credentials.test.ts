import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { FakeParameterStore } from '../platform/fake-parameter-store.js';
import { buildPoll, Deployment } from '../support/deployment.js';

const NAME = '/docjob/tencent';

let bundle: Awaited<ReturnType<typeof buildPoll>>;
let deployment: Deployment;
let store: FakeParameterStore;

beforeAll(async () => {
  bundle = await buildPoll();
});
afterEach(async () => {
  await deployment.close();
  await store.close();
});
afterAll(() => bundle.remove());

test('a Lambda function keeps the stored key pair from call to call, and the run that finds it rotated goes on with the new one', async () => {
  store = await FakeParameterStore.start();
  deployment = await Deployment.start(bundle.folder, 'lambda', {
    env: ({ aws }) => {
      store.place = aws;
      return {
        TENCENT_CREDENTIALS_PARAMETER: NAME,
        AWS_ENDPOINT_URL_SSM: store.origin,
        // Beside a stored pair these do not count.
        TENCENTCLOUD_SECRET_ID: 'not',
        TENCENTCLOUD_SECRET_KEY: 'used',
      };
    },
  });
  const { credentials } = deployment.cloud;
  const put = ({ secretId, secretKey } = credentials.longLived) =>
    store.values.set(NAME, JSON.stringify({ secretId, secretKey }));
  put();
  const call = () => deployment.host.invoke({ trigger: 'timer' });

  await expect(call()).resolves.toMatchObject({ stopped: 'queue-empty' });
  await expect(call()).resolves.toMatchObject({ stopped: 'queue-empty' });
  expect(store.asked).toHaveLength(1);

  const old = credentials.longLived;
  put(credentials.rotate());
  credentials.revoke(old.secretId);
  await expect(call()).resolves.toMatchObject({ stopped: 'queue-empty', calls: { retries: 1 } });
  expect(store.asked).toHaveLength(2);

  credentials.revoke(credentials.longLived.secretId);
  await expect(call()).rejects.toMatchObject({ code: 'service-unusable' });
  expect(store.asked).toHaveLength(3);
  expect(deployment.lines.join('\n')).not.toContain(old.secretKey);
});
