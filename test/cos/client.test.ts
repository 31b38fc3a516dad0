import { afterEach, describe, expect, test } from '@jest/globals';
import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import { CosClient, type CosClientPolicy } from '../../lib/cos/client.js';
import type { CosRequest, CosResponse } from '../../lib/cos/requester.js';
import { openTransport } from '../../lib/cos/transport.js';
import type { CredentialsProvider } from '../../lib/cos/credentials.js';
import { CredentialsError } from '../../lib/cos/errors/credentials-error.js';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { signRequest, type SigningCredentials } from '../../lib/cos-signer/index.js';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { after, hours, millis, seconds, type EpochMs } from '../../lib/domain/units.js';
import {
  answer,
  errorAnswer,
  reset,
  ScriptedServer,
  type SeenRequest,
  type Step,
} from '../support/scripted-server.js';
import { deferred } from '../support/deferred.js';
import { aBucket, SOURCE } from '../support/pending-jobs.js';
import { START, VirtualClock } from '../support/virtual-clock.js';

const open: { close(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const PAIR: SigningCredentials = { secretId: 'AKID', secretKey: 'key' };
const NEVER = new Promise<SigningCredentials>(() => undefined);

const describeJob: CosRequest = { family: 'ci', ...SOURCE, method: 'GET', path: '/doc_jobs/d1' };
const createJob: CosRequest = {
  ...describeJob,
  method: 'POST',
  path: '/doc_jobs',
  body: Buffer.from('<Request/>'),
};
const putObject: CosRequest = {
  family: 'cos',
  ...SOURCE,
  method: 'PUT',
  path: '/manifests/中 文.json',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{}'),
};

const text = (response: CosResponse): string => response.body.toString();

const codeOf = (error: unknown): string => (error instanceof DocjobError ? error.code : String(error));

interface Setup {
  readonly server: ScriptedServer;
  readonly clock: VirtualClock;
  readonly client: CosClient;
  readonly abort: AbortController;
}

async function setUp(
  script: Step[],
  changes: {
    policy?: Partial<CosClientPolicy>;
    credentials?: CredentialsProvider;
    random?: () => number;
    deadline?: EpochMs;
  } = {},
): Promise<Setup> {
  const server = await ScriptedServer.start(...script);
  const transport = openTransport({ maxSockets: 8 });
  open.push(transport, server);
  const clock = new VirtualClock();
  const abort = new AbortController();
  const client = new CosClient(
    {
      endpoints: { ci: server.origin, cos: server.origin },
      attemptTimeout: seconds(5),
      retries: 3,
      backoff: DEFAULT_BACKOFF,
      retryBudget: { share: 0.2, initial: 10 },
      requestsPerSecond: Number.POSITIVE_INFINITY,
      maxBodyBytes: 1_000_000,
      ...changes.policy,
    },
    {
      transport,
      credentials: changes.credentials ?? (() => PAIR),
      clock,
      random: changes.random ?? (() => 0.5),
    },
    { deadline: changes.deadline ?? after(START, seconds(60)), signal: abort.signal },
  );
  return { server, clock, client, abort };
}

/** The validity that a request was signed for, in Unix seconds. */
function signedFrom(request: SeenRequest | undefined): number {
  return Number(/q-sign-time=(\d+);/.exec(request?.headers.authorization ?? '')?.[1]);
}

describe('a signed request', () => {
  test('is signed over its host, all its headers and its decoded path, and sent encoded', async () => {
    const { server, client } = await setUp([answer(200, '', { etag: '"x"' })]);
    await client.send(putObject, () => undefined);
    const [seen] = server.requests;
    expect(seen?.url).toBe('/manifests/%E4%B8%AD%20%E6%96%87.json');
    const start = START / 1_000 - 60;
    const { authorization } = signRequest(
      {
        method: 'PUT',
        path: '/manifests/中 文.json',
        headers: {
          host: 'docs-1250000000.cos.ap-beijing.myqcloud.com',
          'content-type': 'application/json',
          'content-length': '2',
        },
      },
      PAIR,
      { start, end: start + 660 },
    );
    expect(seen?.headers.authorization).toBe(authorization);
    expect(seen?.body.toString()).toBe('{}');
  });

  test('signs its query and sends it encoded', async () => {
    const { server, client } = await setUp([answer(200, 'x')]);
    await client.send(
      { ...describeJob, path: '/doc_jobs', query: { states: 'Success,Failed', tag: 'a b' } },
      text,
    );
    expect(server.requests[0]?.url).toBe('/doc_jobs?states=Success%2CFailed&tag=a%20b');
    expect(server.requests[0]?.headers.authorization).toContain('q-url-param-list=states;tag');
  });

  test.each([
    ['ci', describeJob, 'x-ci-security-token', 'x-cos-security-token'],
    ['cos', putObject, 'x-cos-security-token', 'x-ci-security-token'],
  ] as const)(
    "carries a temporary key's token for %s in its header, signed",
    async (_family, request, own, other) => {
      const { server, client } = await setUp([answer(200)], {
        credentials: () => ({ ...PAIR, token: 'tok/en' }),
      });
      await client.send(request, () => undefined);
      const headers = server.requests[0]?.headers ?? {};
      expect(headers[own]).toBe('tok/en');
      expect(headers[other]).toBeUndefined();
      expect(headers.authorization).toContain(own);
    },
  );

  test("hands over the answer with the service's request ID", async () => {
    const { client } = await setUp([answer(200, 'hello', { 'x-ci-request-id': 'NjE=' })]);
    const response = await client.send(describeJob, (whole) => whole);
    expect(response).toMatchObject({ status: 200, requestId: 'NjE=' });
    expect(response.body.toString()).toBe('hello');
  });
});

describe('an answer that only looks like a success', () => {
  test('a 200 that carries an error is an error', async () => {
    const { client } = await setUp([errorAnswer(200, 'AccessDenied', 'no')]);
    await expect(client.send(describeJob, text)).rejects.toMatchObject({
      name: 'ServiceError',
      status: 200,
      code: 'AccessDenied',
      disposition: 'configuration',
      requestId: 'NjA=',
    });
  });

  test('a PUT that is answered with HTML has not succeeded', async () => {
    const { client, server } = await setUp([answer(200, '<html>Welcome to the hotel</html>')]);
    await expect(client.send(putObject, text)).rejects.toBeInstanceOf(UndecodableError);
    expect(server.requests).toHaveLength(4);
  });

  test('a body in an encoding that nobody asked for is not read', async () => {
    const { client } = await setUp([answer(200, 'x', { 'content-encoding': 'gzip' }), answer(200, 'plain')]);
    await expect(client.send(describeJob, text)).resolves.toBe('plain');
  });

  test('what the decoder cannot read is asked for again', async () => {
    const { client, server } = await setUp([answer(200, 'half'), answer(200, 'whole')]);
    const decode = (response: CosResponse): string => {
      if (text(response) !== 'whole') throw new UndecodableError('only half');
      return text(response);
    };
    await expect(client.send(describeJob, decode)).resolves.toBe('whole');
    expect(server.requests).toHaveLength(2);
  });
});

describe('an error answer', () => {
  test('names the bucket, the job and the request ID, and nothing secret', async () => {
    const { client } = await setUp([errorAnswer(403, 'AccessDenied', 'Access Denied.')]);
    await expect(client.send(describeJob, text)).rejects.toThrow(
      'GET docs-1250000000.ci.ap-beijing /doc_jobs/d1 was answered with 403 AccessDenied: Access Denied. (request ID NjA=)',
    );
  });

  test('quotes little of what the service says', async () => {
    const { client } = await setUp([errorAnswer(403, 'AccessDenied', 'x'.repeat(50_000))]);
    const error = await client.send(describeJob, text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message.length).toBeLessThan(600);
  });

  test('is short in all that machines read of it, whatever the service sends', async () => {
    const { client } = await setUp([
      errorAnswer(403, 'x'.repeat(50_000), '', { 'x-ci-request-id': 'y'.repeat(5_000) }),
      answer(200, '', { 'content-encoding': 'z'.repeat(5_000) }),
    ]);
    for (const dispositionOf of ['a refusal', 'an encoding']) {
      const error = await client.send(describeJob, text).catch((thrown: unknown) => thrown);
      if (!(error instanceof DocjobError)) throw new Error(`${dispositionOf} is not refused`);
      const { code, message, requestId = '' } = error;
      expect([code, message, requestId].map(({ length }) => length < 600)).toEqual([true, true, true]);
    }
  });

  test('does not repeat what we signed with, should the service quote it', async () => {
    const token = 'tok/en+1==';
    const { client } = await setUp(
      [
        (request, response) => {
          const { authorization = '', 'x-ci-security-token': sent = '' } = request.headers;
          const quoted = `no token ${String(sent)} under ${authorization.replaceAll('&', '&amp;')}`;
          errorAnswer(403, String(sent), quoted)(request, response, request.socket);
        },
      ],
      { credentials: () => ({ ...PAIR, token }) },
    );
    const error = await client.send(describeJob, text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 403, serviceMessage: 'no token … under …' });
    expect(JSON.stringify(error) + String(error)).not.toContain(token);
    expect(JSON.stringify(error) + String(error)).not.toContain('q-signature');
  });

  test('without a readable body is judged by its status alone', async () => {
    const { client } = await setUp([answer(403, '<html>blocked')]);
    await expect(client.send(describeJob, text)).rejects.toMatchObject({
      code: 'http-403',
      disposition: 'configuration',
    });
  });

  test.each([
    ['HEAD', 400, '', true],
    ['HEAD', 401, '', true],
    ['HEAD', 403, '', true],
    ['HEAD', 404, '', false],
    ['GET', 403, '<html>blocked', false],
    ['GET', 403, '<Error><Code>AccessDenied</Code></Error>', false],
  ] as const)(
    'to a %s with %d and the body "%s" leaves open why: %s',
    async (method, status, body, expected) => {
      const { client } = await setUp([answer(status, body)]);
      await expect(client.send({ family: 'cos', ...SOURCE, method, path: '/a' }, text)).rejects.toMatchObject(
        { status, isUnexplained: expected },
      );
    },
  );

  test.each([
    ['configuration', 403, 'AccessDenied', 1],
    ['job', 404, 'NoSuchKey', 1],
    ['credentials', 403, 'SignatureDoesNotMatch', 2],
  ])(
    'of disposition %s is not tried again, and only a refused key has the keys read again',
    async (disposition, status, code, readings) => {
      let read = 0;
      const { client, server } = await setUp([errorAnswer(status, code)], {
        credentials: () => {
          read += 1;
          return PAIR;
        },
      });
      await expect(client.send(describeJob, text)).rejects.toMatchObject({ disposition });
      expect(server.requests).toHaveLength(1);
      expect(read).toBe(readings);
    },
  );
});

describe('retries', () => {
  test('F10: a 503 is tried again after a wait, signed anew each time', async () => {
    const { client, server, clock } = await setUp([
      errorAnswer(503, 'ServiceUnavailable'),
      errorAnswer(503, 'ServiceUnavailable'),
      answer(200, 'done'),
    ]);
    await expect(client.send(describeJob, text)).resolves.toBe('done');
    expect(clock.sleeps).toEqual([50, 100]);
    expect(client.counts).toMatchObject({ attempts: { ci: 3, cos: 0 }, retries: 2 });
    const signatures = server.requests.map(({ headers }) => headers.authorization);
    expect(signedFrom(server.requests[0])).toBe(START / 1_000 - 60);
    expect(signatures).toHaveLength(3);
  });

  test('F10: a 429 is tried again too, and Retry-After is waited for', async () => {
    const { client, clock } = await setUp([
      errorAnswer(429, 'SlowDown', '', { 'retry-after': '5' }),
      answer(200, 'done'),
    ]);
    await expect(client.send(describeJob, text)).resolves.toBe('done');
    expect(clock.sleeps).toEqual([5_000]);
  });

  test('a request too many is tried again after a longer wait than a fault', async () => {
    const { client, clock } = await setUp([errorAnswer(429, 'SlowDown'), answer(200, 'done')]);
    await client.send(describeJob, text);
    expect(clock.sleeps).toEqual([250]);
  });

  test("Retry-After as a date is read against the answer's own clock", async () => {
    const headers = { date: 'Sun, 06 Nov 1994 08:49:37 GMT', 'retry-after': 'Sun, 06 Nov 1994 08:49:40 GMT' };
    const { client, clock } = await setUp([errorAnswer(503, 'SlowDown', '', headers), answer(200, 'done')]);
    await client.send(describeJob, text);
    expect(clock.sleeps).toEqual([3_000]);
  });

  test('F4: a Retry-After beyond reason is clamped and never overflows a timer', async () => {
    const { client, clock } = await setUp([
      errorAnswer(429, 'SlowDown', '', { 'retry-after': '2147484' }),
      answer(200, 'done'),
    ]);
    await client.send(describeJob, text);
    expect(clock.sleeps).toEqual([20_000]);
  });

  test.each([
    [429, 'SlowDown', [15_000]],
    [503, 'ServiceUnavailable', [15_000]],
    [403, 'AccessDenied', []],
    [404, 'NoSuchKey', []],
  ])(
    'Retry-After with %d %s holds for every request to its host if waiting can help, and for no others',
    async (status, code, sleeps) => {
      const { client, clock } = await setUp(
        [errorAnswer(status, code, '', { 'retry-after': '15' }), answer(200, '')],
        { policy: { retries: 0 } },
      );
      await expect(client.send(describeJob, text)).rejects.toMatchObject({ status });
      await client.send(putObject, text);
      expect(clock.sleeps).toEqual([]);
      await client.send(describeJob, text);
      expect(clock.sleeps).toEqual(sleeps);
    },
  );

  test('a Retry-After that comes while a request waits for its turn holds that as well', async () => {
    const { client, clock } = await setUp(
      [errorAnswer(503, 'ServiceUnavailable', '', { 'retry-after': '15' }), answer(200, 'done')],
      { policy: { retries: 0, requestsPerSecond: 1 } },
    );
    const refused = deferred<undefined>();
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (delay, signal) => {
      await refused.promise;
      await sleep(delay, signal);
    };
    const [first, second] = [client.send(describeJob, text), client.send(describeJob, text)];
    await expect(first).rejects.toMatchObject({ status: 503 });
    refused.resolve(undefined);
    await expect(second).resolves.toBe('done');
    expect(clock.sleeps).toEqual([1_000, 14_000]);
  });

  test('a refusal for too many requests slows down what goes to its host, and nothing else', async () => {
    const { client, clock } = await setUp([errorAnswer(429, 'SlowDown'), answer(200, '')], {
      policy: { retries: 0, requestsPerSecond: 1_000 },
    });
    const elsewhere = { ...describeJob, bucket: aBucket('others-1250000000') };
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ disposition: 'throttled' });
    const timeOf = async (...requests: readonly CosRequest[]): Promise<number> => {
      const from = clock.now();
      for (const request of requests) await client.send(request, text);
      return clock.now() - from;
    };
    const forty = <T>(item: T): readonly T[] => Array.from({ length: 40 }, () => item);
    expect(await timeOf(...forty(describeJob))).toBeGreaterThan(44);
    expect(await timeOf(...forty(elsewhere))).toBeLessThan(42);
    expect(await timeOf(...forty(putObject))).toBeLessThan(42);
  });

  test('a refusal sends those back into the line of the host that have had their turn there', async () => {
    const { client, clock, server } = await setUp([errorAnswer(429, 'SlowDown'), answer(200, '')], {
      policy: { retries: 0, requestsPerSecond: 2 },
    });
    const refused = deferred<undefined>();
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (delay, signal) => {
      await refused.promise;
      await sleep(delay, signal);
    };
    const [first, ...others] = [1, 2, 3].map(() => client.send(describeJob, text));
    await expect(first).rejects.toMatchObject({ disposition: 'throttled' });
    refused.resolve(undefined);
    await Promise.all(others);
    expect(server.requests).toHaveLength(3);
    // Half a second each in the line of all, and so much more as the rate of the host is lower.
    expect(clock.sleeps.some((delay) => delay > 510)).toBe(true);
  });

  test.each([
    [503, 'ServiceUnavailable'],
    [403, 'AccessDenied'],
  ])('a refusal by %d %s slows down nothing', async (status, code) => {
    const { client, clock } = await setUp([errorAnswer(status, code), answer(200, '')], {
      policy: { retries: 0, requestsPerSecond: 1_000 },
    });
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ status });
    for (let n = 0; n < 10; n += 1) await client.send(describeJob, text);
    expect(clock.now() - START).toBeLessThan(11);
  });

  test('a Retry-After beyond the run ends its requests to that host', async () => {
    const { client, server } = await setUp([errorAnswer(429, 'SlowDown', '', { 'retry-after': '15' })], {
      deadline: after(START, seconds(10)),
    });
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ disposition: 'throttled' });
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ name: 'DeadlineError' });
    expect(server.requests).toHaveLength(1);
  });

  test('a wait that reaches past the deadline is not begun', async () => {
    const { client, clock } = await setUp([errorAnswer(429, 'SlowDown', '', { 'retry-after': '15' })], {
      deadline: after(START, seconds(10)),
    });
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ disposition: 'throttled' });
    expect(clock.sleeps).toEqual([]);
  });

  test('a request whose turn would come too late for it does not wait for that: it was not sent, and says so', async () => {
    const { client, clock, server } = await setUp([answer(200, '')], {
      policy: { requestsPerSecond: 1 },
      deadline: after(START, millis(1_099)),
    });
    await client.send(describeJob, text);
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ name: 'DeadlineError' });
    expect(clock.sleeps).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test('a request that is woken too late for it is not sent either', async () => {
    const { client, clock, server } = await setUp([answer(200, '')], {
      policy: { requestsPerSecond: 1 },
      deadline: after(START, millis(1_500)),
    });
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (delay, signal) => sleep(millis(delay + 401), signal);
    await client.send(describeJob, text);
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ name: 'DeadlineError' });
    expect(server.requests).toHaveLength(1);
  });

  test('nor does one whose host takes them too slowly, and it keeps no place in the line of others', async () => {
    const slow = errorAnswer(429, 'SlowDown');
    const { client, clock, server } = await setUp([slow, slow, answer(200, '')], {
      policy: { requestsPerSecond: 10, retries: 0 },
      deadline: after(START, millis(450)),
    });
    for (let n = 0; n < 2; n += 1) {
      await expect(client.send(describeJob, text)).rejects.toMatchObject({ disposition: 'throttled' });
    }
    await client.send(describeJob, text);
    const sentAt = clock.now();
    expect(sentAt).toBeGreaterThan(after(START, millis(200)));
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ name: 'DeadlineError' });
    expect(clock.now()).toBe(sentAt);
    await client.send(putObject, text);
    expect(clock.now()).toBeLessThanOrEqual(after(sentAt, millis(100)));
    expect(server.requests).toHaveLength(4);
  });

  test('a retry whose turn would come too late leaves the failure that it was for', async () => {
    const { client, server } = await setUp([errorAnswer(500, 'InternalError')], {
      policy: { requestsPerSecond: 1 },
      deadline: after(START, millis(1_099)),
    });
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ code: 'InternalError' });
    expect(server.requests).toHaveLength(1);
  });

  test('nothing is sent when the run has no time left', async () => {
    const { client, server } = await setUp([answer(200)], { deadline: START });
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ name: 'DeadlineError' });
    expect(server.requests).toHaveLength(0);
  });

  test.each([
    [100, 'sent'],
    [99, 'not sent'],
  ])('with %d ms left an attempt is %s', async (leftMs, expected) => {
    const deadline = after(START, millis(leftMs));
    const { client } = await setUp([answer(200)], { deadline });
    const sending = client.send(describeJob, () => 'sent');
    const outcome = await sending.catch(codeOf);
    expect(outcome).toBe(expected === 'sent' ? 'sent' : 'deadline');
    expect(client.counts.attempts.ci).toBe(expected === 'sent' ? 1 : 0);
  });

  test.each([
    [5_100, [5_000], 'done'],
    [5_099, [], 'SlowDown'],
  ])(
    'a Retry-After of 5 s is waited for when %d ms are left only if an attempt fits behind it',
    async (leftMs, sleeps, expected) => {
      const { client, clock } = await setUp(
        [errorAnswer(429, 'SlowDown', '', { 'retry-after': '5' }), answer(200, 'done')],
        { deadline: after(START, millis(leftMs)) },
      );
      const outcome = await client.send(describeJob, text).catch(codeOf);
      expect(outcome).toBe(expected);
      expect(clock.sleeps).toEqual(sleeps);
    },
  );

  test.each([
    [5_100, [5_000], 'done'],
    [5_099, [], 'deadline'],
  ])(
    "another request's Retry-After of 5 s is waited for when %d ms are left only if an attempt fits behind it",
    async (leftMs, sleeps, expected) => {
      const { client, clock } = await setUp(
        [errorAnswer(429, 'SlowDown', '', { 'retry-after': '5' }), answer(200, 'done')],
        { policy: { retries: 0 }, deadline: after(START, millis(leftMs)) },
      );
      await expect(client.send(describeJob, text)).rejects.toMatchObject({ code: 'SlowDown' });
      const outcome = await client.send(describeJob, text).catch(codeOf);
      expect(outcome).toBe(expected);
      expect(clock.sleeps).toEqual(sleeps);
    },
  );

  test.each([
    ['its own moment', START, after(START, seconds(60))],
    ['the run', after(START, hours(1)), START],
  ])('a request that must end early ends with %s where that is sooner', async (_name, moment, deadline) => {
    const { client, server } = await setUp([answer(200)], { deadline });
    await expect(client.until(moment).send(describeJob, text)).rejects.toMatchObject({ code: 'deadline' });
    expect(server.requests).toHaveLength(0);
  });

  test('a request that must end early is like any other while there is time', async () => {
    const { client } = await setUp([answer(200, 'done')]);
    await expect(client.until(after(START, seconds(1))).send(describeJob, text)).resolves.toBe('done');
  });

  test('connections that break are tried again', async () => {
    const { client } = await setUp([reset, reset, answer(200, 'done')]);
    await expect(client.send(describeJob, text)).resolves.toBe('done');
  });

  test('slow nobody down where the host did not ask for less', async () => {
    const refusals = Array.from({ length: 20 }, () => errorAnswer(404, 'NoSuchKey'));
    const { client, clock, server } = await setUp([...refusals, answer(200)], {
      policy: { requestsPerSecond: 1_000 },
    });
    while (server.requests.length < refusals.length) {
      await expect(client.send(describeJob, text)).rejects.toMatchObject({ code: 'NoSuchKey' });
      clock.advance(seconds(1));
    }
    await Promise.all([1, 2, 3].map(() => client.send(describeJob, text)));
    // The run's own pace, and nothing else.
    expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(2);
  });

  test('end after the set number', async () => {
    const { client, server } = await setUp([errorAnswer(500, 'InternalError')]);
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ code: 'InternalError' });
    expect(server.requests).toHaveLength(4);
  });

  test('end when the budget of the run is spent', async () => {
    const { client, server } = await setUp([errorAnswer(500, 'InternalError')], {
      policy: { retryBudget: { share: 0, initial: 2 } },
    });
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ code: 'InternalError' });
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ code: 'InternalError' });
    expect(server.requests).toHaveLength(4);
    expect(client.counts.retries).toBe(2);
  });

  test('a POST is not repeated when the first may have taken effect', async () => {
    for (const step of [reset, errorAnswer(500, 'InternalError')]) {
      const { client, server } = await setUp([step]);
      await expect(client.send(createJob, text)).rejects.toMatchObject({ disposition: 'transient' });
      expect(server.requests).toHaveLength(1);
    }
  });

  test('a POST is repeated when the service said that it did not take it', async () => {
    const { client } = await setUp([errorAnswer(429, 'SlowDown'), answer(200, 'made')]);
    await expect(client.send(createJob, text)).resolves.toBe('made');
  });

  test('F3: an abort ends the wait between attempts, and no request goes out after it', async () => {
    const { client, server, clock, abort } = await setUp([errorAnswer(503, 'ServiceUnavailable')]);
    const reason = new Error('enough');
    clock.sleep = () => {
      abort.abort(reason);
      return Promise.reject(reason);
    };
    await expect(client.send(describeJob, text)).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
    expect(client.counts).toMatchObject({ attempts: { ci: 1 }, retries: 0 });
  });

  test('F3: once aborted nothing is asked for, and nothing counted', async () => {
    const { client, server, abort } = await setUp([answer(200, 'done')]);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(client.send(describeJob, text)).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
    expect(client.counts).toMatchObject({ attempts: { ci: 0 }, retries: 0 });
  });

  test('F3: an answer that came before the abort counts', async () => {
    const { client, abort } = await setUp([answer(200, 'done')]);
    const sent = client.send(describeJob, (response) => {
      abort.abort();
      return text(response);
    });
    await expect(sent).resolves.toBe('done');
  });

  test('are all left to a request whose signature was repaired', async () => {
    const { client, server } = await setUp(
      [
        errorAnswer(403, 'RequestTimeTooSkewed', '', { date: 'Thu, 01 Jan 2026 01:00:00 GMT' }),
        errorAnswer(400, 'ExpiredToken'),
        reset,
        errorAnswer(503, 'ServiceUnavailable'),
        errorAnswer(429, 'SlowDown'),
        answer(200, 'done'),
      ],
      { credentials: (refused) => ({ ...PAIR, token: refused === undefined ? 'old' : 'new' }) },
    );
    await expect(client.send(describeJob, text)).resolves.toBe('done');
    expect(server.requests).toHaveLength(6);
  });
});

describe('the clock', () => {
  const skew = { date: 'Thu, 01 Jan 2026 01:00:00 GMT' };

  test.each([
    [403, 'RequestTimeTooSkewed', ''],
    [403, 'AccessDenied', 'RequestTimeTooSkewed'],
    [403, 'AccessDenied', 'Request has expired'],
    [401, 'SignatureExpired', ''],
  ])('is corrected once from Date after %d %s %s', async (status, code, message) => {
    const { client, server } = await setUp([errorAnswer(status, code, message, skew), answer(200, 'done')]);
    await expect(client.send(describeJob, text)).resolves.toBe('done');
    expect(signedFrom(server.requests[1])).toBe(START / 1_000 + 3_600 - 60);
    expect(client.counts.clockOffset).toBe(3_600_000);
  });

  test('stays corrected for the rest of the run', async () => {
    const { client, server } = await setUp([
      errorAnswer(403, 'RequestTimeTooSkewed', '', skew),
      answer(200, 'done'),
    ]);
    expect(client.now()).toBe(START);
    await client.send(describeJob, text);
    await client.send(describeJob, text);
    expect(server.requests).toHaveLength(3);
    expect(signedFrom(server.requests[2])).toBe(START / 1_000 + 3_600 - 60);
    expect(client.now()).toBe(after(START, hours(1)));
  });

  test('is corrected even where no retry is allowed: a repair is none, and waits for nothing', async () => {
    const { client, clock } = await setUp(
      [errorAnswer(403, 'RequestTimeTooSkewed', '', skew), answer(200, 'done')],
      {
        policy: { retries: 0, retryBudget: { share: 0, initial: 0 } },
      },
    );
    await expect(client.send(describeJob, text)).resolves.toBe('done');
    expect(clock.sleeps).toEqual([]);
  });

  test('is not corrected by an answer without a readable Date', async () => {
    const { client, server } = await setUp([
      errorAnswer(403, 'RequestTimeTooSkewed', '', { date: 'about one' }),
    ]);
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ disposition: 'skewed' });
    expect(server.requests).toHaveLength(1);
    expect(client.counts.clockOffset).toBeUndefined();
  });

  test.each([
    [1, 'done'],
    [0, 'AccessDenied'],
  ])(
    'is right when a signature ran out on its way, whose renewal is a retry: with %d of them to spend, %s',
    async (initial, expected) => {
      const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
      const { client } = await setUp(
        [errorAnswer(403, 'AccessDenied', 'Request has expired', { date }), answer(200, 'done')],
        { policy: { retryBudget: { share: 0, initial } } },
      );
      const outcome = await client.send(describeJob, text).catch(codeOf);
      expect(outcome).toBe(expected);
      expect(client.counts.clockOffset).toBeUndefined();
    },
  );

  test('is not corrected again for the same request', async () => {
    const { client, server } = await setUp([errorAnswer(403, 'RequestTimeTooSkewed', '', skew)]);
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ disposition: 'skewed' });
    expect(server.requests).toHaveLength(2);
  });
});

describe('credentials', () => {
  test('an expired token is replaced once, for all requests of the run', async () => {
    let asked = 0;
    const { client, server } = await setUp([errorAnswer(400, 'ExpiredToken'), answer(200, 'done')], {
      credentials: () => ({ ...PAIR, token: `token-${(asked += 1)}` }),
    });
    await expect(client.send(describeJob, text)).resolves.toBe('done');
    await client.send(describeJob, text);
    expect(server.requests.map(({ headers }) => headers['x-ci-security-token'])).toEqual([
      'token-1',
      'token-2',
      'token-2',
    ]);
    expect(asked).toBe(2);
  });

  test('two requests that met the same expired token both go on with the new one', async () => {
    let asked = 0;
    const { client } = await setUp(
      [errorAnswer(400, 'ExpiredToken'), errorAnswer(400, 'ExpiredToken'), answer(200, 'done')],
      {
        credentials: () => ({ ...PAIR, token: `token-${(asked += 1)}` }),
      },
    );
    await expect(
      Promise.all([client.send(describeJob, text), client.send(describeJob, text)]),
    ).resolves.toEqual(['done', 'done']);
    expect(asked).toBe(2);
  });

  test('a token that stays expired is final', async () => {
    const { client, server } = await setUp([errorAnswer(400, 'ExpiredToken')], {
      credentials: () => ({ ...PAIR, token: 'always the same' }),
    });
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ disposition: 'credentials' });
    expect(server.requests).toHaveLength(1);
  });

  test('a refused key is handed to whoever provides them, so that the same one is not given again unseen', async () => {
    const asked: (SigningCredentials | undefined)[] = [];
    // The stored key was mistyped, and is mended: its ID stays.
    const mended = { ...PAIR, secretKey: 'mended' };
    const { client } = await setUp([errorAnswer(403, 'SignatureDoesNotMatch'), answer(200, 'done')], {
      credentials: (refused) => {
        asked.push(refused);
        return refused === undefined ? PAIR : mended;
      },
    });
    await expect(client.send(describeJob, text)).resolves.toBe('done');
    expect(asked).toEqual([undefined, PAIR]);
  });

  test.each([['secretId'], ['secretKey'], ['token']])(
    'are new ones even if they differ in nothing but the %s',
    async (part) => {
      const old = { ...PAIR, token: 'token' };
      const { client } = await setUp([errorAnswer(400, 'ExpiredToken'), answer(200, 'done')], {
        credentials: (refused) => (refused === undefined ? old : { ...old, [part]: 'new' }),
      });
      await expect(client.send(describeJob, text)).resolves.toBe('done');
    },
  );

  test('are read again for a HEAD that was refused without a word', async () => {
    const { client, server } = await setUp([answer(403), answer(200)], {
      credentials: (refused) => ({ ...PAIR, token: refused === undefined ? 'old' : 'new' }),
    });
    await client.send({ ...putObject, method: 'HEAD' }, () => undefined);
    expect(server.requests.map(({ headers }) => headers['x-cos-security-token'])).toEqual(['old', 'new']);
  });

  test('that were replaced while a request waited for its turn do not sign it', async () => {
    const replaced = deferred<undefined>();
    const { client, clock, server } = await setUp([errorAnswer(400, 'ExpiredToken'), answer(200, 'done')], {
      policy: { requestsPerSecond: 1 },
      credentials: (refused) => {
        if (refused !== undefined) replaced.resolve(undefined);
        return { ...PAIR, token: refused === undefined ? 'old' : 'new' };
      },
    });
    clock.sleep = () => replaced.promise;
    await Promise.all([client.send(describeJob, text), client.send(describeJob, text)]);
    expect(server.requests.map(({ headers }) => headers['x-ci-security-token'])).toEqual([
      'old',
      'new',
      'new',
    ]);
  });

  test.each([
    ['before the first request', () => NEVER, 0, { code: 'deadline' }],
    [
      'once a key was refused, which is then the error',
      (refused?: SigningCredentials) => (refused === undefined ? PAIR : NEVER),
      1,
      { disposition: 'credentials', serviceCode: 'ExpiredToken' },
    ],
  ])('are not waited for beyond the deadline, %s', async (_when, credentials, requests, error) => {
    const { client, clock, server } = await setUp([errorAnswer(400, 'ExpiredToken')], { credentials });
    await expect(client.send(describeJob, text)).rejects.toMatchObject(error);
    expect(clock.sleeps).toHaveLength(1);
    expect(server.requests).toHaveLength(requests);
  });

  test('that cannot be had once a key was refused are what the request fails with, while there is time', async () => {
    const { client } = await setUp([errorAnswer(400, 'ExpiredToken')], {
      credentials: (refused) => {
        if (refused === undefined) return PAIR;
        throw new CredentialsError('the key store is shut');
      },
    });
    await expect(client.send(describeJob, text)).rejects.toThrow('the key store is shut');
  });

  test('that nobody has are not asked for again by the same request', async () => {
    let asked = 0;
    const { client, server } = await setUp([answer(200)], {
      credentials: () => {
        asked += 1;
        throw new CredentialsError('there are none');
      },
    });
    await expect(client.send(describeJob, text)).rejects.toMatchObject({ code: 'no-credentials' });
    expect(asked).toBe(1);
    expect(server.requests).toHaveLength(0);
  });

  test('are read before the first request only', async () => {
    let asked = 0;
    const { client } = await setUp([answer(200, 'x')], {
      credentials: () => {
        asked += 1;
        return PAIR;
      },
    });
    await client.send(describeJob, text);
    await client.send(describeJob, text);
    expect(asked).toBe(1);
  });
});
