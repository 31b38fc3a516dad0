import { createHash, createHmac } from 'node:crypto';
import { canonicalPairs, requireWellFormed, type Multi } from './canonical.js';

/** A request as the signature sees it. */
export interface SignableRequest {
  /** The HTTP method, in any case. */
  readonly method: string;
  /** The path, DECODED (raw UTF-8), beginning with `/`. */
  readonly path: string;
  /** The query parameters to sign, decoded; an empty value is `''`, a repeated parameter has a list of values. */
  readonly query?: Readonly<Record<string, Multi>>;
  /** The headers to sign. Always sign `host`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A key pair; `token` makes it a temporary one. The token takes no part in the signature: send it as a header or parameter of its own. */
export interface SigningCredentials {
  readonly secretId: string;
  readonly secretKey: string;
  readonly token?: string;
}

/** The time in which the signature holds: Unix SECONDS, both inclusive. */
export interface Validity {
  readonly start: number;
  readonly end: number;
}

/** Every rung of the ladder from request to `Authorization`, so that each can be tested and shown. */
export interface SignatureLadder {
  /** Hex HMAC-SHA1 of the validity under the secret key. A secret: it signs for as long as the validity lasts. */
  readonly signKey: string;
  /** Method, path, parameters and headers, one a line. */
  readonly httpString: string;
  /** `sha1`, the validity, and the hash of `httpString`, one a line. */
  readonly stringToSign: string;
  readonly signature: string;
  /** The names of the signed headers, `;`-separated, as in `q-header-list`. */
  readonly headerList: string;
  /** The names of the signed parameters, `;`-separated, as in `q-url-param-list`. */
  readonly urlParamList: string;
  /** The value of the `Authorization` header. */
  readonly authorization: string;
}

/**
 * Signs a COS or CI request (COS API documentation, "Request Signature", product 436, page 7778). Pure: signs exactly the headers and
 * parameters it is given, at exactly the validity it is given.
 *
 * @throws TypeError when the path does not begin with `/`, the validity is not two whole numbers of seconds in order, or a text holds half of
 * a surrogate pair.
 */
export function signRequest(
  request: SignableRequest,
  credentials: SigningCredentials,
  validity: Validity,
): SignatureLadder {
  if (!request.path.startsWith('/')) {
    throw new TypeError(`the path to sign must begin with "/", but is ${JSON.stringify(request.path)}`);
  }
  requireWellFormed(request.path);
  const keyTime = keyTimeOf(validity);
  const parameters = canonicalPairs(request.query ?? {});
  const headers = canonicalPairs(request.headers ?? {});

  const signKey = hmacSha1Hex(credentials.secretKey, keyTime);
  const httpString = `${request.method.toLowerCase()}\n${request.path}\n${parameters.pairs}\n${headers.pairs}\n`;
  const stringToSign = `sha1\n${keyTime}\n${sha1Hex(httpString)}\n`;
  const signature = hmacSha1Hex(signKey, stringToSign);

  const authorization = [
    'q-sign-algorithm=sha1',
    `q-ak=${credentials.secretId}`,
    `q-sign-time=${keyTime}`,
    `q-key-time=${keyTime}`,
    `q-header-list=${headers.names}`,
    `q-url-param-list=${parameters.names}`,
    `q-signature=${signature}`,
  ].join('&');

  return {
    signKey,
    httpString,
    stringToSign,
    signature,
    headerList: headers.names,
    urlParamList: parameters.names,
    authorization,
  };
}

function keyTimeOf({ start, end }: Validity): string {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new TypeError(
      `a validity is two whole numbers of Unix seconds, the start first, but is ${start} to ${end}`,
    );
  }
  return `${start};${end}`;
}

/** Of the text's UTF-8 bytes, which is how Node hashes a string. */
function sha1Hex(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

/** The result is hex TEXT, and it is this text that serves as the next key, not the bytes it stands for. */
function hmacSha1Hex(key: string, text: string): string {
  return createHmac('sha1', key).update(text).digest('hex');
}
