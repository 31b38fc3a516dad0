/** An error as SQS answers it in its JSON protocol: a shape name, the code of the older query protocol in a header, and a status. */
interface RefusalForm {
  readonly type: string;
  readonly queryCode: string;
  readonly status: number;
  readonly fault: 'Sender' | 'Receiver';
}

const sqs = (name: string, queryCode: string, status = 400): RefusalForm => ({
  type: `com.amazonaws.sqs#${name}`,
  queryCode,
  status,
  fault: 'Sender',
});

/** An error of a batch or a queue, whose query code carries the old prefix. */
const prefixed = (name: string, status = 400): RefusalForm =>
  sqs(name, `AWS.SimpleQueueService.${name}`, status);

/** An error that AWS's framework answers rather than SQS. */
const common = (
  name: string,
  queryCode: string,
  status = 400,
  fault: RefusalForm['fault'] = 'Sender',
): RefusalForm => ({
  type: `com.amazon.coral.service#${name}`,
  queryCode,
  status,
  fault,
});

/** The errors that we answer (SQS API Reference, the errors of each action and "Common Errors"). */
const FORMS = {
  QueueDoesNotExist: sqs('QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'),
  QueueNameExists: sqs('QueueNameExists', 'QueueAlreadyExists'),
  InvalidAttributeName: sqs('InvalidAttributeName', 'InvalidAttributeName'),
  InvalidAttributeValue: sqs('InvalidAttributeValue', 'InvalidAttributeValue'),
  InvalidMessageContents: sqs('InvalidMessageContents', 'InvalidMessageContents'),
  ReceiptHandleIsInvalid: sqs('ReceiptHandleIsInvalid', 'ReceiptHandleIsInvalid', 404),
  RequestThrottled: sqs('RequestThrottled', 'RequestThrottled', 403),
  MessageNotInflight: prefixed('MessageNotInflight'),
  UnsupportedOperation: prefixed('UnsupportedOperation'),
  PurgeQueueInProgress: prefixed('PurgeQueueInProgress', 403),
  EmptyBatchRequest: prefixed('EmptyBatchRequest'),
  TooManyEntriesInBatchRequest: prefixed('TooManyEntriesInBatchRequest'),
  BatchEntryIdsNotDistinct: prefixed('BatchEntryIdsNotDistinct'),
  InvalidBatchEntryId: prefixed('InvalidBatchEntryId'),
  BatchRequestTooLong: prefixed('BatchRequestTooLong'),
  InvalidParameterValue: common('InvalidParameterValueException', 'InvalidParameterValue'),
  MissingParameter: common('MissingRequiredParameterException', 'MissingParameter'),
  Serialization: common('SerializationException', 'MalformedInput'),
  UnknownOperation: common('UnknownOperationException', 'InvalidAction'),
  IncompleteSignature: common('IncompleteSignatureException', 'IncompleteSignature'),
  AccessDenied: common('AccessDeniedException', 'AccessDenied', 403),
  InvalidClientTokenId: common('UnrecognizedClientException', 'InvalidClientTokenId', 403),
  SignatureDoesNotMatch: common('InvalidSignatureException', 'SignatureDoesNotMatch', 403),
  InternalError: common('InternalFailure', 'InternalError', 500, 'Receiver'),
  ServiceUnavailable: common('ServiceUnavailableException', 'ServiceUnavailable', 503, 'Receiver'),
} as const satisfies Record<string, RefusalForm>;

/** Which error. */
export type RefusalName = keyof typeof FORMS;

/** A call or an entry of a batch that is answered with an error. */
export class SqsRefusal extends Error {
  override readonly name = 'SqsRefusal';
  readonly form: RefusalForm;

  constructor(name: RefusalName, message: string) {
    super(message);
    this.form = FORMS[name];
  }
}
