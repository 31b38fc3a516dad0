import * as v from 'valibot';
import { EventError } from './event-error.js';
import type { Call } from './invocation.js';

/** An HTTP request to a function's own URL, as the platform hands it over: nothing in it is trusted, or even decoded, yet. */
export interface UrlRequest {
  readonly method: string;
  /** Nearly as it stood in the request line: no document says whether SCF decodes it, or leaves a query at its end. */
  readonly path: string;
  /** Empty when there is none. */
  readonly body: string;
  /** Whether `body` is the bytes in base64, and not text. */
  readonly isBase64: boolean;
}

/** A call by way of a function's URL. */
export interface UrlCall extends Call {
  readonly request: UrlRequest;
}

/** What both platforms make an HTTP answer of. */
export interface UrlAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const Body = v.nullish(v.string(), '');
const IsBase64 = v.nullish(v.boolean(), false);

/** Payload format 2.0 (AWS Lambda documentation, "Invoking Lambda function URLs"). */
const LambdaEvent = v.object({
  rawPath: v.string(),
  requestContext: v.object({ http: v.object({ method: v.string() }) }),
  body: Body,
  isBase64Encoded: IsBase64,
});

/** SCF's function URL (SCF documentation, product 583, page 107631); whether a body can come in base64 there is not said. */
const ScfEvent = v.object({
  httpMethod: v.string(),
  path: v.string(),
  body: Body,
  isBase64Encoded: IsBase64,
});

/**
 * The request in an event of a Lambda function URL.
 *
 * @throws EventError for any other event.
 */
export function lambdaUrlRequest(event: unknown): UrlRequest {
  const read = v.safeParse(LambdaEvent, event);
  if (!read.success) throw notAUrlEvent('a Lambda function URL (payload format 2.0)');
  const { rawPath, requestContext, body, isBase64Encoded } = read.output;
  return { method: requestContext.http.method, path: rawPath, body, isBase64: isBase64Encoded };
}

/**
 * The request in an event of an SCF function URL.
 *
 * @throws EventError for any other event.
 */
export function scfUrlRequest(event: unknown): UrlRequest {
  const read = v.safeParse(ScfEvent, event);
  if (!read.success) throw notAUrlEvent('an SCF function URL');
  const { httpMethod, path, body, isBase64Encoded } = read.output;
  return { method: httpMethod, path, body, isBase64: isBase64Encoded };
}

/** The body's bytes; undefined when there are more than `maxBytes`, which is found out before anything is decoded. */
export function bodyBytes({ body, isBase64 }: UrlRequest, maxBytes: number): Uint8Array | undefined {
  const encoding = isBase64 ? 'base64' : 'utf8';
  return Buffer.byteLength(body, encoding) > maxBytes ? undefined : Buffer.from(body, encoding);
}

/** Says nothing of the event: a request's path can hold a secret. */
function notAUrlEvent(expected: string): EventError {
  return new EventError(`the event is not known here: expected one of ${expected}`);
}
