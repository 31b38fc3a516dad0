import { brief } from '../domain/brief.js';
import type { EpochMs } from '../domain/units.js';
import { parseHttpDate, parseRetryAfter } from './backoff.js';
import { classify } from './classify.js';
import { ServiceError } from './errors/service-error.js';
import { UndecodableError } from './errors/undecodable-error.js';
import { TOKEN_HEADER } from './hosts.js';
import type { CosRequest, CosResponse } from './requester.js';
import type { WireRequest, WireResponse } from './transport.js';
import { parseXml } from './xml.js';

/** An error body is a few hundred bytes; SignatureDoesNotMatch, which quotes the request, a few thousand. */
const MAX_ERROR_BYTES = 64 * 1024;

/** A first look at the beginning of a body, so that a success is not parsed twice. */
const MAY_BE_ERROR = /<Error[\s/>]/;

/** What of a request is secret, should the service quote it. */
const SECRET_HEADERS: readonly string[] = ['authorization', ...Object.values(TOKEN_HEADER)];

/** Statuses with which COS refuses a key, a signature or a bucket; their codes tell which (436/7730), and the answer to a HEAD has none (RFC 9110 §9.3.2). */
const MUTE_REFUSALS: ReadonlySet<number> = new Set([400, 401, 403]);

/** Writing and deleting an object is answered by headers alone. */
const NO_BODY_EXPECTED: ReadonlySet<string> = new Set(['cos PUT', 'cos DELETE']);

/**
 * Tells a success from an error, whatever the status says: a 200 can carry an `<Error>`, and a body where none belongs is not a success either. Only
 * what an object holds is never taken for an error: anybody may have written it.
 *
 * @throws ServiceError for an error answer, UndecodableError for an answer that is neither.
 */
export function checkAnswer(
  answer: WireResponse,
  request: CosRequest,
  sent: Pick<WireRequest, 'asked' | 'headers'>,
  now: EpochMs,
): CosResponse {
  const { status, headers, body } = answer;
  const { asked } = sent;
  const isSuccess = status >= 200 && status < 300;
  const error =
    isSuccess && (isContent(request, headers) || !MAY_BE_ERROR.test(body.subarray(0, 256).toString()))
      ? null
      : errorIn(body, sent.headers);
  const id = headers['x-ci-request-id'] ?? headers['x-cos-request-id'] ?? error?.requestId;
  const requestId = id === undefined ? undefined : brief(id);
  if (!isSuccess || error !== null) {
    const serverDate = parseHttpDate(headers['date']);
    throw new ServiceError({
      asked,
      status,
      serviceCode: error?.code,
      serviceMessage: error?.message,
      disposition: classify({ status, code: error?.code, message: error?.message }),
      isUnexplained: request.method === 'HEAD' && MUTE_REFUSALS.has(status),
      requestId,
      retryAfter: parseRetryAfter(headers['retry-after'], serverDate, now),
      serverDate,
    });
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new UndecodableError(
      `the answer to ${asked} is encoded as ${JSON.stringify(brief(encoding))}, which nobody asked for`,
      { requestId },
    );
  }
  if (NO_BODY_EXPECTED.has(`${request.family} ${request.method}`) && body.length > 0) {
    throw new UndecodableError(`the answer to ${asked} has a body where none belongs`, { requestId });
  }
  return { status, headers, body, requestId };
}

/** Whether a body is what an object holds: GET Object gives the object's ETag with it (436/7753), which no error has. */
function isContent({ family, method, path }: CosRequest, headers: WireResponse['headers']): boolean {
  return family === 'cos' && method === 'GET' && path !== '/' && headers['etag'] !== undefined;
}

/** What the `<Error>` of a body says; null when it is none: a proxy's HTML, nothing at all. Then the status alone must do. */
function errorIn(body: Buffer, sentHeaders: WireRequest['headers']): ErrorBody | null {
  const without = (text: string | null): string | undefined =>
    text === null ? undefined : withoutSecrets(text, sentHeaders);
  try {
    const root = parseXml({ body, requestId: undefined }, 'Error', MAX_ERROR_BYTES);
    const code = without(root.text('Code'));
    return {
      code: code === undefined ? undefined : brief(code),
      message: without(root.text('Message')),
      requestId: without(root.text('RequestId')),
    };
  } catch (error) {
    // Stryker disable next-line ConditionalExpression: whatever else is thrown is a bug, which no answer can bring about.
    if (error instanceof UndecodableError) return null;
    throw error;
  }
}

/** The service quotes parts of requests in its errors, and errors are logged. */
function withoutSecrets(text: string, sentHeaders: WireRequest['headers']): string {
  const secrets = SECRET_HEADERS.map((name) => sentHeaders[name]).filter((secret) => secret !== undefined);
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
}

interface ErrorBody {
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly requestId: string | undefined;
}
