import type { EpochMs } from '../../lib/domain/units.js';
import type { Answer } from '../wire/answer.js';
import { Refusal } from '../wire/refusal.js';
import type { Family } from '../wire/route.js';
import type { Fault } from './fault.js';

/** How an answer goes onto the wire. */
export type Delivery = 'whole' | 'reset' | 'reset-mid-body' | 'cut-mid-body' | 'never';

/** The documented code of a status, where it has one; the two families differ only in what a 404 means. */
const CODES: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  307: 'TemporaryRedirect',
  400: 'InvalidArgument',
  401: 'InvalidAuthorization',
  403: 'AccessDenied',
  409: 'PathConflict',
  429: 'SlowDown',
  451: 'UnavailableForLegalReasons',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'ServiceUnavailable',
};

/** The refusal that a `status` fault stands for. */
export function refusalFor(fault: Extract<Fault, { kind: 'status' }>, family: Family, now: EpochMs): Refusal {
  const { status, retryAfterSeconds: seconds } = fault;
  const fallback = status === 404 ? (family === 'cos' ? 'NoSuchKey' : 'InvalidUrl') : 'InternalError';
  const code = fault.code ?? CODES[status] ?? fallback;
  const retryAfter =
    fault.retryAfterForm === 'date' ? new Date(now + (seconds ?? 0) * 1_000).toUTCString() : String(seconds);
  return new Refusal(status, code, fault.message ?? 'The cloud was told to fail.', {
    headers: seconds === undefined ? {} : { 'retry-after': retryAfter },
  });
}

/** The answer as a fault leaves it, after the operation took effect. */
export function distorted(answer: Answer, fault: Fault): Answer {
  switch (fault.kind) {
    case 'truncated': {
      const half = answer.body.subarray(0, Math.floor(answer.body.length / 2));
      return fault.length === 'cut' ? { ...answer, body: half } : answer;
    }
    case 'html-body':
      return withBody(
        'text/html',
        '<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>\n<p>A proxy answers.\n</body></html>\n',
      );
    case 'empty-body':
      return { ...answer, status: 200, body: Buffer.alloc(0) };
    case 'json-body':
      return withBody('application/json', '{"Response":{"JobsDetail":{"State":"Success"}}}');
    case 'error-body':
      return withBody(
        'application/xml',
        `<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>${fault.code ?? 'InternalError'}</Code>\n\t<Message>The cloud was told to fail.</Message>\n</Error>\n`,
      );
    case 'other-job':
      return { ...answer, body: aboutAnotherJob(answer.body) };
    case 'latency':
    case 'status':
    case 'reset':
    case 'hang':
    case 'clock-skew':
    case 'expired-signature':
      return answer;
  }
}

/** How the answer is delivered under a fault. */
export function deliveryOf(fault: Fault | undefined): Delivery {
  switch (fault?.kind) {
    case 'reset':
      return fault.when === 'mid-body' ? 'reset-mid-body' : 'reset';
    case 'hang':
      return 'never';
    case 'truncated':
      return fault.length === 'whole' ? 'cut-mid-body' : 'whole';
    default:
      return 'whole';
  }
}

function withBody(contentType: string, body: string): Answer {
  return { status: 200, headers: { 'content-type': contentType }, body: Buffer.from(body) };
}

/** The body with its job ID replaced by one that differs in the last character. */
function aboutAnotherJob(body: Buffer): Buffer {
  const text = body.toString('utf8');
  const [, id] = /<JobId>([^<]+)<\/JobId>/.exec(text) ?? [];
  if (id === undefined) return body;
  return Buffer.from(text.replaceAll(id, `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`));
}
