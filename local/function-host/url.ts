import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FunctionHost } from './host.js';

/** A function's own URL, while it is served. */
export interface FunctionUrl {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  close(): Promise<void>;
}

/** One synchronous request, the event as a whole, on both platforms (AWS Lambda quotas; SCF, product 583, page 11637). */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/** Types whose bodies Lambda hands over as text; all others come in base64 (AWS Lambda documentation, function URLs). */
const TEXT_TYPE = /^(?:text\/|application\/(?:json|javascript|xml)\b|[^;]*\+(?:json|xml)\b)/i;

/** What a function may answer; whatever else it returns, neither platform can make an answer of. */
interface Answer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Serves a hosted function over HTTP on 127.0.0.1 as its platform's function URL does. One request at a time: a platform would start a further
 * instance for a second one, and there is one here.
 */
export async function serveFunctionUrl(host: FunctionHost, platform: 'lambda' | 'scf'): Promise<FunctionUrl> {
  let last: Promise<unknown> = Promise.resolve();
  const invoke = (event: unknown): Promise<unknown> => {
    const result = last.then(() => host.invoke(event));
    last = result.catch(() => undefined);
    return result;
  };
  const server = createServer((request, response) => {
    serve(request, response, platform, invoke).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  platform: 'lambda' | 'scf',
  invoke: (event: unknown) => Promise<unknown>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const event = platform === 'lambda' ? lambdaEvent(request, body) : scfEvent(request, body);
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
    response.writeHead(413).end();
    return;
  }
  // What the function throws, the caller hears nothing of.
  const answer = await invoke(event).then(answerIn, () => undefined);
  const {
    statusCode,
    headers = {},
    body: text = '',
  } = answer ?? { statusCode: 502, body: 'Internal Server Error' };
  response.writeHead(statusCode, headers).end(text);
}

/** Payload format 2.0 (AWS Lambda documentation, "Invoking Lambda function URLs"). */
function lambdaEvent(request: IncomingMessage, body: Buffer): unknown {
  const { method = '', url = '' } = request;
  const { path, query } = splitTarget(url);
  const isText = TEXT_TYPE.test(request.headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: flatHeaders(request),
    ...(query === '' ? {} : { queryStringParameters: Object.fromEntries(new URLSearchParams(query)) }),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'local',
      domainName: request.headers.host,
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      timeEpoch: Date.now(),
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** SCF documentation, product 583, page 107631. */
function scfEvent(request: IncomingMessage, body: Buffer): unknown {
  const { path, query } = splitTarget(request.url ?? '');
  return {
    httpMethod: request.method,
    path,
    headers: flatHeaders(request),
    queryString: Object.fromEntries(new URLSearchParams(query)),
    body: body.toString('utf8'),
  };
}

function splitTarget(url: string): { readonly path: string; readonly query: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

function flatHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function answerIn(result: unknown): Answer | undefined {
  const isAnswer = typeof result === 'object' && result !== null && 'statusCode' in result;
  return isAnswer ? (result as Answer) : undefined; // the bundle under test's own words
}
