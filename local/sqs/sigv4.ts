import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SqsRefusal } from './refusal.js';

/** A request as its signature sees it. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/** What the signature must have been made with. */
export interface SigV4Expectation {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region: string;
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The rungs from request to signature. */
export interface SigV4Ladder {
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly signature: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** How far a request's time may be from ours (AWS IAM User Guide, "Signing AWS API requests": within 15 minutes). */
const MAX_SKEW_MS = 15 * 60_000;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, ?SignedHeaders=([a-z0-9;_-]+), ?Signature=([0-9a-f]{64})$/;

/**
 * Refuses a request that is not signed as the AWS IAM User Guide says ("Create a signed AWS API request", header form), with the host, every
 * `x-amz-` header and the body under the signature.
 *
 * @throws SqsRefusal as AWS answers it.
 */
export function verifySigV4(request: SignedRequest, expected: SigV4Expectation): void {
  const authorization = headerOf(request, 'authorization');
  if (authorization === '') throw new SqsRefusal('AccessDenied', 'Access to the resource is denied.');
  const match = AUTHORIZATION.exec(authorization);
  const amzDate = headerOf(request, 'x-amz-date');
  const signedAt = parseAmzDate(amzDate);
  if (match === null || signedAt === undefined) {
    throw new SqsRefusal(
      'IncompleteSignature',
      'The Authorization header or the X-Amz-Date header is not as it should be.',
    );
  }
  const [, accessKeyId, day = '', region = '', service = '', headerList = '', signature = ''] = match;
  const { credentials } = expected;
  if (accessKeyId !== credentials.accessKeyId) {
    throw new SqsRefusal('InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  if (day !== amzDate.slice(0, 8) || region !== expected.region || service !== expected.service) {
    throw new SqsRefusal(
      'SignatureDoesNotMatch',
      `Credential should be scoped to ${expected.region}/${expected.service}.`,
    );
  }
  if (Math.abs(signedAt - expected.now) > MAX_SKEW_MS) {
    throw new SqsRefusal(
      'SignatureDoesNotMatch',
      `Signature expired or not yet current: ${amzDate} is more than 15 minutes off.`,
    );
  }
  const signedHeaders = headerList.split(';');
  const mustBeSigned = Object.keys(request.headers).filter(
    (name) => name === 'host' || name.startsWith('x-amz-'),
  );
  const unsigned = mustBeSigned.filter((name) => !signedHeaders.includes(name));
  if (unsigned.length > 0 || !signedHeaders.includes('host')) {
    throw new SqsRefusal(
      'SignatureDoesNotMatch',
      `There were headers present in the request which were not signed: ${unsigned.join(', ')}`,
    );
  }
  const ladder = sigV4Ladder(request, {
    amzDate,
    region,
    service,
    signedHeaders,
    secretAccessKey: credentials.secretAccessKey,
  });
  if (!timingSafeEqual(Buffer.from(ladder.signature), Buffer.from(signature))) {
    throw new SqsRefusal(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  }
}

/** The ladder for one request and scope. */
export function sigV4Ladder(
  request: SignedRequest,
  scope: {
    amzDate: string;
    region: string;
    service: string;
    signedHeaders: readonly string[];
    secretAccessKey: string;
  },
): SigV4Ladder {
  const { amzDate, region, service, signedHeaders, secretAccessKey } = scope;
  const day = amzDate.slice(0, 8);
  const question = request.target.indexOf('?');
  const path = question < 0 ? request.target : request.target.slice(0, question);
  const query = question < 0 ? '' : request.target.slice(question + 1);
  const canonicalRequest = [
    request.method,
    // Encoded once more than it was sent: so for every service but S3.
    path.split('/').map(encode).join('/'),
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${headerOf(request, name).trim().replace(/\s+/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    sha256Hex(request.body),
  ].join('\n');
  const credentialScope = `${day}/${region}/${service}/aws4_request`;
  const stringToSign = [ALGORITHM, amzDate, credentialScope, sha256Hex(canonicalRequest)].join('\n');
  const signingKey = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (key, part) => hmac(key, part),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  return { canonicalRequest, stringToSign, signature: hmac(signingKey, stringToSign).toString('hex') };
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value.join('=')))}`;
  });
  return pairs.sort().join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function headerOf({ headers }: SignedRequest, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.join(',') ?? '');
}

/** `20150830T123600Z` as milliseconds since 1970. */
function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}

function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
