/** The refusals that we answer: code, module code and message (TDMQ-CMQ, "Error Codes", 1496/70948). */
const FORMS = {
  LackedParameter: [4000, 10010, 'lacked of required parameters'],
  UnknownAction: [4000, 10280, 'action is not existed'],
  UnknownParameter: [4000, 10320, 'no such parameter'],
  RepeatedParameter: [4000, 10330, 'parameter is NOT a repeatable parameter'],
  OutOfRange: [4000, 10350, 'parameter value or length is out of range'],
  WrongType: [4000, 10360, 'parameter error type'],
  BatchSize: [4000, 10370, 'parameter batch size is out of range'],
  NotConsequent: [4000, 10380, 'parameter is not consequent'],
  WrongMethod: [4000, 10410, 'unexpected http method, only GET or POST is supported'],
  Unparsable: [4000, 10420, 'cannot parse, or request size is more than 1MB'],
  NoCam: [4000, 10461, 'no cam authentication'],
  QueueName: [4000, 10020, 'queue name format error'],
  EmptyBody: [4000, 10120, "message body can't be empty"],
  NoAkid: [4000, 10450, "secret id dosen't begin with AKID"],
  DelayOutOfRange: [4000, 10692, 'delay seconds is out of range'],
  AuthenticationFailed: [4100, 10030, 'authentication failed'],
  NoSecretId: [4100, 10270, 'secret id is not existed'],
  ChargeOverdue: [4300, 10040, 'charge overdue'],
  MessageSize: [4400, 10230, 'exceed maximum message size'],
  Throttled: [4420, 10250, 'qps throttling'],
  HandleInvalid: [4430, 10260, 'receipt handle is invalid'],
  NoQueue: [4440, 10100, 'queue is not existed, or deleted'],
  TotalSize: [4470, 10300, 'total message size exceed'],
  Internal: [6000, 10050, 'server internal error'],
  DeleteFailed: [6000, 10140, 'delete message failed'],
  PartlyDeleted: [6010, 10150, 'delete message partially failed'],
  NotDeleted: [6020, 10290, 'batch delete message failed'],
  NoMessage: [7000, 10200, 'no message'],
} as const satisfies Record<string, readonly [number, number, string]>;

/** Which refusal. */
export type CmqRefusalName = keyof typeof FORMS;

/** A call, or an entry of a batch, that is answered with a code other than 0. */
export class CmqRefusal extends Error {
  override readonly name = 'CmqRefusal';
  readonly code: number;

  constructor(name: CmqRefusalName, about = '') {
    const [code, moduleCode, message] = FORMS[name];
    super(`(${moduleCode})${message}${about === '' ? '' : `: ${about}`}`);
    this.code = code;
  }
}
