import { failureSentence, type Asked } from './asked.js';
import { QueueError, type QueueErrorCode } from './queue-error.js';

/** A failed entry of a batch (SQS API Reference, BatchResultErrorEntry). */
export interface FailedEntry {
  readonly Code?: string | undefined;
  readonly Message?: string | undefined;
  readonly SenderFault?: boolean | undefined;
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
    // The SDK's own, when it finds no credentials at all.
    'CredentialsProviderError',
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

/** What the SDK threw for a whole call, as one of our errors. */
export function callError(error: unknown, asked: Asked): QueueError {
  const { name, message, status, requestId } = factsOf(error);
  const code =
    CODES.get(plainName(name)) ?? ((status ?? 500) < 500 ? 'queue-call-refused' : 'queue-unavailable');
  // What AWS says about a signature repeats the signed headers, the session token among them: neither its words nor the error itself go on.
  const isAboutCredentials = code === 'queue-credentials-refused';
  const words = isAboutCredentials ? name : `${name}: ${message}`;
  return new QueueError(code, sentence(asked, words, code, requestId), {
    requestId,
    ...(isAboutCredentials ? {} : { cause: error }),
  });
}

/** A failed entry of a batch, as one of our errors. */
export function entryError(entry: FailedEntry, asked: Asked, requestId: string | undefined): QueueError {
  const name = entry.Code ?? 'no code';
  const code =
    CODES.get(plainName(name)) ?? (entry.SenderFault === false ? 'queue-unavailable' : 'message-refused');
  return new QueueError(code, sentence(asked, `${name}: ${entry.Message ?? 'no message'}`, code, requestId), {
    requestId,
  });
}

/** An answer that does not say what it should. */
export function answerError(problem: string, asked: Asked, requestId: string | undefined): QueueError {
  const code = 'queue-unavailable';
  return new QueueError(code, sentence(asked, problem, code, requestId), { requestId });
}

function sentence(asked: Asked, words: string, code: QueueErrorCode, requestId: string | undefined): string {
  return failureSentence(asked, words, { requestId, advice: ADVICE[code] });
}

/** `RequestThrottled` for `com.amazonaws.sqs#RequestThrottledException` as for `AWS.SimpleQueueService.RequestThrottled`. */
function plainName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('#'), name.lastIndexOf('.')) + 1).replace(/Exception$/, '');
}

/** What an error of the SDK tells: the service's own ones carry `$metadata` with the status of the answer, network errors a `code`. */
function factsOf(error: unknown): {
  name: string;
  message: string;
  status: number | undefined;
  requestId: string | undefined;
} {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), status: undefined, requestId: undefined };
  // Read with care: the SDK types what it throws as unknown.
  const { $metadata, code } = error as Error & {
    readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
    readonly code?: unknown;
  };
  const name = error.name === 'Error' && typeof code === 'string' ? code : error.name;
  return { name, message: error.message, status: $metadata?.httpStatusCode, requestId: $metadata?.requestId };
}
