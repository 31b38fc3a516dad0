import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A request as its signature sees it. */
export interface Tc3Request {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** Why a signature is refused: the service's own code, and its words. */
export interface Tc3Refusal {
  readonly code: string;
  readonly message: string;
}

const AUTHORIZATION =
  /^TC3-HMAC-SHA256 Credential=([^/, ]+)\/(\d{4}-\d\d-\d\d)\/([a-z]+)\/tc3_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;

/** API 3.0, "Signature v3": a timestamp more than five minutes off is refused. */
const MAX_SKEW_SECONDS = 300;

/**
 * Checks a POST to the path `/` as API 3.0 does ("Signature v3", TC3-HMAC-SHA256), written from that page alone.
 *
 * @param expected.service the product that the host name stands for
 */
export function refusalOf(
  request: Tc3Request,
  expected: {
    readonly service: string;
    readonly secretId: string;
    readonly secretKey: string;
    readonly nowSeconds: number;
  },
): Tc3Refusal | undefined {
  const match = AUTHORIZATION.exec(request.headers['authorization'] ?? '');
  if (match === null)
    return {
      code: 'AuthFailure.InvalidAuthorization',
      message: 'The Authorization header is not as it should be.',
    };
  const [, secretId, day = '', service = '', signedHeaders = '', signature = ''] = match;
  if (secretId !== expected.secretId)
    return { code: 'AuthFailure.SecretIdNotFound', message: 'The SecretId is not found.' };
  const timestamp = request.headers['x-tc-timestamp'] ?? '';
  if (Math.abs(Number(timestamp) - expected.nowSeconds) > MAX_SKEW_SECONDS)
    return { code: 'AuthFailure.SignatureExpire', message: 'The signature is expired.' };
  const names = signedHeaders.split(';');
  const isScoped =
    service === expected.service &&
    day === new Date(Number(timestamp) * 1_000).toISOString().slice(0, 10) &&
    names.includes('host') &&
    names.includes('content-type');
  const made = signatureOf(request, { day, service, timestamp, names, secretKey: expected.secretKey });
  if (!isScoped || !timingSafeEqual(Buffer.from(made), Buffer.from(signature)))
    return {
      code: 'AuthFailure.SignatureFailure',
      message: 'The provided credentials could not be validated. Please check your signature is correct.',
    };
  return undefined;
}

/** The signature of one request. */
export function signatureOf(
  { headers, body }: Tc3Request,
  scope: { day: string; service: string; timestamp: string; names: readonly string[]; secretKey: string },
): string {
  const canonicalRequest = [
    'POST',
    '/',
    '',
    ...scope.names.map((name) => `${name}:${(headers[name] ?? '').trim().toLowerCase()}`),
    '',
    scope.names.join(';'),
    sha256(body),
  ].join('\n');
  const stringToSign = [
    'TC3-HMAC-SHA256',
    scope.timestamp,
    `${scope.day}/${scope.service}/tc3_request`,
    sha256(canonicalRequest),
  ].join('\n');
  const key = [scope.day, scope.service, 'tc3_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`TC3${scope.secretKey}`),
  );
  return hmac(key, stringToSign).toString('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
