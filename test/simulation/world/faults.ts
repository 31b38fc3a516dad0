import type { WireRequest, WireResponse } from '../../../lib/cos/transport.js';
import type { Dice } from '../core/dice.js';
import { refusal } from './cos.js';

/** What can befall one HTTP exchange, beside what the services say by themselves. */
export const EXCHANGE_FAULTS = [
  /** The connection breaks before the request arrives. */
  'reset-before',
  /** The request took effect, and the connection breaks before its answer. */
  'reset-after',
  /** The request never arrives, and no answer comes. */
  'timeout-before',
  /** The request took effect, and no answer comes. */
  'timeout-after',
  /** The answer breaks off, and the transport notices. */
  'cut-short',
  'status-500',
  'status-503',
  'status-429',
  /** As above, naming how long to wait: in seconds, or as a date. */
  'retry-after',
  /** A proxy's page. */
  'html-502',
  /** A proxy that does not know the host: not a word about the job. */
  'html-404',
  /** COS: "millisecond-level concurrency conflict". */
  'conflict-409',
  /** A 200 whose body ends too early, its length announced so. */
  'truncated',
  'html-200',
  'garbage-200',
  'empty-200',
  'error-200',
  /** The answer is about another job. */
  'wrong-job',
  /** CI reads a copy that is some seconds old. */
  'stale',
  /** A signature that the service takes for expired, once. */
  'expired-signature',
  /** COS reports another checksum than that of what was sent. */
  'checksum',
] as const;

export type ExchangeFault = (typeof EXCHANGE_FAULTS)[number];

/** How often which faults happen, and until when. */
export interface FaultPlan {
  readonly rate: number;
  readonly until: number;
  readonly kinds: readonly ExchangeFault[];
}

/** What befalls answers that are read as text: CI's, listings, checkpoints. Not an object of somebody's, whose bytes say nothing of themselves. */
const ONLY_TEXT: ReadonlySet<ExchangeFault> = new Set(['truncated', 'html-200', 'garbage-200', 'empty-200']);
const ONLY_CI: ReadonlySet<ExchangeFault> = new Set(['wrong-job', 'stale']);
const ONLY_PUT: ReadonlySet<ExchangeFault> = new Set(['conflict-409', 'checksum']);

/** The fault that befalls a request now, if any: one of those that can befall such a request. */
export function faultFor(
  plan: FaultPlan,
  request: WireRequest,
  now: number,
  dice: Dice,
): ExchangeFault | undefined {
  if (now >= plan.until || !dice.chance(plan.rate)) return undefined;
  const isCi = request.target.host.includes('.ci.');
  const kinds = plan.kinds.filter((kind) => {
    if (ONLY_CI.has(kind)) return isCi && request.method === 'GET';
    if (ONLY_TEXT.has(kind)) return request.method === 'GET' && (isCi || isText(request.path));
    return !ONLY_PUT.has(kind) || (!isCi && request.method === 'PUT');
  });
  return kinds[dice.integer(0, kinds.length - 1)];
}

const isText = (path: string): boolean => path.startsWith('/?') || path.endsWith('.checkpoint.json');

/** Whether the request does its work at the service before the fault shows. */
export function takesEffect(fault: ExchangeFault | undefined): boolean {
  switch (fault) {
    case undefined:
    case 'reset-after':
    case 'timeout-after':
    case 'cut-short':
    case 'truncated':
    case 'html-200':
    case 'garbage-200':
    case 'empty-200':
    case 'wrong-job':
    case 'stale':
    case 'checksum':
      return true;
    default:
      return false;
  }
}

const HTML = '<html><head><title>502 Bad Gateway</title></head><body><hr>nginx</body></html>';

/** What the service says instead of doing its work; undefined where the fault is of another kind. */
export function refusalOf(
  fault: ExchangeFault,
  headers: Readonly<Record<string, string>>,
  now: number,
  isHead: boolean,
  dice: Dice,
): WireResponse | undefined {
  switch (fault) {
    case 'status-500':
      return refusal(500, 'InternalError', headers, isHead);
    case 'status-503':
      return refusal(503, dice.pick(['ServiceUnavailable', 'SlowDown']), headers, isHead);
    case 'status-429':
      return refusal(429, 'SlowDown', headers, isHead);
    case 'retry-after': {
      const seconds = dice.pick([0, 1, 3, 10, 40, 2_147_484]);
      const asDate = dice.chance(0.3) && seconds < 100;
      const value = asDate
        ? new Date(Math.floor(now / 1_000) * 1_000 + seconds * 1_000).toUTCString()
        : String(seconds);
      return refusal(dice.pick([429, 503]), 'SlowDown', { ...headers, 'retry-after': value }, isHead);
    }
    case 'html-502':
    case 'html-404':
      return {
        status: fault === 'html-502' ? 502 : 404,
        headers: { 'content-type': 'text/html' },
        body: Buffer.from(isHead ? '' : HTML),
      };
    case 'conflict-409':
      return refusal(409, dice.pick(['PathConflict', 'UploadConflict']), headers, isHead);
    case 'error-200':
      return refusal(200, 'InternalError', headers);
    case 'expired-signature':
      return refusal(403, 'AccessDenied', headers, isHead, 'Request has expired');
    default:
      return undefined;
  }
}

/** The answer as the fault leaves it. */
export function distort(answer: WireResponse, fault: ExchangeFault | undefined, dice: Dice): WireResponse {
  switch (fault) {
    case 'truncated':
      return { ...answer, body: answer.body.subarray(0, truncationIn(answer.body, dice)) };
    case 'html-200':
      return { ...answer, body: Buffer.from(HTML) };
    case 'garbage-200':
      return { ...answer, body: Buffer.from(Array.from({ length: 40 }, () => dice.integer(0, 255))) };
    case 'empty-200':
      return { ...answer, body: Buffer.alloc(0) };
    case 'checksum':
      return { ...answer, headers: { ...answer.headers, 'x-cos-hash-crc64ecma': '1' } };
    default:
      return answer;
  }
}

/** Anywhere, or at the end of an element, where a lenient parser sees least amiss. */
function truncationIn(body: Buffer, dice: Dice): number {
  const at = dice.integer(1, Math.max(1, body.length - 1));
  if (dice.chance(0.3)) return at;
  const end = body.indexOf(dice.chance(0.5) ? '</PageInfo>' : '><', Math.floor(at / 2), 'latin1');
  return end === -1 ? at : Math.min(body.length - 1, body.indexOf('>', end, 'latin1') + 1);
}
