import type { AwsRefusal } from '../aws/refusal.js';
import { failureSentence, type Asked } from './asked.js';
import { QueueError, type QueueErrorCode } from './queue-error.js';

/** A failed entry of a batch (SQS API Reference, BatchResultErrorEntry). */
export interface FailedEntry {
  readonly code: string;
  readonly message: string | undefined;
  /** Whether SQS says that the fault is ours; undefined where it does not say. */
  readonly isOurs: boolean | undefined;
}

/** Error names of SQS and of AWS in general (SQS API Reference, "Common Errors" and the errors of each action), by what they mean for us. */
const NAMES: Readonly<Partial<Record<QueueErrorCode, readonly string[]>>> = {
  'queue-not-found': ['QueueDoesNotExist', 'NonExistentQueue', 'QueueDeletedRecently', 'InvalidAddress'],
  'queue-access-denied': [
    ...['AccessDenied', 'AuthorizationError', 'NotAuthorized', 'OptInRequired'],
    ...[
      'KmsAccessDenied',
      'KmsDisabled',
      'KmsInvalidKeyUsage',
      'KmsInvalidState',
      'KmsNotFound',
      'KmsOptInRequired',
    ],
  ],
  'queue-credentials-refused': [
    ...[
      'InvalidClientTokenId',
      'UnrecognizedClient',
      'InvalidAccessKeyId',
      'InvalidSecurity',
      'ExpiredToken',
    ],
    ...['SignatureDoesNotMatch', 'InvalidSignature', 'IncompleteSignature', 'MissingAuthenticationToken'],
  ],
  'queue-clock-skewed': ['RequestExpired', 'RequestTimeTooSkewed', 'RequestInTheFuture'],
  // OverLimit: more messages are in flight than a queue may have.
  'queue-throttled': [
    'RequestThrottled',
    'Throttling',
    'Throttled',
    'TooManyRequests',
    'KmsThrottled',
    'OverLimit',
  ],
  'lease-lost': ['ReceiptHandleIsInvalid', 'MessageNotInflight'],
};

const CODES = new Map(
  Object.entries(NAMES).flatMap(([code, names]) =>
    // The keys of NAMES are codes by its type.
    names.map((name) => [name, code as QueueErrorCode] as const),
  ),
);

const ADVICE: Readonly<Partial<Record<QueueErrorCode, string>>> = {
  'queue-not-found': 'check the queue URL, its region and its account',
  'queue-access-denied': 'check what the function may do with the queue and with the key that encrypts it',
  'queue-credentials-refused': 'check the AWS key, its secret and its token',
  'queue-clock-skewed': 'check the clock of this machine',
};

const TOO_MANY_REQUESTS = 429;

/** An error answer to a whole call, as one of our errors. Its name counts, in either of the two forms, and where we know none its status. */
export function callError(
  { name, queryName, message }: AwsRefusal,
  status: number,
  asked: Asked,
  requestId: string | undefined,
): QueueError {
  const code = codeOf(name) ?? codeOf(queryName) ?? codeOfStatus(status);
  const said = name ?? queryName ?? `status ${status}`;
  // What AWS says about a signature repeats the signed headers, the session token among them.
  const words = code === 'queue-credentials-refused' ? said : `${said}: ${message ?? 'no message'}`;
  return new QueueError(code, sentence(asked, words, code, requestId), { requestId });
}

/** A failed entry of a batch, as one of our errors. */
export function entryError(
  { code: name, message, isOurs }: FailedEntry,
  asked: Asked,
  requestId: string | undefined,
): QueueError {
  const code = codeOf(name) ?? (isOurs === false ? 'queue-unavailable' : 'message-refused');
  const words = `${name}: ${message ?? 'no message'}`;
  return new QueueError(code, sentence(asked, words, code, requestId), { requestId });
}

/** An answer that does not say what it should. */
export function answerError(
  problem: string,
  asked: Asked,
  details: { readonly requestId?: string | undefined } = {},
): QueueError {
  const code = 'queue-unavailable';
  return new QueueError(code, sentence(asked, problem, code, details.requestId), details);
}

function sentence(asked: Asked, words: string, code: QueueErrorCode, requestId: string | undefined): string {
  return failureSentence(asked, words, { requestId, advice: ADVICE[code] });
}

function codeOf(name: string | undefined): QueueErrorCode | undefined {
  return name === undefined ? undefined : CODES.get(plainName(name));
}

function codeOfStatus(status: number): QueueErrorCode {
  if (status === TOO_MANY_REQUESTS) return 'queue-throttled';
  return status < 500 ? 'queue-call-refused' : 'queue-unavailable';
}

/** `RequestThrottled` for `com.amazonaws.sqs#RequestThrottledException` as for `AWS.SimpleQueueService.RequestThrottled`. */
function plainName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('#'), name.lastIndexOf('.')) + 1).replace(/Exception$/, '');
}
