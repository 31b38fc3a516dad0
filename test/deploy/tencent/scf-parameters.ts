import * as v from 'valibot';

// The parameters of SCF's actions with their limits (SCF API 2018-04-16; "Quota limits", product 583, page 11637). Only what the deployment has a use for
// is known: any other parameter is refused.

const functionName = v.pipe(v.string(), v.regex(/^[A-Za-z](?:[A-Za-z0-9_-]{0,58}[A-Za-z0-9])$/));

/** What every action names its function by. */
export const OfFunction = { FunctionName: functionName, Namespace: v.optional(v.string()) };

const handler = v.pipe(v.string(), v.regex(/^[A-Za-z][\w-]{0,58}[A-Za-z]\.[A-Za-z][\w-]{0,58}[A-Za-z]$/));

const zip = (maxBytes: number) =>
  v.pipe(
    v.string(),
    v.base64(),
    v.check(
      (text) => Buffer.from(text, 'base64').subarray(0, 4).toString('latin1') === 'PK\u0003\u0004',
      'no zip',
    ),
    v.check((text) => (text.length * 3) / 4 <= maxBytes, 'the zip is too large'),
  );

const MEGABYTE = 1_024 * 1_024;

const MAX_ENVIRONMENT_BYTES = 4_096;

const environment = v.pipe(
  v.strictObject({
    Variables: v.array(
      v.strictObject({
        Key: v.pipe(v.string(), v.regex(/^(?!SCF_|QCLOUD_|TENCENTCLOUD_)[A-Za-z]\w*$/)),
        Value: v.pipe(v.string(), v.minLength(1)),
      }),
    ),
  }),
  v.check(
    ({ Variables }) =>
      Buffer.byteLength(Variables.map(({ Key, Value }) => Key + Value).join('')) <= MAX_ENVIRONMENT_BYTES,
    'the environment is larger than 4 KB',
  ),
);

const configuration = {
  Description: v.pipe(v.string(), v.maxLength(1_000), v.regex(/^[A-Za-z0-9 ,.\n]*$/)),
  MemorySize: v.pipe(
    v.number(),
    v.check((mb) => mb === 64 || (mb % 128 === 0 && mb >= 128 && mb <= 3_072), 'no step of the memory'),
  ),
  Timeout: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(900)),
  Environment: environment,
  Role: v.pipe(v.string(), v.regex(/^[\w+=,.@-]{1,128}$/)),
  VpcConfig: v.optional(v.strictObject({ VpcId: v.string(), SubnetId: v.string() })),
  ClsLogsetId: v.optional(v.string()),
  ClsTopicId: v.optional(v.string()),
};

export const CreateFunction = v.strictObject({
  ...OfFunction,
  ...configuration,
  Handler: handler,
  Runtime: v.picklist(['Nodejs16.13', 'Nodejs18.15', 'Nodejs20.19']),
  Type: v.optional(v.picklist(['Event', 'HTTP'])),
  CodeSource: v.optional(v.picklist(['ZipFile'])),
  Code: v.strictObject({ ZipFile: zip(50 * MEGABYTE) }),
  InstallDependency: v.optional(v.picklist(['TRUE', 'FALSE'])),
});

export const UpdateFunctionCode = v.strictObject({
  ...OfFunction,
  Handler: handler,
  CodeSource: v.optional(v.picklist(['ZipFile'])),
  ZipFile: zip(20 * MEGABYTE),
  InstallDependency: v.optional(v.picklist(['TRUE', 'FALSE'])),
});

/** Without a runtime: it cannot be changed. */
export const UpdateFunctionConfiguration = v.strictObject({ ...OfFunction, ...configuration });

export const UpdateFunctionEventInvokeConfig = v.strictObject({
  ...OfFunction,
  AsyncTriggerConfig: v.strictObject({
    RetryConfig: v.strictTuple([
      v.strictObject({ RetryNum: v.pipe(v.number(), v.minValue(0), v.maxValue(2)) }),
    ]),
    MsgTTL: v.pipe(v.number(), v.integer(), v.minValue(60), v.maxValue(86_400)),
  }),
});

export const PutReservedConcurrencyConfig = v.strictObject({
  ...OfFunction,
  ReservedConcurrencyMem: v.pipe(v.number(), v.integer(), v.minValue(64)),
});

const enable = v.optional(v.picklist(['OPEN', 'CLOSE']), 'OPEN');

export const CreateTrigger = v.strictObject({
  ...OfFunction,
  TriggerName: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
  Type: v.picklist(['timer', 'cos', 'http']),
  TriggerDesc: v.string(),
  Enable: enable,
  CustomArgument: v.optional(v.pipe(v.string(), v.maxBytes(4_096))),
});

export const UpdateTrigger = v.strictObject({
  ...CreateTrigger.entries,
  // No COS trigger: it cannot be changed.
  Type: v.picklist(['timer', 'http']),
});

export const DeleteTrigger = v.strictObject({
  ...OfFunction,
  TriggerName: v.string(),
  Type: v.picklist(['timer', 'cos', 'http']),
  TriggerDesc: v.optional(v.string()),
});

export const ListTriggers = v.strictObject({
  ...OfFunction,
  Limit: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(20)), 20),
  Offset: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
});

export const Invoke = v.strictObject({
  ...OfFunction,
  InvocationType: v.optional(v.picklist(['RequestResponse', 'Event'])),
  ClientContext: v.pipe(v.string(), v.maxBytes(6 * MEGABYTE)),
  LogType: v.optional(v.picklist(['None', 'Tail'])),
});
