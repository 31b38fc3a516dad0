import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CredentialsError } from '../../lib/cos/errors/credentials-error.js';
import { TransportError } from '../../lib/cos/errors/transport-error.js';
import { openTransport, type ExchangeLimits, type WireRequest } from '../../lib/cos/transport.js';
import { millis, type Millis } from '../../lib/domain/units.js';
import type { Environment } from '../../lib/env-reader.js';
import { fetchParameter } from '../../lib/platform/parameter-store.js';
import { systemEffects } from '../../lib/platform/system.js';
import { TEST_KEY } from '../queue/aws-environment.js';
import { answer, reset, ScriptedServer, type Step } from '../support/scripted-server.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { FakeParameterStore, REGION } from './fake-parameter-store.js';

const NAME = '/docjob/tencent';
const VALUE = 'a-stored-value';

/** As Lambda sets it. */
const LAMBDA = {
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: TEST_KEY.accessKeyId,
  AWS_SECRET_ACCESS_KEY: TEST_KEY.secretAccessKey,
  AWS_SESSION_TOKEN: 'the+token/of=theRole',
};

const transport = openTransport({ maxSockets: 1 });
afterEach(() => transport.close());

/** What a fetch throws. */
async function errorOf(fetched: Promise<string>): Promise<CredentialsError> {
  const error = await fetched.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof CredentialsError) return error;
  throw error;
}

describe('with the key of a role', () => {
  let store: FakeParameterStore;
  let origin: string;

  beforeEach(async () => {
    store = await FakeParameterStore.start();
    origin = store.origin;
    store.place = { region: REGION, credentials: { ...TEST_KEY, sessionToken: LAMBDA.AWS_SESSION_TOKEN } };
    store.values.set(NAME, VALUE);
  });
  afterEach(async () => {
    await store.close();
  });

  const fetch = (env: Environment = {}, timeout?: Millis) =>
    fetchParameter(
      NAME,
      { ...LAMBDA, AWS_ENDPOINT_URL_SSM: origin, ...env },
      { ...systemEffects, transport, random: () => 0 },
      timeout,
    );

  test('a parameter is read with the token under the signature', async () => {
    expect(await fetch()).toBe(VALUE);
  });

  test('a parameter is not read with another token, or none', async () => {
    expect((await errorOf(fetch({ AWS_SESSION_TOKEN: 'another' }))).message).toContain(
      'failed with UnrecognizedClientException (request ID ',
    );
    expect((await errorOf(fetch({ AWS_SESSION_TOKEN: '' }))).message).toContain(
      'failed with UnrecognizedClientException (request ID ',
    );
  });

  test('a name beyond ASCII reaches AWS as it is', async () => {
    store.values.set('/docjob/文档', VALUE);
    const env = { ...LAMBDA, AWS_ENDPOINT_URL_SSM: origin };
    expect(await fetchParameter('/docjob/文档', env, { ...systemEffects, transport })).toBe(VALUE);
  });

  test('a parameter that does not come is not waited for without end', async () => {
    store.faults.push({ kind: 'hang' }, { kind: 'hang' }, { kind: 'hang' });
    const { message } = await errorOf(fetch({}, millis(250)));
    expect(message).toBe('reading the Tencent key pair from /docjob/tencent failed with TimeoutError');
    expect(store.asked).toHaveLength(3);
  });

  test('a parameter that comes at the next attempt is taken', async () => {
    store.faults.push({ kind: 'hang' });
    expect(await fetch({}, millis(500))).toBe(VALUE);
  });

  test('a service that is not there is told by what the network said', async () => {
    await store.close();
    expect((await errorOf(fetch())).message).toMatch(/failed with ECONNREFUSED$/);
  });
});

describe('an answer', () => {
  let server: ScriptedServer;
  let clock: VirtualClock;

  beforeEach(() => {
    clock = new VirtualClock();
  });
  afterEach(async () => {
    await server.close();
  });

  /** A fetch from a service that answers so. */
  async function fetchFrom(...script: Step[]): Promise<string> {
    server = await ScriptedServer.start(...script);
    const env = { ...LAMBDA, AWS_ENDPOINT_URL: server.origin.href };
    return fetchParameter(NAME, env, { transport, clock, random: () => 0.5 });
  }

  const refusal = (type: string, content: object = {}, status = 400): Step =>
    answer(status, JSON.stringify({ __type: type, ...content }), { 'x-amzn-requestid': 'r-1' });
  const value = answer(200, JSON.stringify({ Parameter: { Name: NAME, Value: VALUE } }));

  test.each([
    ['with its namespace', refusal('com.amazonaws.ssm#ParameterNotFound')],
    [
      'in a header, with an address',
      answer(400, '{}', {
        'x-amzn-requestid': 'r-1',
        'x-amzn-errortype': 'ParameterNotFound:http://internal.amazon.com/coral/com.amazonaws.ssm/',
      }),
    ],
  ])('that names the error %s is understood, and not asked for again', async (_form, step) => {
    const { message, requestId } = await errorOf(fetchFrom(step));
    expect(message).toMatch(/ failed with ParameterNotFound \(request ID r-1\); store it under this name/);
    expect(requestId).toBe('r-1');
    expect(server.requests).toHaveLength(1);
  });

  test.each(['message', 'Message'])(
    'that the role may not read it is told in the words of AWS (%s), up to a bound',
    async (field) => {
      const words = `not authorized to perform: kms:Decrypt${' '.repeat(300)}the end`;
      const { message } = await errorOf(fetchFrom(refusal('AccessDeniedException', { [field]: words })));
      expect(message).toContain('failed with AccessDeniedException: not authorized to perform: kms:Decrypt');
      expect(message).toContain("(request ID r-1); grant the function's role ssm:GetParameter");
      expect(message).not.toContain('the end');
      expect(server.requests).toHaveLength(1);
    },
  );

  test('that the key cannot be used says what is meant', async () => {
    expect((await errorOf(fetchFrom(refusal('InvalidKeyId')))).message).toContain(
      'failed with InvalidKeyId (request ID r-1); the key that encrypts it cannot be used',
    );
  });

  test.each([
    ['ThrottlingException', refusal('ThrottlingException', { message: 'Rate exceeded' })],
    ['TooManyRequestsException', refusal('TooManyRequestsException')],
    ['status 429', answer(429, '<html>', { 'x-amzn-requestid': 'r-1' })],
  ])('of %s is waited out for longer, and told at last', async (name, step) => {
    const { message } = await errorOf(fetchFrom(step));
    expect(message).toMatch(new RegExp(` failed with ${name} \\(request ID r-1\\)$`));
    expect(clock.sleeps).toEqual([250, 500]);
    expect(server.requests).toHaveLength(3);
  });

  test.each([
    ['in trouble', refusal('InternalServerError', {}, 500)],
    ['behind a proxy in trouble', answer(503, '<html>')],
    ['that breaks off', reset],
    ['without a value', answer(200, '{}')],
  ])('of a service %s is asked for again', async (_what, step) => {
    expect(await fetchFrom(step, step, value)).toBe(VALUE);
    expect(clock.sleeps).toEqual([50, 100]);
  });

  test.each([
    ['that breaks off', reset, 'ECONNRESET'],
    ['of no known form', answer(403, '<html>'), 'status 403'],
    ['that leads elsewhere', answer(301, '', { location: 'https://elsewhere.example/' }), 'status 301'],
    ['with a name that is none', refusal('no\nname'), 'status 400 (request ID r-1)'],
    ['that is too long', answer(200, ' '.repeat(600_000)), 'an answer that is too long'],
  ])('%s is told by its name', async (_what, step, name) => {
    expect((await errorOf(fetchFrom(step))).message).toBe(
      `reading the Tencent key pair from /docjob/tencent failed with ${name}`,
    );
  });

  test.each([
    ['is cut', `{"Parameter":{"Value":"${VALUE}`],
    ['has another form', `{"Parameter":"${VALUE}"}`],
    ['has its value in no text', `{"Parameter":{"Value":{"secretKey":"${VALUE}"}}}`],
  ])('that %s does not show the value', async (_what, body) => {
    const error = await errorOf(fetchFrom(answer(200, body, { 'x-amzn-requestid': 'r-1' })));
    expect(error.message).toContain('failed with an answer without its value (request ID r-1)');
    expect(`${error.stack} ${String(error.cause)}`).not.toContain(VALUE);
  });
});

describe('a fetch', () => {
  /** Fetches from a service that never answers; gives what was asked, and how long it took at the most. */
  async function fetchFromNobody(env: Environment) {
    const clock = new VirtualClock();
    const started = clock.now();
    const requests: WireRequest[] = [];
    const nobody = {
      exchange: (request: WireRequest, { timeout }: ExchangeLimits) => {
        requests.push(request);
        clock.advance(timeout);
        return Promise.reject(new TransportError('timeout', 'no answer'));
      },
      close: () => undefined,
    };
    const longest = 1 - Number.EPSILON;
    const error = await errorOf(
      fetchParameter(NAME, env, { transport: nobody, clock, random: () => longest }),
    );
    return { error, requests, tookMs: clock.now() - started };
  }

  test('takes less than ten seconds, whatever happens', async () => {
    const { requests, tookMs } = await fetchFromNobody(LAMBDA);
    expect(requests).toHaveLength(3);
    expect(tookMs).toBeLessThan(10_000);
  });

  test('signs each attempt anew', async () => {
    const { requests } = await fetchFromNobody(LAMBDA);
    expect(new Set(requests.map(({ headers }) => headers['x-amz-date'])).size).toBe(3);
  });

  test.each([
    [{}, 'https:', 'ssm.eu-central-1.amazonaws.com', 443],
    [{ AWS_REGION: 'us-gov-west-1' }, 'https:', 'ssm.us-gov-west-1.amazonaws.com', 443],
    [{ AWS_REGION: 'cn-north-1' }, 'https:', 'ssm.cn-north-1.amazonaws.com.cn', 443],
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:5556' }, 'http:', '127.0.0.1:5556', 5556],
    [
      { AWS_ENDPOINT_URL_SSM: 'https://ssm-fips.us-east-1.amazonaws.com', AWS_ENDPOINT_URL: 'http://x:1' },
      'https:',
      'ssm-fips.us-east-1.amazonaws.com',
      443,
    ],
  ])('with %j goes to %s//%s', async (env, protocol, host, port) => {
    const { requests } = await fetchFromNobody({ ...LAMBDA, ...env });
    const hostname = host.replace(/:\d+$/, '');
    expect(requests[0]?.target).toEqual({ protocol, hostname, port, host });
    expect(requests[0]?.headers['authorization']).toContain(
      `/${{ ...LAMBDA, ...env }.AWS_REGION}/ssm/aws4_request`,
    );
  });

  test('without what Lambda sets is not made, and says all that is missing', async () => {
    const { error, requests } = await fetchFromNobody({ AWS_ENDPOINT_URL_SSM: 'ssm' });
    expect(error.message).toMatch(
      /AWS_REGION is not set.*AWS_ACCESS_KEY_ID is not set.*AWS_SECRET_ACCESS_KEY is not set.*AWS_ENDPOINT_URL_SSM is "ssm"/,
    );
    expect(requests).toEqual([]);
  });

  test('is not made with a region that would lead elsewhere', async () => {
    const { error, requests } = await fetchFromNobody({ ...LAMBDA, AWS_REGION: 'evil.example/' });
    expect(error.message).toContain('AWS_REGION is "evil.example/"');
    expect(requests).toEqual([]);
  });
});
