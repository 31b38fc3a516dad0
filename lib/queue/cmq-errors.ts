import { failureSentence, type Asked } from './asked.js';
import { QueueError, type QueueErrorCode } from './queue-error.js';

/** Codes of the data plane (TDMQ-CMQ, "Error Codes", 1496/70948) by what they mean for us. */
const CODES: ReadonlyMap<number, QueueErrorCode> = new Map<number, QueueErrorCode>([
  [4100, 'queue-credentials-refused'],
  // Not in the table of CMQ; in that of Tencent Cloud's API 2.0, whose gateway answered for CMQ.
  [4200, 'queue-clock-skewed'],
  [4300, 'queue-access-denied'],
  [4400, 'message-refused'],
  // The queue holds as many messages, unacknowledged ones or delayed ones, as it may.
  [4410, 'queue-throttled'],
  [6070, 'queue-throttled'],
  [4420, 'queue-throttled'],
  [4430, 'lease-lost'],
  [4440, 'queue-not-found'],
  [4470, 'message-refused'],
  [4480, 'queue-throttled'],
]);

/** What 4000, which stands for any bad request, means by the module code that the service puts in front of its message. */
const MODULE_CODES: ReadonlyMap<number, QueueErrorCode> = new Map<number, QueueErrorCode>([
  [4440, 'queue-not-found'],
  [10100, 'queue-not-found'],
  [10120, 'message-refused'],
  [10440, 'queue-access-denied'],
  [10450, 'queue-credentials-refused'],
  [10461, 'queue-access-denied'],
  [10470, 'lease-lost'],
]);

const BAD_REQUEST = 4000;

/** `(10100) queue is not existed, or deleted`. */
const MODULE_CODE = /^\s*\((\d{4,6})\)/;

const ADVICE: Readonly<Partial<Record<QueueErrorCode, string>>> = {
  'queue-not-found': 'check the queue URL, its region and its account',
  'queue-access-denied':
    'check what the function may do with the queue, and whether the account is in arrears',
  'queue-credentials-refused': 'check the key pair and its token',
  'queue-clock-skewed': 'check the clock of this machine',
};

/** An answer that says what failed: of a call, or of one entry of a batch. */
export interface CmqFailure {
  readonly code: number;
  readonly message: string;
}

/** A failed call, as one of our errors. */
export function cmqCallError(failure: CmqFailure, asked: Asked, requestId: string | undefined): QueueError {
  const code = meaningOf(failure) ?? (isOurs(failure) ? 'queue-call-refused' : 'queue-unavailable');
  return errorOf(code, failure, asked, requestId);
}

/** A failed entry of a batch, as one of our errors. */
export function cmqEntryError(failure: CmqFailure, asked: Asked, requestId: string | undefined): QueueError {
  const code = meaningOf(failure) ?? (isOurs(failure) ? 'message-refused' : 'queue-unavailable');
  return errorOf(code, failure, asked, requestId);
}

/** An answer that holds no code: its status must do. */
export function cmqStatusError(status: number, asked: Asked): QueueError {
  const code = meaningOfStatus(status);
  const words = `status ${status} and a body that is not the service's`;
  return new QueueError(code, failureSentence(asked, words, { requestId: undefined, advice: ADVICE[code] }));
}

/** An answer that does not say what it should. */
export function cmqAnswerError(
  problem: string,
  asked: Asked,
  details: { readonly requestId?: string | undefined } = {},
): QueueError {
  const words = failureSentence(asked, problem, { requestId: details.requestId, advice: undefined });
  return new QueueError('queue-unavailable', words, details);
}

function meaningOf({ code, message }: CmqFailure): QueueErrorCode | undefined {
  if (code !== BAD_REQUEST) return CODES.get(code);
  return MODULE_CODES.get(Number(MODULE_CODE.exec(message)?.[1]));
}

/** 4xxx is the caller's fault, 5xxx and 6xxx the service's or the resource's. */
function isOurs({ code }: CmqFailure): boolean {
  return code >= 4000 && code < 5000;
}

/** Of a status that is no success, or of a success under such a status. */
function meaningOfStatus(status: number): QueueErrorCode {
  if (status === 429) return 'queue-throttled';
  if (status === 401 || status === 403) return 'queue-access-denied';
  return status < 500 && status !== 408 ? 'queue-call-refused' : 'queue-unavailable';
}

function errorOf(
  code: QueueErrorCode,
  failure: CmqFailure,
  asked: Asked,
  requestId: string | undefined,
): QueueError {
  // What a service says about a signature may repeat what was signed, the token among it: its words do not go on.
  const isAboutCredentials = code === 'queue-credentials-refused';
  const words = isAboutCredentials ? `code ${failure.code}` : `code ${failure.code}: ${failure.message}`;
  return new QueueError(code, failureSentence(asked, words, { requestId, advice: ADVICE[code] }), {
    requestId,
  });
}
