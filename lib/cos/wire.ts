import { encodePath, signRequest, urlEncode, type SigningCredentials } from '../cos-signer/index.js';
import { seconds, type EpochMs } from '../domain/units.js';
import { targetOf, TOKEN_HEADER, type EndpointOverrides } from './hosts.js';
import type { CosRequest } from './requester.js';
import type { WireRequest } from './transport.js';

/** A signature begins a minute early, for a service whose clock is a little behind ours (Tencent's Python SDK does the same). */
const VALID_BEFORE = seconds(60);

/** Long enough for any attempt, short enough that a leaked one is soon worthless. */
const VALID_AFTER = seconds(600);

/** A request in words for messages: method, host and path, which name the bucket, the region and the job. Never headers or parameters. */
export function askedOf(request: CosRequest): string {
  const { family, bucket, region, method, path } = request;
  return `${method} ${bucket}.${family}.${region} ${path}`;
}

/** The request as it goes on the wire: path and query encoded, token and length added, and all of it signed at `now`. */
export function signedWireRequest(
  request: CosRequest,
  credentials: SigningCredentials,
  now: EpochMs,
  endpoints: EndpointOverrides,
  asked: string,
): WireRequest {
  const target = targetOf(request, endpoints);
  const headers: Record<string, string> = { ...request.headers };
  if (credentials.token !== undefined) headers[TOKEN_HEADER[request.family]] = credentials.token;
  if (request.body !== undefined) headers['content-length'] = String(request.body.byteLength);

  const { authorization } = signRequest(
    {
      method: request.method,
      path: request.path,
      query: request.query ?? {},
      headers: { ...headers, host: target.host },
    },
    credentials,
    {
      start: Math.floor((now - VALID_BEFORE) / 1_000),
      end: Math.floor((now + VALID_AFTER) / 1_000),
    },
  );
  return {
    target,
    method: request.method,
    path: encodePath(request.path) + encodeQuery(request.query ?? {}),
    headers: { ...headers, authorization },
    body: request.body,
    asked,
  };
}

function encodeQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${urlEncode(name)}=${urlEncode(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
