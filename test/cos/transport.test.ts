import { afterEach, describe, expect, test } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { openTransport, type Transport, type WireRequest } from '../../lib/cos/transport.js';
import { seconds } from '../../lib/domain/units.js';
import { deferred } from '../support/deferred.js';
import { answer, reset, ScriptedServer, type Step } from '../support/scripted-server.js';

const open: { close(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(...script: Step[]): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(...script);
  open.push(server);
  return server;
}

function transport(): Transport {
  const opened = openTransport({ maxSockets: 4 });
  open.push(opened);
  return opened;
}

function wire(origin: URL, changes: Partial<WireRequest> = {}): WireRequest {
  return {
    target: {
      protocol: 'http:',
      hostname: origin.hostname,
      port: Number(origin.port),
      host: 'b-1250000000.ci.ap-x.myqcloud.com',
    },
    method: 'GET',
    path: '/doc_jobs/d1',
    headers: {},
    asked: 'GET b-1250000000.ci.ap-x /doc_jobs/d1',
    ...changes,
  };
}

const limits = (changes: { timeout?: number; maxBodyBytes?: number; signal?: AbortSignal } = {}) => ({
  timeout: seconds((changes.timeout ?? 10_000) / 1_000),
  maxBodyBytes: changes.maxBodyBytes ?? 1_000_000,
  signal: changes.signal ?? new AbortController().signal,
});

describe('an HTTP exchange', () => {
  test('keeps the virtual-host name in the Host header while connecting elsewhere', async () => {
    const server = await serve(answer(200, 'hello', { 'x-many': 'a' }));
    const response = await transport().exchange(wire(server.origin), limits());
    expect(response).toMatchObject({ status: 200, body: Buffer.from('hello'), headers: { 'x-many': 'a' } });
    expect(server.requests[0]?.headers.host).toBe('b-1250000000.ci.ap-x.myqcloud.com');
  });

  test('gives repeated headers as one', async () => {
    const server = await serve((_request, response) => {
      response.setHeader('x-many', ['a', 'b']).setHeader('set-cookie', ['c=1', 'd=2']).end();
    });
    const { headers } = await transport().exchange(wire(server.origin), limits());
    expect(headers).toMatchObject({ 'x-many': 'a, b', 'set-cookie': 'c=1, d=2' });
  });

  test.each<[protocol: 'http:' | 'https:', opening: RegExp]>([
    ['http:', /^GET \/doc_jobs\/d1 HTTP\/1\.1\r\n/],
    // A TLS record of type handshake (RFC 8446 §5.1), whose ClientHello names the virtual host.
    ['https:', /^\x16\x03.*b-1250000000\.ci\.ap-x\.myqcloud\.com/s],
  ])('speaks %s from its first byte on', async (protocol, opening) => {
    const begun = deferred<string>();
    const server = createServer((socket) => {
      socket.once('data', (bytes) => {
        begun.resolve(bytes.toString('latin1'));
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => void server.close() });
    const { port } = server.address() as AddressInfo; // listening on TCP
    const { target } = wire(new URL(`http://127.0.0.1:${port}`));
    const request = wire(new URL(`http://127.0.0.1:${port}`), { target: { ...target, protocol } });
    await expect(transport().exchange(request, limits())).rejects.toMatchObject({ fault: 'connection' });
    expect(await begun.promise).toMatch(opening);
  });

  test('sends a body whole', async () => {
    const server = await serve(answer(200));
    const body = Buffer.alloc(300_000, 7);
    await transport().exchange(
      wire(server.origin, { method: 'PUT', body, headers: { 'content-length': String(body.length) } }),
      limits(),
    );
    expect(server.requests[0]?.body.equals(body)).toBe(true);
  });

  test('uses its connection again', async () => {
    const server = await serve(answer(200, 'hello'));
    const one = transport();
    await one.exchange(wire(server.origin), limits());
    await one.exchange(wire(server.origin), limits());
    expect(server.requests).toHaveLength(2);
    expect(server.requests[0]?.socket).toBe(server.requests[1]?.socket);
  });

  test('a connection that nobody listens on is a transient error', async () => {
    const server = await ScriptedServer.start(answer(200));
    const { origin } = server;
    await server.close();
    await expect(transport().exchange(wire(origin), limits())).rejects.toMatchObject({
      name: 'TransportError',
      fault: 'connection',
      disposition: 'transient',
    });
  });

  test('a reset before the answer is a transient error', async () => {
    const server = await serve(reset);
    await expect(transport().exchange(wire(server.origin), limits())).rejects.toMatchObject({
      fault: 'connection',
    });
  });

  test('an answer that breaks off is never taken for a whole one', async () => {
    const server = await serve((_request, response, socket) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('<Response>', () => socket.destroy());
    });
    await expect(transport().exchange(wire(server.origin), limits())).rejects.toMatchObject({
      fault: 'cut-short',
      disposition: 'transient',
    });
  });

  test('a chunked answer that breaks off is never taken for a whole one', async () => {
    const server = await serve((_request, response, socket) => {
      response.writeHead(200);
      response.write('<Response>', () => socket.destroy());
    });
    await expect(transport().exchange(wire(server.origin), limits())).rejects.toMatchObject({
      fault: 'cut-short',
    });
  });

  test('a server that never answers costs the attempt its time, and the connection', async () => {
    const server = await serve(() => undefined);
    await expect(transport().exchange(wire(server.origin), limits({ timeout: 50 }))).rejects.toMatchObject({
      fault: 'timeout',
      message: 'GET b-1250000000.ci.ap-x /doc_jobs/d1 had no whole answer within 50 ms',
    });
  });

  test('a body that drips in counts against the same time', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x');
    });
    await expect(transport().exchange(wire(server.origin), limits({ timeout: 50 }))).rejects.toMatchObject({
      fault: 'timeout',
    });
  });

  test('a body as large as allowed is taken whole', async () => {
    const server = await serve(answer(200, 'x'.repeat(1_000)));
    const { body } = await transport().exchange(wire(server.origin), limits({ maxBodyBytes: 1_000 }));
    expect(body).toHaveLength(1_000);
  });

  test.each<[outcome: string, step: Step]>([
    ['an answer', answer(200)],
    ['a broken connection', reset],
  ])('after %s nothing listens to the signal any more, which outlives the exchange', async (_name, step) => {
    const server = await serve(step);
    const { signal } = new AbortController();
    await transport()
      .exchange(wire(server.origin), limits({ signal }))
      .catch(() => undefined);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('a body larger than allowed is refused while it comes in', async () => {
    const server = await serve(answer(200, 'x'.repeat(2_000)));
    await expect(
      transport().exchange(wire(server.origin), limits({ maxBodyBytes: 1_000 })),
    ).rejects.toMatchObject({
      name: 'UndecodableError',
      message: 'the answer to GET b-1250000000.ci.ap-x /doc_jobs/d1 is larger than 1000 bytes',
    });
  });

  test('F3, F8: an abort ends the request itself, not only the wait for it', async () => {
    const closed = deferred<boolean>();
    const arrived = deferred<boolean>();
    const server = await serve((_request, _response, socket) => {
      socket.on('close', () => closed.resolve(true));
      arrived.resolve(true);
    });
    const abort = new AbortController();
    const exchange = transport().exchange(wire(server.origin), limits({ signal: abort.signal }));
    await arrived.promise;
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(exchange).rejects.toBe(reason);
    await expect(closed.promise).resolves.toBe(true);
  });

  test('nothing is sent once the signal has aborted', async () => {
    const server = await serve(answer(200));
    const reason = new Error('too late');
    await expect(
      transport().exchange(wire(server.origin), limits({ signal: AbortSignal.abort(reason) })),
    ).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  test('an answer that is not HTTP is a transient error', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-hello\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => void server.close() });
    const { port } = server.address() as AddressInfo; // listening on TCP
    await expect(
      transport().exchange(wire(new URL(`http://127.0.0.1:${port}`)), limits()),
    ).rejects.toMatchObject({ fault: 'connection', disposition: 'transient' });
  });
});
