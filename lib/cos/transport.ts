import http from 'node:http';
import https from 'node:https';
import type { Millis } from '../domain/units.js';
import { TransportError } from './errors/transport-error.js';
import { UndecodableError } from './errors/undecodable-error.js';
import type { Target } from './hosts.js';

/** One HTTP request, ready for the wire. */
export interface WireRequest {
  readonly target: Target;
  readonly method: string;
  /** Encoded path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** In words without secrets, for messages. */
  readonly asked: string;
}

/** One HTTP answer, whole. */
export interface WireResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The bounds of one exchange. */
export interface ExchangeLimits {
  /** From the first byte sent to the last byte received. */
  readonly timeout: Millis;
  readonly maxBodyBytes: number;
  readonly signal: AbortSignal;
}

/** Carries one request to its answer; simulated where time is. */
export interface Transport {
  /**
   * @throws TransportError when no whole answer came, UndecodableError when the body is larger than allowed, and `signal.reason` as soon as
   * the signal aborts: the connection is then closed.
   */
  exchange(request: WireRequest, limits: ExchangeLimits): Promise<WireResponse>;
  /** Closes the idle connections. */
  close(): void;
}

/**
 * A transport on Node's own HTTP with kept-alive connections: as fast as undici here, 520 KB and 80 ms lighter at a cold start, and patched
 * with Node itself.
 */
export function openTransport(options: { readonly maxSockets: number }): Transport {
  const agentOptions = { keepAlive: true, maxSockets: options.maxSockets };
  const plain = new http.Agent(agentOptions);
  const secure = new https.Agent(agentOptions);
  return {
    exchange: (request, limits) =>
      exchange(request, limits, request.target.protocol === 'http:' ? plain : secure),
    close: () => {
      plain.destroy();
      secure.destroy();
    },
  };
}

function exchange(wire: WireRequest, limits: ExchangeLimits, agent: http.Agent): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    const { signal } = limits;
    if (signal.aborted) {
      reject(reasonOf(signal));
      return;
    }
    const send = wire.target.protocol === 'http:' ? http.request : https.request;
    const request = send({
      agent,
      hostname: wire.target.hostname,
      port: wire.target.port,
      method: wire.method,
      path: wire.path,
      headers: { ...wire.headers, host: wire.target.host },
    });

    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const fail = (error: Error): void =>
      finish(() => {
        reject(error);
        request.destroy();
      });
    const onAbort = (): void => fail(reasonOf(signal));
    const timer = setTimeout(() => {
      fail(new TransportError('timeout', `${wire.asked} had no whole answer within ${limits.timeout} ms`));
    }, limits.timeout);
    signal.addEventListener('abort', onAbort, { once: true });

    let hasBegun = false;
    request.on('error', (error) => {
      // A reset or a broken framing amid the body shows here as well as at the response, and here first.
      fail(
        hasBegun
          ? cutShort(wire, error)
          : new TransportError('connection', `${wire.asked} had no answer: ${error.message}`, error),
      );
    });
    request.on('response', (response) => {
      hasBegun = true;
      collect(response, wire, limits.maxBodyBytes).then((answer) => finish(() => resolve(answer)), fail);
    });
    // Without a listener Node closes such a connection and says nothing.
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail(
        new TransportError('connection', `${wire.asked} was answered with another protocol than HTTP/1.1`),
      );
    });
    request.end(wire.body);
  });
}

/** Reads a body to its announced end; anything less is an error, so that a cut answer never passes for a whole one. */
function collect(
  response: http.IncomingMessage,
  wire: WireRequest,
  maxBodyBytes: number,
): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > maxBodyBytes) {
        reject(new UndecodableError(`the answer to ${wire.asked} is larger than ${maxBodyBytes} bytes`));
      }
    });
    response.on('error', (error) => {
      reject(cutShort(wire, error));
    });
    response.on('end', () => {
      resolve({
        status: response.statusCode ?? 0,
        headers: flatten(response.headers),
        body: Buffer.concat(chunks),
      });
    });
  });
}

function cutShort({ asked }: WireRequest, error: Error): TransportError {
  return new TransportError('cut-short', `the answer to ${asked} broke off: ${error.message}`, error);
}

function flatten(headers: http.IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return flat;
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}
