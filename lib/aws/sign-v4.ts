import { createHash, createHmac } from 'node:crypto';
import type { EpochMs } from '../domain/units.js';
import type { AwsCredentials } from './credentials.js';

/** A request without a query as its signature sees it. AWS's JSON protocols have no other. */
export interface V4Request {
  readonly method: string;
  /** The path, encoded; of the services but S3 one that holds nothing to encode. */
  readonly path: string;
  /** All of them are signed. Names in lower case, `host` among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What a signature is good for, beside its day. */
export interface V4Scope {
  readonly region: string;
  /** The service's name in signatures, such as `sqs`. */
  readonly service: string;
}

/** Every rung of the ladder from request to `authorization`, so that each can be tested and shown. */
export interface V4Ladder {
  /** Method, path, query, headers, their names and the body's hash, one a line. */
  readonly canonicalRequest: string;
  /** The algorithm, the time, the scope and the hash of `canonicalRequest`, one a line. */
  readonly stringToSign: string;
  readonly signature: string;
  /** The request's headers with the time, the token and the authorization. */
  readonly headers: Readonly<Record<string, string>>;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Signs requests to AWS (AWS IAM User Guide, "Create a signed AWS API request", signature version 4, header form) for one key and one scope. Pure
 * but for the signing key, which it keeps for the day that it is of. `@smithy/signature-v4` does the same in three times the time, and takes 140 KB
 * and 20 ms of a cold start; it is the oracle of the tests.
 */
export class V4Signer {
  readonly #credentials: AwsCredentials;
  readonly #scope: V4Scope;
  #key: { readonly day: string; readonly bytes: Buffer } | undefined;

  constructor(credentials: AwsCredentials, scope: V4Scope) {
    this.#credentials = credentials;
    this.#scope = scope;
  }

  /** @param now by the service's clock; it must be within five minutes of it */
  sign(request: V4Request, now: EpochMs): V4Ladder {
    const { accessKeyId, sessionToken } = this.#credentials;
    const { region, service } = this.#scope;
    // 2015-08-30T12:36:00.000Z, without what is between the digits, and to the second.
    const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
    const day = time.slice(0, 8);
    const headers: Readonly<Record<string, string>> = {
      ...request.headers,
      'x-amz-date': time,
      ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    };
    const names = Object.keys(headers).sort();
    const signedHeaders = names.join(';');
    const canonicalRequest = [
      request.method,
      request.path,
      '',
      ...names.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
      '',
      signedHeaders,
      sha256Hex(request.body),
    ].join('\n');
    const scope = `${day}/${region}/${service}/aws4_request`;
    const stringToSign = [ALGORITHM, time, scope, sha256Hex(canonicalRequest)].join('\n');
    const signature = hmac(this.#keyOf(day), stringToSign).toString('hex');
    const credential = `Credential=${accessKeyId}/${scope}`;
    const authorization = `${ALGORITHM} ${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
    return { canonicalRequest, stringToSign, signature, headers: { ...headers, authorization } };
  }

  #keyOf(day: string): Buffer {
    // Stryker disable next-line ConditionalExpression: a key that is derived once more is the same.
    if (this.#key?.day === day) return this.#key.bytes;
    const { region, service } = this.#scope;
    const bytes = [day, region, service, 'aws4_request'].reduce(
      hmac,
      Buffer.from(`AWS4${this.#credentials.secretAccessKey}`),
    );
    // Stryker disable next-line ObjectLiteral: for the same reason.
    this.#key = { day, bytes };
    return bytes;
  }
}

function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
