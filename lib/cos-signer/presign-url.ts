import { urlEncode, type Multi } from './canonical.js';
import { signRequest, type SigningCredentials, type Validity } from './sign-request.js';

/** What a presigned URL lets its holder do. */
export interface PresignableRequest {
  /** The HTTP method that the URL is good for. */
  readonly method: string;
  /** Scheme and host, such as `https://examplebucket-1250000000.cos.ap-beijing.myqcloud.com`; the host is signed. */
  readonly origin: string;
  /** The path, DECODED, beginning with `/`. */
  readonly path: string;
  /** Further query parameters, signed with the rest. */
  readonly query?: Readonly<Record<string, Multi>>;
}

/**
 * A URL that carries its signature in the query (the same seven items as the header; COS "Request Signature"). A temporary key's token
 * goes along as the signed parameter `x-cos-security-token`.
 *
 * @throws TypeError when the origin is not scheme and host alone, and whatever {@link signRequest} throws.
 */
export function presignUrl(
  request: PresignableRequest,
  credentials: SigningCredentials,
  validity: Validity,
): string {
  const { origin, host } = parseOrigin(request.origin);
  const query: Record<string, Multi> = {
    ...request.query,
    ...(credentials.token === undefined ? {} : { 'x-cos-security-token': credentials.token }),
  };
  const { authorization } = signRequest(
    { method: request.method, path: request.path, query, headers: { host } },
    credentials,
    validity,
  );
  const own = Object.entries(query).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => `${urlEncode(name)}=${urlEncode(one)}`),
  );
  const signed = authorization.split('&').map((item) => {
    const equals = item.indexOf('=');
    return `${item.slice(0, equals)}=${urlEncode(item.slice(equals + 1))}`;
  });
  return `${origin}${encodePath(request.path)}?${[...own, ...signed].join('&')}`;
}

/** A decoded path as it goes on the wire: each segment encoded, the slashes kept. */
export function encodePath(path: string): string {
  return path.split('/').map(urlEncode).join('/');
}

/** Anything beside scheme and host would be lost without a word, a port excepted; so it is refused. */
function parseOrigin(text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.href === `${url.origin}/`) return url;
  }
  throw new TypeError('the origin of a presigned URL must be scheme and host alone, as in "https://host"');
}
