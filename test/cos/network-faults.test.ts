import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { openTransport, type Transport, type WireRequest } from '../../lib/cos/transport.js';
import { millis } from '../../lib/domain/units.js';
import {
  drip,
  rawAnswer,
  RawServer,
  send,
  sendAndEnd,
  sendAndReset,
  type RawStep,
} from '../support/raw-server.js';

/** The time of an exchange that is to run out of it. */
const SHORT_MS = 150;

/** The time of one that is not, however busy the machine. */
const LONG_MS = 8_000;

/** When an exchange here has ended at the latest: at once, or in its short time. Timers are late on a busy machine, but not by this much. */
const LATE_MS = 5_000;

const MAX_BODY_BYTES = 10_000;

let server: RawServer;
let transport: Transport;
let setTimer: jest.SpiedFunction<typeof setTimeout>;
let clearTimer: jest.SpiedFunction<typeof clearTimeout>;

beforeEach(() => {
  setTimer = jest.spyOn(globalThis, 'setTimeout');
  clearTimer = jest.spyOn(globalThis, 'clearTimeout');
  // One connection: whatever a fault leaves behind on it, the next request meets.
  transport = openTransport({ maxSockets: 1 });
});

afterEach(async () => {
  transport.close();
  await server.close();
  jest.restoreAllMocks();
});

/** The timers of exchanges that were not stopped. */
function runningTimers(): number {
  const stopped = new Set(clearTimer.mock.calls.map(([timer]) => timer));
  return setTimer.mock.results.filter(
    ({ value }, call) =>
      [SHORT_MS, LONG_MS].includes(setTimer.mock.calls[call]?.[1] ?? 0) &&
      !stopped.has(value as NodeJS.Timeout), // what setTimeout gave
  ).length;
}

async function start(...script: RawStep[]): Promise<void> {
  server = await RawServer.start(...script);
}

function exchange(changes: Partial<WireRequest> = {}, timeoutMs = LONG_MS) {
  const request: WireRequest = {
    target: {
      protocol: 'http:',
      hostname: server.origin.hostname,
      port: Number(server.origin.port),
      host: 'docs-1250000000.ci.ap-beijing.myqcloud.com',
    },
    method: 'GET',
    path: '/faulty',
    headers: {},
    asked: 'GET /faulty',
    ...changes,
  };
  const limits = {
    timeout: millis(timeoutMs),
    maxBodyBytes: MAX_BODY_BYTES,
    signal: new AbortController().signal,
  };
  return transport.exchange(request, limits);
}

/** What became of an exchange, in one word or with its answer; and that it ended within its time, and an error names the request. */
async function outcomeOf(exchanged: ReturnType<typeof exchange>) {
  const startedAt = performance.now();
  try {
    const { status, body } = await exchanged;
    return { status, body: body.toString('latin1') };
  } catch (error) {
    expect(error).toMatchObject({
      disposition: 'transient',
      message: expect.stringMatching(/GET \/faulty/),
    });
    return (error as { code: string }).code; // a DocjobError, as the line above found
  } finally {
    expect(performance.now() - startedAt).toBeLessThan(LATE_MS);
  }
}

/** The next request on the same transport gets its own answer; then nothing is left open, and no timer runs. */
async function nextIsItsOwn(): Promise<void> {
  expect(await outcomeOf(exchange({ path: '/next', asked: 'GET /next' }))).toEqual({
    status: 200,
    body: 'the next answer',
  });
  expect(server.requests).toHaveLength(2);
  transport.close();
  await server.allClosed();
  expect(setTimer).toHaveBeenCalledWith(expect.any(Function), LONG_MS);
  expect(runningTimers()).toBe(0);
}

const NEXT = send(rawAnswer('the next answer'));
const HEAD = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const SMUGGLED = rawAnswer('a smuggled answer');

describe('an answer that never comes whole', () => {
  test.each<[name: string, step: RawStep, code: string]>([
    ['headers that drip in', drip(`${HEAD}${'X-Slow: 1\r\n'.repeat(1_000)}`, 5), 'transport-timeout'],
    [
      'a body that drips in',
      drip(`${HEAD}Content-Length: 9000\r\n\r\n${'x'.repeat(9_000)}`, 5),
      'transport-timeout',
    ],
    ['chunks that drip in', drip(CHUNKED + '1\r\nx\r\n'.repeat(1_000), 5), 'transport-timeout'],
    ['a peer that vanished before its answer', (socket) => socket.pause(), 'transport-timeout'],
    ['a peer that vanished amid its headers', send(`${HEAD}Content-Le`), 'transport-timeout'],
    [
      'a peer that vanished amid its body',
      send(`${HEAD}Content-Length: 20\r\n\r\nhalf of it`),
      'transport-timeout',
    ],
    ['a peer that vanished amid its chunks', send(`${CHUNKED}5\r\nhalf `), 'transport-timeout'],
    ['nothing but 100 Continue', send('HTTP/1.1 100 Continue\r\n\r\n'), 'transport-timeout'],
    ['a reset before the headers end', sendAndReset(`${HEAD}Content-Le`), 'transport-connection'],
    [
      'a reset amid the body',
      sendAndReset(`${HEAD}Content-Length: 20\r\n\r\nhalf of it`),
      'transport-cut-short',
    ],
    ['a reset amid the chunks', sendAndReset(`${CHUNKED}5\r\nhalf `), 'transport-cut-short'],
    ['an end before the headers end', sendAndEnd(`${HEAD}Content-Le`), 'transport-connection'],
    [
      'fewer bytes than Content-Length',
      sendAndEnd(`${HEAD}Content-Length: 20\r\n\r\nhalf of it`),
      'transport-cut-short',
    ],
    ['chunks without a last one', sendAndEnd(`${CHUNKED}5\r\nhalf \r\n`), 'transport-cut-short'],
    ['an end amid a chunk', sendAndEnd(`${CHUNKED}50\r\nhalf `), 'transport-cut-short'],
  ])('%s', async (_name, step, code) => {
    await start(step, NEXT);
    const timeoutMs = code === 'transport-timeout' ? SHORT_MS : LONG_MS;
    expect(await outcomeOf(exchange({}, timeoutMs))).toBe(code);
    await nextIsItsOwn();
    expect(server.connections).toBe(2);
  });

  test('an upload that a vanished peer does not read', async () => {
    await start((socket) => socket.pause(), NEXT);
    const body = Buffer.alloc(20_000_000);
    const headers = { 'content-length': String(body.length) };
    expect(await outcomeOf(exchange({ method: 'PUT', body, headers }, SHORT_MS))).toBe('transport-timeout');
    await nextIsItsOwn();
  });
});

describe('an answer whose framing is wrong', () => {
  test.each<[name: string, bytes: string, code?: string]>([
    [
      'more bytes than Content-Length',
      `${HEAD}Content-Length: 4\r\n\r\nfour and more`,
      'transport-cut-short',
    ],
    [
      'Content-Length and chunks',
      `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n`,
    ],
    [
      'chunks and Content-Length',
      `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n4\r\nfour\r\n0\r\n\r\n`,
    ],
    ['two Content-Lengths', `${HEAD}Content-Length: 4\r\nContent-Length: 6\r\n\r\nfour..`],
    ['a negative Content-Length', `${HEAD}Content-Length: -4\r\n\r\nfour`],
    ['a Content-Length that is no number', `${HEAD}Content-Length: 0x4\r\n\r\nfour`],
    ['a Content-Length beyond 64 bits', `${HEAD}Content-Length: 99999999999999999999999\r\n\r\nfour`],
    ['a chunk size that is no number', `${CHUNKED}four\r\nfour\r\n0\r\n\r\n`, 'transport-cut-short'],
    ['a chunk longer than its size', `${CHUNKED}2\r\nfour\r\n0\r\n\r\n`, 'transport-cut-short'],
    [
      'a chunk size beyond 64 bits',
      `${CHUNKED}ffffffffffffffffff\r\nfour\r\n0\r\n\r\n`,
      'transport-cut-short',
    ],
    ['a body under 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nfour', 'transport-cut-short'],
    ['a body under 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nfour', 'transport-cut-short'],
    [
      'a change of protocol that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    ],
    ['lines that end without a carriage return', 'HTTP/1.1 200 OK\nContent-Length: 4\n\nfour'],
    [
      'headers larger than Node takes',
      `${HEAD}X-Large: ${'x'.repeat(40_000)}\r\nContent-Length: 4\r\n\r\nfour`,
    ],
    ['a NUL in a header', `${HEAD}X-Nul: a\0b\r\nContent-Length: 4\r\n\r\nfour`],
  ])('%s is refused at once', async (_name, bytes, code = 'transport-connection') => {
    await start(send(bytes), NEXT);
    expect(await outcomeOf(exchange())).toBe(code);
    await nextIsItsOwn();
    expect(server.connections).toBe(2);
  });

  test.each<[name: string, step: RawStep]>([
    ['declared', send(`${HEAD}Content-Length: 1000000\r\n\r\n${'x'.repeat(MAX_BODY_BYTES + 1)}`)],
    ['in one chunk', send(`${CHUNKED}f0000\r\n${'x'.repeat(MAX_BODY_BYTES + 1)}`)],
    ['in many chunks', send(`${CHUNKED}${'64\r\n'.concat('x'.repeat(100), '\r\n').repeat(101)}`)],
    ['by a body without an end', send(`${HEAD}\r\n${'x'.repeat(MAX_BODY_BYTES + 1)}`)],
  ])('a body that is too large, %s, is given up while it comes in', async (_name, step) => {
    await start(step, NEXT);
    expect(await outcomeOf(exchange())).toBe('undecodable-answer');
    await nextIsItsOwn();
    expect(server.connections).toBe(2);
  });
});

describe('an answer with more around it', () => {
  test.each<[name: string, first: RawStep, connections: number]>([
    ['after 100 Continue', send('HTTP/1.1 100 Continue\r\n\r\n', rawAnswer('whole')), 1],
    ['after 103 Early Hints', send('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n', rawAnswer('whole')), 1],
    ['after many 102 Processing', send('HTTP/1.1 102 Processing\r\n\r\n'.repeat(50), rawAnswer('whole')), 1],
    [
      'in chunks with extensions and trailers',
      send(`${CHUNKED}5;a=b\r\nwhole\r\n0\r\nX-Trailer: 1\r\n\r\n`),
      1,
    ],
    ['with a second answer right behind it', send(rawAnswer('whole'), SMUGGLED), 2],
  ])('%s is that answer, and what else there is belongs to nobody', async (_name, first, connections) => {
    await start(first, NEXT);
    expect(await outcomeOf(exchange())).toEqual({ status: 200, body: 'whole' });
    await nextIsItsOwn();
    expect(server.connections).toBe(connections);
  });

  test.each<[name: string, later: string | Buffer]>([
    ['a second answer', SMUGGLED],
    ['the beginning of a second answer', 'HTTP/1.1 500 '],
    ['bytes beyond its length', ' and more'],
  ])(
    'and then, while the connection is idle, %s: what comes late belongs to nobody',
    async (_name, later) => {
      await start(send(rawAnswer('whole')), NEXT);
      expect(await outcomeOf(exchange())).toEqual({ status: 200, body: 'whole' });
      await server.meanwhile((socket, done) => socket.write(later, done));
      await nextIsItsOwn();
    },
  );

  test('an answer that comes before the upload is done does not make the next one its successor', async () => {
    await start(send(rawAnswer('early')), NEXT);
    const body = Buffer.alloc(2_000_000);
    const headers = { 'content-length': String(body.length) };
    expect(await outcomeOf(exchange({ method: 'PUT', body, headers }))).toEqual({
      status: 200,
      body: 'early',
    });
    await nextIsItsOwn();
  });
});

describe('a kept-alive connection', () => {
  test.each<[name: string, end: Parameters<RawServer['meanwhile']>[0]]>([
    ['ended', (socket, done) => socket.end(done)],
    [
      'reset',
      (socket, done) => {
        socket.once('close', done).resetAndDestroy();
      },
    ],
  ])('that the peer %s between two requests is not used again', async (_name, end) => {
    await start(send(rawAnswer('whole')), NEXT);
    expect(await outcomeOf(exchange())).toEqual({ status: 200, body: 'whole' });
    await server.meanwhile(end);
    await nextIsItsOwn();
    expect(server.connections).toBe(2);
  });

  test('that the peer announces to close is not used again', async () => {
    await start(send(rawAnswer('whole', '200 OK', ['Connection: close'])), NEXT);
    expect(await outcomeOf(exchange())).toEqual({ status: 200, body: 'whole' });
    await nextIsItsOwn();
    expect(server.connections).toBe(2);
  });

  test('that breaks under the next request is a transient error, whether or not the request had effect', async () => {
    await start(send(rawAnswer('whole')), (socket) => socket.resetAndDestroy(), NEXT);
    expect(await outcomeOf(exchange())).toEqual({ status: 200, body: 'whole' });
    expect(await outcomeOf(exchange())).toBe('transport-connection');
    expect(await outcomeOf(exchange())).toEqual({ status: 200, body: 'the next answer' });
    expect(server.connections).toBe(2);
  });
});
